import { collect, hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { hangsOn } from '../hot-add/attached-disk.ts'
import { readProperties } from '../properties/read-properties.ts'
import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { waitForRunningTasks } from '../vm/running-tasks.ts'

export interface LooseDisk {
  /** `[datastore] folder/disk.vmdk` */
  readonly path: string
  readonly datacenter: ManagedObjectReference
  /** The VM it was made for. */
  readonly target: ManagedObjectReference
}

/**
 * Deletes a disk of ours that no VM has. Tells whether there was one to delete: a disk that hangs on any VM is left alone, and so is
 * whatever hangs there.
 *
 * @throws `vsphere.no-configuration` where the VM it was made for can't be looked at: it may hang there
 */
export async function deleteLooseDisk(
  session: Session,
  { path, datacenter, target }: LooseDisk,
  signal?: AbortSignal,
): Promise<boolean> {
  const manager = session.content.virtualDiskManager
  if (manager === undefined) throw fail('vsphere.no-configuration', { object: path })
  if (await isThere(session, target, signal))
    await waitForRunningTasks(session, target, signal, 'VirtualMachine.reconfigure')
  const request = {
    type: 'VirtualMachine',
    from: { under: session.content.rootFolder },
    paths: ['config.hardware.device'],
  } as const
  const vms = await collect(retrieve(session, request, signal))
  const devicesOf = ({ properties }: (typeof vms)[number]) => properties['config.hardware.device']
  if (vms.some((vm) => hangsOn(devicesOf(vm) ?? [], path))) return false
  const seen = vms.find(({ ref }) => ref.value === target.value)
  const isReadable = seen !== undefined && devicesOf(seen) !== undefined
  if (!isReadable && (await isThere(session, target, signal)))
    throw fail('vsphere.no-configuration', { object: target.value })
  try {
    const task = await session.call('DeleteVirtualDisk_Task', { _this: manager, name: path, datacenter }, { signal })
    await waitForTask(session, task, { signal })
    return true
  } catch (error) {
    if (hasCode(error, 'vsphere.file-not-found', 'vsphere.not-found')) return false
    throw error
  }
}

/** Only vSphere's own word counts: a VM that this account may not see is there. */
async function isThere(
  session: Session,
  vm: ManagedObjectReference,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await readProperties(session, { type: 'VirtualMachine', ref: vm, paths: ['name'] }, signal)
    return true
  } catch (error) {
    if (hasCode(error, 'vsphere.not-found')) return false
    throw error
  }
}
