import type { Device, VmConfig } from './vm-disk.ts'
import { busOf } from './controllers.ts'
import type { Vm } from './vm.ts'
import type { Reason } from './why-not-disk.ts'

type Rule = readonly [applies: (vm: Vm) => boolean, sentence: (vm: Vm) => string]

/** Disks one SCSI controller carries: 16 units, of which it takes one. Paravirtual ones may carry more; the Tools' count is not public. */
const scsiSlotsPerController = 15

// Source: Virtual Disk Programming Guide, "Working with Microsoft Shadow Copy"; vadp.md §3.1, §3.2. Evidence: documented.
// Dynamic disks and Storage Spaces stand in the way as well, and can't be seen from outside of the guest.
const rules = {
  'application-tools': [
    (vm) => !vm.toolsRunning,
    () => 'VMware Tools are not running, so vSphere cannot quiesce the guest. Install or start them.',
  ],
  'application-disk-uuids': [
    (vm) => !usesDiskUuids(vm.config),
    () =>
      'disk.EnableUUID is not TRUE in its settings, without which VSS leaves applications out. Set it while the VM is off.',
  ],
  'application-not-scsi': [
    (vm) => notScsi(vm).length > 0,
    (vm) =>
      `VSS leaves applications out where disks are not on SCSI controllers. Move to one: ${notScsi(vm).join(', ')}.`,
  ],
  'application-scsi-slots': [
    (vm) => vm.disks.length > freeSlots(vm),
    (vm) =>
      `Its SCSI controllers have ${freeSlots(vm)} free slots and VSS needs one for each of its ${vm.disks.length} disks. Add a SCSI controller.`,
  ],
  'application-encrypted': [
    (vm) => vm.encrypted,
    () => 'It is encrypted by vSphere, which quiesces the file systems of such VMs and leaves applications out.',
  ],
} as const satisfies Readonly<Record<string, Rule>>

export type ApplicationReasonCode = keyof typeof rules

/** Why a snapshot of a Windows VM would not be application-consistent, as far as can be seen from outside. Pure. */
export function whyNotApplication(vm: Vm): Reason<ApplicationReasonCode>[] {
  return Object.entries<Rule>(rules)
    .filter(([, [applies]]) => applies(vm))
    .map(([code, [, sentence]]) => ({ code: code as ApplicationReasonCode, sentence: sentence(vm) }))
}

/** VSS is Windows' alone. Source: VirtualMachineGuestOsIdentifier, every Windows begins with `win`. Evidence: documented. */
export const isWindows = ({ config }: Pick<Vm, 'config'>): boolean => /^win/i.test(config?.guestId ?? '')

function usesDiskUuids(config: VmConfig | undefined): boolean {
  const option = config?.extraConfig?.find(({ key }) => key.toLowerCase() === 'disk.enableuuid')
  if (option === undefined) return config?.flags?.diskUuidEnabled === true
  return 'value' in option && String(option.value).toUpperCase() === 'TRUE'
}

const isScsi = (device: Device): boolean => busOf(device) === 'scsi'

function notScsi({ disks, devices }: Vm): string[] {
  const controllers = new Set(devices.filter(isScsi).map(({ key }) => key))
  return disks.filter(({ device }) => !controllers.has(device.controllerKey ?? -1)).map(({ label }) => label)
}

function freeSlots({ devices }: Vm): number {
  const controllers = devices.filter(isScsi)
  const keys = new Set(controllers.map(({ key }) => key))
  const taken = devices.filter(({ controllerKey }) => keys.has(controllerKey ?? -1))
  return controllers.length * scsiSlotsPerController - taken.length
}
