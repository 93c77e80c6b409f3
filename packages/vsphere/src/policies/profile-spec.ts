import type { AnyOf } from '../types/index.ts'
import type { StoragePolicy } from './storage-policies.ts'

/** A storage policy as a spec of a VM, or of one of its devices, names it. Source: vSphere Web Services API 8.0. Evidence: documented; held by govc. */
export const profileSpecOf = ({ id }: StoragePolicy): AnyOf<'VirtualMachineProfileSpec'>[] => [
  { $type: 'VirtualMachineDefinedProfileSpec', profileId: id },
]
