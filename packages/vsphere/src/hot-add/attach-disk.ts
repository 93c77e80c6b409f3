import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import type { VirtualDiskDevice } from '../vm/vm-disk.ts'
import { type AttachedDisk, attachedMode, findAttached, readDevices } from './attached-disk.ts'

/**
 * Hangs a disk that belongs to another VM on this one, so that nothing written to it stays. Tells what the server made of it.
 *
 * The task that vSphere forgot, or whose answer was lost, proves nothing: the VM is looked at.
 *
 * @throws `vsphere.disk-unconfirmed`, `vsphere.busy`, `vsphere.file-locked`, `vsphere.datastore-unavailable`, `vsphere.no-permission` …
 */
export async function attachDisk(
  session: Session,
  vm: ManagedObjectReference,
  disk: AttachedDisk & { readonly capacityBytes: number },
  signal?: AbortSignal,
): Promise<VirtualDiskDevice> {
  const { controllerKey, unitNumber, path, capacityBytes } = disk
  const device: VirtualDiskDevice = {
    $type: 'VirtualDisk',
    key: -1,
    controllerKey,
    unitNumber,
    capacityInKB: Math.ceil(capacityBytes / 1024),
    backing: { $type: 'VirtualDiskFlatVer2BackingInfo', fileName: path, diskMode: attachedMode },
  }
  // No fileOperation: the file is there, and is neither made nor destroyed.
  const change = { $type: 'VirtualDeviceConfigSpec', operation: 'add', device } as const
  const task = await session.call('ReconfigVM_Task', { _this: vm, spec: { deviceChange: [change] } }, { signal })
  await waitForTask(session, task, { signal })
  const attached = findAttached((await readDevices(session, vm, signal)) ?? [], disk)
  if (attached === undefined) throw fail('vsphere.disk-unconfirmed', { disk: path, vm: vm.value })
  return attached
}
