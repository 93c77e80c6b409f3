import { VimFault } from '../../faults/vim-fault.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { isController } from './controllers.ts'
import { nowhere } from './disk-device.ts'
import type { Device, DiskSettings } from './vm-settings.ts'

/**
 * Why a VM can't be snapshotted, if it can't.
 *
 * Source: vadp.md §3.4, §4; vSphere Web Services API 8.0, CreateSnapshot_Task. Evidence: documented; which fault of the family
 * stands inside SnapshotIncompatibleDeviceInVm, inferred.
 *
 * @throws VimFault
 */
export function checkSnapshot(
  vm: VirtualMachine,
  { name, memory }: { readonly name: string; readonly memory: boolean },
): void {
  if (name === '') throw new VimFault('InvalidName', { name, entity: vm.ref })
  if (vm.settings.template || vm.faultTolerant) throw new VimFault('NotSupported')
  checkReachable(vm)
  const { kept, devices, disks } = vm.settings
  if (kept.flags?.snapshotLocked === true) throw new VimFault('SnapshotLocked')
  if (kept.flags?.snapshotDisabled === true) throw new VimFault('SnapshotDisabled')
  for (const device of devices) checkDevice(vm, device)
  for (const disk of disks) {
    checkFile(vm, disk)
    if (vm.power !== 'on') continue // a VM that is off shares nothing with anybody; such a disk is then left as it is
    if (disk.rdm?.mode === 'physicalMode' && !disk.mode.startsWith('independent'))
      throw incompatible('RawDiskNotSupported', disk.label)
    if (disk.sharing === 'sharingMultiWriter') throw incompatible('MultiWriterNotSupported', disk.label)
  }
  if (memory && vm.power === 'on' && disks.some(({ mode }) => mode.startsWith('independent')))
    throw new VimFault('MemorySnapshotOnIndependentDisk')
  if (levelsOf(vm) >= vm.world.settings.snapshotLevelsMax) throw new VimFault('TooManySnapshotLevels')
  checkSuspended(vm)
}

/** @throws VimFault `HostNotConnected`, `InvalidState` if nothing can be done to the VM now */
export function checkReachable(vm: VirtualMachine): void {
  if (vm.host.connection !== 'connected') throw new VimFault('HostNotConnected')
  if (vm.connectionState !== 'connected') throw new VimFault('InvalidState')
  // That InvalidState is the fault is inferred. Source: vadp.md §4, cryptoState "locked". Evidence: documented.
  if (vm.keyMissing)
    throw new VimFault('InvalidState', {}, 'The key of this encrypted virtual machine is not available.')
}

/** That a snapshot of one disk less is not taken, and that FileNotFound is the fault: inferred. */
function checkFile(vm: VirtualMachine, { key, lost }: DiskSettings): void {
  const backing = vm.storage.disks.find((disk) => disk.key === key)?.backing
  if (lost === undefined || backing === undefined) return
  throw new VimFault('FileNotFound', { file: (lost === 'datastore' ? nowhere(backing) : backing).fileName })
}

function checkDevice(vm: VirtualMachine, device: Device): void {
  const label = device.deviceInfo?.label ?? device.$type
  if (
    isController(device) &&
    'sharedBus' in device &&
    device.sharedBus !== 'noSharing' &&
    device.sharedBus !== undefined
  )
    throw incompatible('DeviceControllerNotSupported', label, { controller: label })
  const isPassthrough = device.$type === 'VirtualPCIPassthrough' || device.$type === 'VirtualSriovEthernetCard'
  if (isPassthrough && vm.power === 'on') throw incompatible('DeviceNotSupported', label)
}

function incompatible(type: string, device: string, more: Readonly<Record<string, unknown>> = {}): VimFault {
  const fault = new VimFault(type, { device, ...more }, `Device '${device}' is not supported.`)
  return new VimFault('SnapshotIncompatibleDeviceInVm', { fault: fault.localized })
}

function levelsOf(vm: VirtualMachine): number {
  let levels = 0
  for (let at = vm.storage.currentSnapshot; at !== undefined; at = at.parent) levels++
  return levels
}

/** A suspended VM can't differ from a snapshot taken since it was suspended. */
function checkSuspended(vm: VirtualMachine): void {
  const current = vm.snapshots.find(({ ref }) => ref.value === vm.storage.currentSnapshot?.id)
  if (vm.power === 'suspended' && current?.parts.power === 'suspended' && current.parts.bootTime === vm.bootTime)
    throw new VimFault('SnapshotNoChange')
}
