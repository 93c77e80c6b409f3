import { VimFault } from '../../faults/vim-fault.ts'
import { parseDatastorePath } from '../../storage/index.ts'
import type { DiskBacking } from '../../storage/model.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { type DeviceChangeContext, refused } from './device-change-context.ts'
import type { PlannedDisk } from './disk-plan.ts'

const smallDiskBytes = 2 * 1024 ** 4 - 512

/**
 * What vSphere refuses when a disk that exists is added to a VM.
 *
 * Source: vadp.md §5.2 (SCSI only, the datastore must be visible), §4 (an encrypted disk needs an encrypted proxy). Evidence: documented; which
 * fault it is: inferred. A leaf that a running VM writes to is refused by the bytes: `FileLocked`.
 *
 * @throws VimFault
 */
export function checkAttach(vm: VirtualMachine, { disk, file }: PlannedDisk, context: DeviceChangeContext): void {
  if (file.kind !== 'attach') return
  const controller = vm.settings.devices.find(({ key }) => key === disk.controllerKey)
  const isHot = vm.power === 'on'
  if (isHot && controller !== undefined && !('scsiCtlrUnitNumber' in controller))
    throw new VimFault('DeviceHotPlugNotSupported', {
      property: 'virtualDeviceSpec.device',
      deviceIndex: context.index,
    })
  checkVisible(vm, file.path)
  if (vm.storage.disks.some(({ backing }) => stands(backing, file.path)))
    throw refused('device.backing.fileName', context)
  const [owner, known] = ownerOf(vm, file.path) ?? []
  if (known?.keyId !== undefined && vm.settings.kept.keyId === undefined)
    throw new VimFault('GenericVmConfigFault', { reason: 'An encrypted disk can be added to an encrypted VM only.' })
  const capacityBytes = known === undefined ? 0 : owner!.storage.disk(known.key).capacityBytes
  if (capacityBytes > smallDiskBytes && vm.hardwareVersion < 10) throw refused('device.capacityInKB', context)
}

function checkVisible(vm: VirtualMachine, path: string): void {
  const { datastore } = parseDatastorePath(path)
  const found = vm.world.datastores.find(({ store }) => store.name === datastore)
  if (found === undefined) throw new VimFault('InvalidDatastore', { name: datastore })
  if (!found.hosts.includes(vm.host))
    throw new VimFault('InaccessibleDatastore', { datastore: found.ref, name: found.name })
  // Source: KB 306343: no hot-add of vSAN disks to a proxy that is not on vSAN. Evidence: documented; the fault: inferred.
  if (found.store.type === 'vsan' && !vm.datastores.includes(found))
    throw new VimFault('GenericVmConfigFault', {
      reason: 'A vSAN disk can be added to a virtual machine on vSAN only.',
    })
}

const stands = (backing: DiskBacking | undefined, path: string): boolean =>
  backing !== undefined && (backing.fileName === path || stands(backing.parent, path))

function ownerOf(vm: VirtualMachine, path: string) {
  for (const other of vm.world.vms)
    for (const disk of other.settings.disks)
      if (other !== vm && stands(other.storage.disks.find(({ key }) => key === disk.key)?.backing, path))
        return [other, disk] as const
  return undefined
}
