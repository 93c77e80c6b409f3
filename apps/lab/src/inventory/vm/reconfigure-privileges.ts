import type { ConfigSpec } from './plan-reconfigure.ts'

const byField: readonly (readonly [keyof ConfigSpec, string])[] = [
  ['name', 'Rename'],
  ['annotation', 'Annotation'],
  ['numCPUs', 'CPUCount'],
  ['memoryMB', 'Memory'],
  ['changeTrackingEnabled', 'ChangeTracking'],
  ['extraConfig', 'AdvancedConfig'],
  ['version', 'UpgradeVirtualHardware'],
  ['swapPlacement', 'SwapPlacement'],
  ['managedBy', 'ManagedBy'],
  ['cpuAllocation', 'Resource'],
  ['memoryAllocation', 'Resource'],
  ['guestId', 'Settings'],
  ['bootOptions', 'Settings'],
  ['tools', 'Settings'],
  ['flags', 'Settings'],
  ['firmware', 'Settings'],
]

/** What a reconfiguration asks of its caller. Source: vSphere Web Services API 8.0, ReconfigVM_Task. Evidence: documented. */
export function reconfigurePrivileges(spec: ConfigSpec): string[] {
  const needed = byField.filter(([field]) => isGiven(spec[field])).map(([, privilege]) => privilege)
  for (const change of spec.deviceChange ?? []) needed.push(devicePrivilege(change))
  const configuring = [...new Set(needed)].map((privilege) => `VirtualMachine.Config.${privilege}`)
  return givesPolicy(spec) ? [...configuring, 'StorageProfile.View', 'StorageProfile.Apply'] : configuring
}

/** Source: vSphere 8 privileges reference, "VM storage policies". Evidence: documented; that this call checks them is inferred. */
const givesPolicy = ({ vmProfile, deviceChange = [] }: ConfigSpec): boolean =>
  isGiven(vmProfile) || deviceChange.some(({ profile }) => isGiven(profile))

const isGiven = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0)

function devicePrivilege({
  device,
  operation,
  fileOperation,
}: NonNullable<ConfigSpec['deviceChange']>[number]): string {
  if (device.$type !== 'VirtualDisk') return operation === 'edit' ? 'EditDevice' : 'AddRemoveDevice'
  if (operation === 'edit') return 'DiskExtend'
  if (operation === 'remove') return 'RemoveDisk'
  if (device.backing?.$type === 'VirtualDiskRawDiskMappingVer1BackingInfo') return 'RawDevice'
  return fileOperation === 'create' ? 'AddNewDisk' : 'AddExistingDisk'
}
