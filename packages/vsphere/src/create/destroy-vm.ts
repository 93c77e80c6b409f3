import { hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { carriesMarker, findMarked } from './marker.ts'
import { powerOff } from './power.ts'

export interface DestroyRequest {
  /** The VM. Without it every VM is asked for the marker. */
  readonly ref?: ManagedObjectReference | string | undefined
  /** The proof that it is ours: exactly what `buildCreateSpec` was given. */
  readonly marker: string
}

/**
 * Deletes a VM with its disks, if and only if it carries our marker. Tells whether there was one to delete.
 *
 * @throws `vsphere.not-ours`: nothing was touched
 */
export async function destroyVm(
  session: Session,
  { ref, marker }: DestroyRequest,
  signal?: AbortSignal,
): Promise<boolean> {
  const named = typeof ref === 'string' ? { type: 'VirtualMachine', value: ref } : ref
  const candidates = named === undefined ? await findMarked(session, marker, signal) : [named]
  let destroyed = false
  for (const vm of candidates) destroyed = (await destroyOne(session, vm, marker, signal)) || destroyed
  return destroyed
}

async function destroyOne(
  session: Session,
  vm: ManagedObjectReference,
  marker: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const proof = await carriesMarker(session, vm, marker, signal)
  if (proof === 'gone') return false
  if (proof === 'no') throw fail('vsphere.not-ours', { vm: vm.value })
  try {
    await powerOff(session, vm, signal)
    const task = await session.call('Destroy_Task', { _this: vm }, { signal })
    await waitForTask(session, task, { signal })
  } catch (error) {
    if (!hasCode(error, 'vsphere.not-found')) throw error // somebody was faster
  }
  // A forgotten task proves nothing; the VM that is still there does.
  if ((await carriesMarker(session, vm, marker, signal)) !== 'gone')
    throw fail('vsphere.vm-not-destroyed', { vm: vm.value })
  return true
}
