import type { DataObject } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import type { World } from '../inventory/world.ts'

type Profiles = DataObject<'VirtualMachineConfigSpec'>['vmProfile']

/**
 * The policy that a spec gives a VM or a disk: its id, `''` for none, `undefined` if the spec says nothing of it.
 *
 * Source: vSphere Web Services API, VirtualMachineProfileSpec. Evidence: documented; the refusal of an unknown id is inferred.
 *
 * @throws VimFault `InvalidArgument`
 */
export function policyOfSpec({ policies }: World, profiles: Profiles, property: string): string | undefined {
  const [profile] = profiles ?? []
  if (profile === undefined) return undefined
  if (profile.$type !== 'VirtualMachineDefinedProfileSpec') return ''
  if (policies.has(profile.profileId)) return profile.profileId
  throw new VimFault('InvalidArgument', { invalidProperty: property })
}
