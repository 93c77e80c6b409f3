import { fail } from '../errors.ts'
import { formatDatastorePath, parseDatastorePath } from '../files/datastore-path.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import { profileSpecOf } from '../policies/profile-spec.ts'
import type { AnyOf, ManagedObjectReference } from '../types/index.ts'
import { busOf, isController } from '../vm/controllers.ts'
import { disksOf } from '../vm/disks-of.ts'
import type { Device, VirtualDiskDevice, VmConfig, VmDisk } from '../vm/vm-disk.ts'
import type { PlannedDisk } from './create-options.ts'

export interface AddDiskRequest extends PlannedDisk {
  /** The datastore of the VM's own files if left out. */
  readonly datastoreName?: string | undefined
  /** `[datastore] folder/name.vmdk`, where the file must lie in a folder that is there. The server names it if left out. */
  readonly path?: string | undefined
}

/**
 * Adds an empty disk to a VM in the slot it had, and tells what the server made of it: the file's name is the server's
 * choice (on vSAN and vVols no other is possible), and vVols round the capacity up.
 *
 * @throws `vsphere.no-controller`, `vsphere.disk-unconfirmed`, `vsphere.datastore-full`, `vsphere.invalid-configuration` …
 */
export async function addDisk(
  session: Session,
  vm: ManagedObjectReference,
  disk: AddDiskRequest,
  signal?: AbortSignal,
): Promise<VmDisk> {
  const before = await readHardware(session, vm, signal)
  const controller = findController(before.devices, disk)
  if (controller === undefined)
    throw fail('vsphere.no-controller', { disk: disk.label, slot: slotOf(disk), vm: vm.value })
  const device = newDisk(disk, controller.key, disk.datastoreName ?? before.datastoreName)
  const change = diskChange(device, disk)
  const task = await session.call('ReconfigVM_Task', { _this: vm, spec: { deviceChange: [change] } }, { signal })
  await waitForTask(session, task, { signal })
  const after = await readHardware(session, vm, signal)
  const added = findAdded(before.devices, after.devices, controller.key, disk)
  if (added === undefined) throw fail('vsphere.disk-unconfirmed', { disk: disk.label, vm: vm.value })
  return added
}

interface Hardware {
  readonly devices: readonly Device[]
  /** Where the VM's own files lie. */
  readonly datastoreName: string
}

async function readHardware(
  session: Session,
  vm: ManagedObjectReference,
  signal: AbortSignal | undefined,
): Promise<Hardware> {
  const paths = ['config.hardware.device', 'config.files.vmPathName'] as const
  const found = await readProperties(session, { type: 'VirtualMachine', ref: vm, paths }, signal)
  const home = parseDatastorePath(found['config.files.vmPathName'] ?? '')
  if (home === undefined) throw fail('vsphere.no-configuration', { object: vm.value })
  return { devices: found['config.hardware.device'] ?? [], datastoreName: home.datastore }
}

const findController = (devices: readonly Device[], { slot }: PlannedDisk): Device | undefined =>
  devices.filter(isController).find((device) => busOf(device) === slot.bus && device.busNumber === slot.busNumber)

/** `scsi0:1`, as a vmx file writes it. */
export const slotOf = ({ slot }: Pick<PlannedDisk, 'slot'>): string => `${slot.bus}${slot.busNumber}:${slot.unitNumber}`

/** How a spec adds it. */
export function diskChange(
  device: VirtualDiskDevice,
  { storagePolicy }: Pick<PlannedDisk, 'storagePolicy'>,
): AnyOf<'VirtualDeviceConfigSpec'> {
  const profile = storagePolicy === undefined ? {} : { profile: profileSpecOf(storagePolicy) }
  return { $type: 'VirtualDeviceConfigSpec', operation: 'add', fileOperation: 'create', device, ...profile }
}

/** An empty disk as a spec adds it. */
export function newDisk(disk: AddDiskRequest, controllerKey: number, datastore: string): VirtualDiskDevice {
  return {
    $type: 'VirtualDisk',
    key: -1,
    controllerKey,
    unitNumber: disk.slot.unitNumber,
    capacityInKB: Math.ceil(disk.capacityBytes / 1024),
    capacityInBytes: disk.capacityBytes,
    ...(disk.shares === undefined ? {} : { storageIOAllocation: { shares: disk.shares } }),
    backing: {
      $type: 'VirtualDiskFlatVer2BackingInfo',
      fileName: disk.path ?? formatDatastorePath({ datastore, path: '' }), // the datastore alone: the server names the file
      diskMode: disk.diskMode,
      thinProvisioned: disk.provisioning === 'thin',
      eagerlyScrub: disk.provisioning === 'eager',
    },
  }
}

function findAdded(
  before: readonly Device[],
  after: readonly Device[],
  controllerKey: number,
  { slot }: PlannedDisk,
): VmDisk | undefined {
  const config = { hardware: { device: after } } as unknown as VmConfig
  const fresh = disksOf(config).filter(({ key }) => !before.some((device) => device.key === key))
  const inSlot = ({ device }: VmDisk) => device.controllerKey === controllerKey && device.unitNumber === slot.unitNumber
  return fresh.find(inSlot) ?? (fresh.length === 1 ? fresh[0] : undefined)
}
