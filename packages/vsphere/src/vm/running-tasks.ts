import { collect } from '@vmkeep/kit'
import { readProperties } from '../properties/read-properties.ts'
import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import type { VmTask } from './vm.ts'

/** The tasks among `refs` that are queued or running. Those the server has forgotten are over. */
export async function runningTasksOf(
  session: Session,
  refs: readonly ManagedObjectReference[],
  signal?: AbortSignal,
): Promise<VmTask[]> {
  const found = await collect(retrieve(session, { type: 'Task', from: refs, paths: ['info'] }, signal))
  return found.flatMap(({ ref, properties: { info } }) =>
    info?.state === 'queued' || info?.state === 'running'
      ? [{ ref, descriptionId: info.descriptionId, state: info.state, progressPercent: info.progress }]
      : [],
  )
}

/** The tasks on a VM that are queued or running. */
export async function runningTasks(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<VmTask[]> {
  const { recentTask = [] } = await readProperties(
    session,
    { type: 'VirtualMachine', ref: vm, paths: ['recentTask'] },
    signal,
  )
  return runningTasksOf(session, recentTask, signal)
}

/**
 * Waits until no task of the kind is under way on a VM, however it ends: what it did is for the caller to look at.
 *
 * @param kind how their `descriptionId` begins, e.g. `VirtualMachine.createSnapshot`; any kind if left out
 */
export async function waitForRunningTasks(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
  kind = '',
): Promise<void> {
  for (const task of await runningTasks(session, vm, signal)) {
    if (!task.descriptionId.startsWith(kind)) continue
    try {
      await waitForTask(session, task.ref, { signal })
    } catch {
      signal?.throwIfAborted() // that somebody's task failed is no error of ours
    }
  }
}
