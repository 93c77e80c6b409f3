import { govcScript, namedPrivileges, powerCliScript, type RoleWish } from '@vmkeep/vsphere'
import { chooseVcenter } from '../config/choose-vcenter.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { privilegesFor, type Purpose, purposesOf } from './needed-privileges.ts'

export interface Role extends RoleWish {
  readonly purposes: readonly Purpose[]
}

const roleName = 'vmkeep'
const somebody = 'backup@vsphere.local'

/** The smallest role for what is asked, or for what the config does. It goes to the account that the config logs in with. */
export function roleOf({ config, vcenter }: Pick<LoadedConfig, 'config' | 'vcenter'>, asked: readonly Purpose[]): Role {
  const wanted = asked.length > 0 ? asked : purposesOf(config)
  const account = config.vcenters.length > 0 ? chooseVcenter(config, vcenter).username : undefined
  return { role: roleName, principal: account ?? somebody, purposes: wanted, privileges: privilegesFor(wanted) }
}

export function describeRole(role: Role, format: 'list' | 'govc' | 'powercli'): string {
  if (format === 'govc') return govcScript(role)
  if (format === 'powercli') return powerCliScript(role)
  return namedPrivileges(role.privileges).join('\n')
}
