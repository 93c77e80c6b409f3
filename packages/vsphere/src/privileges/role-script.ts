// The smallest role that suffices, as a script for the tool an admin has at hand.

import { youngPrivileges } from './privilege-sets.ts'

export interface RoleWish {
  /** What the role is to be called. */
  readonly role: string
  /** Who gets it: `VSPHERE.LOCAL\\backup` or `backup@vsphere.local`. */
  readonly principal: string
  readonly privileges: readonly string[]
}

/** Every role has these, and no tool wants them named. Source: vSphere Security, "Roles". Evidence: documented. */
const implied: ReadonlySet<string> = new Set(['System.Anonymous', 'System.View', 'System.Read'])

export const namedPrivileges = (privileges: readonly string[]): string[] =>
  [...new Set(privileges)].filter((id) => !implied.has(id)).toSorted()

const shellQuoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** For govc, with GOVC_URL and its kin set to an administrator's account. The role is granted at the top and holds for all below. */
export function govcScript({ role, principal, privileges }: RoleWish): string {
  const named = namedPrivileges(privileges)
  const ids = named.filter((id) => !youngPrivileges.has(id)).map((id) => `  ${id}`)
  const young = named.filter((id) => youngPrivileges.has(id))
  return [
    '#!/bin/sh',
    'set -e',
    [`govc role.create ${shellQuoted(role)}`, ...ids].join(' \\\n'),
    ...young.map(
      (id) =>
        `govc role.update -a ${shellQuoted(role)} ${id} || echo 'vCenter before 8 has no ${id}, and needs none' >&2`,
    ),
    `govc permissions.set -principal ${shellQuoted(principal)} -role ${shellQuoted(role)} -propagate=true /`,
    '',
  ].join('\n')
}

const powerQuoted = (text: string) => `'${text.replaceAll("'", "''")}'`

/** For PowerCLI, after Connect-VIServer with an administrator's account. */
export function powerCliScript({ role, principal, privileges }: RoleWish): string {
  const named = namedPrivileges(privileges)
  const ids = named.filter((id) => !youngPrivileges.has(id)).map((id) => `  ${powerQuoted(id)}`)
  const young = named.filter((id) => youngPrivileges.has(id)).map(powerQuoted)
  return [
    '$ids = @(',
    ids.join(',\n'),
    ')',
    `$role = New-VIRole -Name ${powerQuoted(role)} -Privilege (Get-VIPrivilege -Id $ids)`,
    ...young.flatMap((id) => [
      `$young = Get-VIPrivilege -Id ${id} -ErrorAction SilentlyContinue # vCenter before 8 has none, and needs none`,
      'if ($young) { $role = Set-VIRole -Role $role -AddPrivilege $young }',
    ]),
    `New-VIPermission -Entity (Get-Folder -NoRecursion) -Principal ${powerQuoted(principal)} -Role $role -Propagate:$true`,
    '',
  ].join('\n')
}
