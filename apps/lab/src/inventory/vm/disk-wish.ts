import { type AnyOf, type DataObject, isA } from '@vmkeep/vsphere/types'
import type { DiskMode } from '../../storage/model.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { allocationOf, type DiskFile, type DiskWish } from './disk-plan.ts'
import { type DeviceChangeContext, refused } from './device-change-context.ts'

type DiskDevice = { readonly $type: 'VirtualDisk' } & DataObject<'VirtualDisk'>
type FileOperation = AnyOf<'VirtualDeviceConfigSpec'>['fileOperation']

const diskModes: readonly string[] = [
  'persistent',
  'independent_persistent',
  'independent_nonpersistent',
  'nonpersistent',
  'undoable',
  'append',
] satisfies DiskMode[]

/** What a client asks for when it adds a disk. @throws VimFault `InvalidDeviceSpec` */
export function diskWish(
  vm: VirtualMachine,
  device: DiskDevice,
  operation: FileOperation,
  context: DeviceChangeContext,
): DiskWish {
  const { backing, controllerKey } = device
  if (controllerKey === undefined) throw refused('device.controllerKey', context)
  if (isA(backing, 'VirtualDiskRawDiskMappingVer1BackingInfo')) return rdmWish(device, backing, operation, context)
  if (!isA(backing, 'VirtualDiskFlatVer2BackingInfo')) throw refused('device.backing', context)
  if (!diskModes.includes(backing.diskMode)) throw refused('device.backing.diskMode', context)
  const allocation = allocationOf({ thin: backing.thinProvisioned, eager: backing.eagerlyScrub })
  const path = pathOf(vm, backing)
  return {
    controllerKey,
    unitNumber: device.unitNumber,
    mode: backing.diskMode as DiskMode,
    sharing: backing.sharing === 'sharingMultiWriter' ? 'sharingMultiWriter' : 'sharingNone',
    keyId: backing.keyId,
    shares: device.shares,
    file: operation === 'create' ? newFile(device, path, allocation, context) : existingFile(path, context),
  }
}

function rdmWish(
  device: DiskDevice,
  backing: DataObject<'VirtualDiskRawDiskMappingVer1BackingInfo'>,
  operation: FileOperation,
  context: DeviceChangeContext,
): DiskWish {
  if (operation !== 'create' || backing.deviceName === undefined) throw refused('device.backing', context)
  return {
    controllerKey: device.controllerKey!,
    unitNumber: device.unitNumber,
    mode: (backing.diskMode as DiskMode | undefined) ?? 'persistent',
    rdm: {
      mode: backing.compatibilityMode === 'physicalMode' ? 'physicalMode' : 'virtualMode',
      lunUuid: backing.lunUuid ?? '',
      deviceName: backing.deviceName,
    },
    file: newFile(device, backing.fileName, 'thin', context),
  }
}

/** A file name without a path lets the server choose; without a datastore it is the VM's own. */
function pathOf(vm: VirtualMachine, { fileName, datastore }: DataObject<'VirtualDiskFlatVer2BackingInfo'>): string {
  if (fileName !== '') return fileName
  const named = vm.world.datastores.find(({ ref }) => ref.value === datastore?.value)
  return named === undefined ? '' : `[${named.store.name}]`
}

function newFile(
  device: DiskDevice,
  path: string,
  allocation: ReturnType<typeof allocationOf>,
  context: DeviceChangeContext,
): DiskFile {
  const capacityBytes = Number(device.capacityInBytes ?? Number(device.capacityInKB) * 1024)
  if (capacityBytes <= 0 || capacityBytes % 512 !== 0) throw refused('device.capacityInKB', context)
  return { kind: 'create', capacityBytes, allocation, ...(path === '' ? {} : { path }) }
}

function existingFile(path: string, context: DeviceChangeContext): DiskFile {
  if (!path.endsWith('.vmdk')) throw refused('device.backing.fileName', context)
  return { kind: 'attach', path }
}
