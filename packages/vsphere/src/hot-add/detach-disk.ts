import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { waitForRunningTasks } from '../vm/running-tasks.ts'
import { type AttachedDisk, findAttached, readDevices } from './attached-disk.ts'

/**
 * Takes a disk of another VM off this one, if exactly it hangs there, and proves that it is gone. Its files stay.
 * Tells whether there was one to take off. A task that is just attaching it is waited for.
 *
 * @throws `vsphere.not-found` where the VM itself is gone; `vsphere.no-configuration` where it can't be looked at;
 *   `vsphere.disk-still-attached`, `vsphere.busy`: try again later
 */
export async function detachDisk(
  session: Session,
  vm: ManagedObjectReference,
  disk: AttachedDisk,
  signal?: AbortSignal,
): Promise<boolean> {
  await waitForRunningTasks(session, vm, signal, 'VirtualMachine.reconfigure')
  const device = await find(session, vm, disk, signal)
  if (device === undefined) return false
  // No fileOperation: with `destroy` the disk of the other VM would be deleted.
  const change = { $type: 'VirtualDeviceConfigSpec', operation: 'remove', device } as const
  const task = await session.call('ReconfigVM_Task', { _this: vm, spec: { deviceChange: [change] } }, { signal })
  await waitForTask(session, task, { signal })
  if ((await find(session, vm, disk, signal)) !== undefined)
    throw fail('vsphere.disk-still-attached', { disk: disk.path, vm: vm.value })
  return true
}

/** An empty list proves nothing where vSphere can't read the VM: its configuration is absent then. */
async function find(session: Session, vm: ManagedObjectReference, disk: AttachedDisk, signal: AbortSignal | undefined) {
  const devices = await readDevices(session, vm, signal)
  if (devices === undefined) throw fail('vsphere.no-configuration', { object: vm.value })
  return findAttached(devices, disk)
}
