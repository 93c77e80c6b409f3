// The smallest role that suffices, as a script for the tool an admin has at hand.

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
  const ids = namedPrivileges(privileges).map((id) => `  ${id}`)
  return [
    '#!/bin/sh',
    'set -e',
    [`govc role.create ${shellQuoted(role)}`, ...ids].join(' \\\n'),
    `govc permissions.set -principal ${shellQuoted(principal)} -role ${shellQuoted(role)} -propagate=true /`,
    '',
  ].join('\n')
}

const powerQuoted = (text: string) => `'${text.replaceAll("'", "''")}'`

/** For PowerCLI, after Connect-VIServer with an administrator's account. */
export function powerCliScript({ role, principal, privileges }: RoleWish): string {
  const ids = namedPrivileges(privileges).map((id) => `  ${powerQuoted(id)}`)
  return [
    '$ids = @(',
    ids.join(',\n'),
    ')',
    `$role = New-VIRole -Name ${powerQuoted(role)} -Privilege (Get-VIPrivilege -Id $ids)`,
    `New-VIPermission -Entity (Get-Folder -NoRecursion) -Principal ${powerQuoted(principal)} -Role $role -Propagate:$true`,
    '',
  ].join('\n')
}
