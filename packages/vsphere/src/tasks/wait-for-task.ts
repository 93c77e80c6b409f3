import type { Session } from '../session/session.ts'
import { errorOfFault } from '../soap/fault-error.ts'
import type { ManagedObjectReference } from '../types/data-object.ts'
import { type TaskInfo, TaskWatcher } from './task-watcher.ts'

export type TaskResult =
  | {
      readonly state: 'success'
      readonly info: TaskInfo
      /** What the task made, e.g. the reference of a snapshot. */ readonly result: unknown
    }
  /** The server forgot the task before we saw its end. It may have done its work: look at the object itself. */
  | { readonly state: 'vanished' }

export interface TaskProgress {
  readonly state: 'queued' | 'running'
  /** 0 to 100; vSphere does not tell it of every task. */
  readonly percent: number | undefined
}

export interface WaitOptions {
  readonly onProgress?: (progress: TaskProgress) => void
  readonly signal?: AbortSignal | undefined
}

const watchers = new WeakMap<Session, TaskWatcher>()

/**
 * Waits until vSphere has finished a task. All tasks of a session are watched together, over one connection.
 *
 * Aborting stops the waiting, not the task.
 *
 * @throws the error of a task that failed, as if its method had been refused: `vsphere.snapshot-quiesce-failed`, `.busy` …;
 *   `signal.reason`
 */
export async function waitForTask(
  session: Session,
  task: ManagedObjectReference,
  { onProgress, signal }: WaitOptions = {},
): Promise<TaskResult> {
  signal?.throwIfAborted()
  const watcher = watchers.get(session) ?? new TaskWatcher(session)
  watchers.set(session, watcher)
  const ended = Promise.withResolvers<TaskInfo | undefined>()
  const update = (info: TaskInfo | undefined) => {
    if (info?.state !== 'queued' && info?.state !== 'running') return ended.resolve(info)
    try {
      onProgress?.({ state: info.state, percent: info.progress })
    } catch (error) {
      ended.reject(error as Error) // the caller's own; it must not end the watch of other tasks
    }
  }
  const abort = () => ended.reject(signal!.reason as Error)
  signal?.addEventListener('abort', abort, { once: true })
  using _watching = watcher.watch(task, { update, fail: (error) => ended.reject(error as Error) })
  try {
    return resultOf(session, task, await ended.promise)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function resultOf({ host }: Session, task: ManagedObjectReference, info: TaskInfo | undefined): TaskResult {
  if (info === undefined) return { state: 'vanished' }
  if (info.state === 'success') return { state: 'success', info, result: info.result }
  const { fault, localizedMessage } = info.error ?? {}
  const method = info.name ?? info.descriptionId
  throw errorOfFault(fault, { host, method, object: info.entity ?? task, text: localizedMessage ?? '' })
}
