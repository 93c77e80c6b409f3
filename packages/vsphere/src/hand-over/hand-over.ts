// A disk that was filled in one VM and is to stay in another.
import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { isDisk } from '../vm/disks-of.ts'
import type { Device, VirtualDiskDevice } from '../vm/vm-disk.ts'
import { type DiskSlot, hangsOn, readDevices } from '../hot-add/attached-disk.ts'

/** Takes a disk of a VM of ours off it and keeps its files. @throws `vsphere.disk-still-attached` … */
export async function releaseDisk(
  session: Session,
  vm: ManagedObjectReference,
  { path }: { readonly path: string },
  signal?: AbortSignal,
): Promise<void> {
  const device = findByPath(await devicesOrFail(session, vm, signal), path)
  if (device === undefined) throw fail('vsphere.disk-unconfirmed', { disk: path, vm: vm.value })
  // No fileOperation: with `destroy` the disk would be deleted.
  const change = { $type: 'VirtualDeviceConfigSpec', operation: 'remove', device } as const
  await reconfigure(session, vm, change, signal)
  if (hangsOn(await devicesOrFail(session, vm, signal), path))
    throw fail('vsphere.disk-still-attached', { disk: path, vm: vm.value })
}

/**
 * Hangs a disk that belongs to no VM on this one, to stay. Proves that it hangs there: a task that vSphere forgot proves nothing.
 *
 * @throws `vsphere.disk-unconfirmed`, `vsphere.busy`, `vsphere.invalid-configuration` …
 */
export async function adoptDisk(
  session: Session,
  vm: ManagedObjectReference,
  {
    path,
    capacityBytes,
    controllerKey,
    unitNumber,
  }: DiskSlot & { readonly path: string; readonly capacityBytes: number },
  signal?: AbortSignal,
): Promise<VirtualDiskDevice> {
  const device: VirtualDiskDevice = {
    $type: 'VirtualDisk',
    key: -1,
    controllerKey,
    unitNumber,
    capacityInKB: Math.ceil(capacityBytes / 1024),
    backing: { $type: 'VirtualDiskFlatVer2BackingInfo', fileName: path, diskMode: 'persistent' },
  }
  await reconfigure(session, vm, { $type: 'VirtualDeviceConfigSpec', operation: 'add', device }, signal)
  const adopted = findByPath(await devicesOrFail(session, vm, signal), path)
  if (adopted === undefined) throw fail('vsphere.disk-unconfirmed', { disk: path, vm: vm.value })
  return adopted
}

async function reconfigure(
  session: Session,
  vm: ManagedObjectReference,
  change: { readonly $type: 'VirtualDeviceConfigSpec'; readonly operation: 'add' | 'remove'; readonly device: Device },
  signal: AbortSignal | undefined,
): Promise<void> {
  const task = await session.call('ReconfigVM_Task', { _this: vm, spec: { deviceChange: [change] } }, { signal })
  await waitForTask(session, task, { signal })
}

async function devicesOrFail(session: Session, vm: ManagedObjectReference, signal: AbortSignal | undefined) {
  const devices = await readDevices(session, vm, signal)
  if (devices === undefined) throw fail('vsphere.no-configuration', { object: vm.value })
  return devices
}

const findByPath = (devices: readonly Device[], path: string): VirtualDiskDevice | undefined =>
  devices.filter(isDisk).find((device) => hangsOn([device], path))
