import type { ManagedObjectReference, MethodName } from '@vmkeep/vsphere/types'
import { completeFault } from '../faults/complete-fault.ts'
import type { ManagedEntity } from '../inventory/managed-entity.ts'
import { type Call, sessionOf } from '../soap/call.ts'
import type { TaskWork } from './task-engine.ts'

export interface StartTaskOptions {
  /** `VirtualMachine.createSnapshot` */
  readonly descriptionId: string
  /** What the task is about. */
  readonly entity: ManagedEntity
  /** Others may work on the entity at the same time: folders, datacenters. */
  readonly shared?: boolean
  readonly cancelable?: boolean
}

const lengthened =
  (work: TaskWork, wait: (signal: AbortSignal) => Promise<void>): TaskWork =>
  async (task) => {
    const result = await work(task)
    await wait(task.signal)
    return result
  }

/** Starts the task a method answers with, and lets a rule that struck the call play on it. */
export function startTask<M extends MethodName>(
  call: Call<M>,
  options: StartTaskOptions,
  work: TaskWork,
): ManagedObjectReference {
  const { world, method, action } = call
  const task = world.tasks.start(
    {
      name: method,
      descriptionId: options.descriptionId,
      entity: options.entity,
      userName: sessionOf(call).user.name,
      cancelable: options.cancelable ?? false,
      locks: options.shared === true ? undefined : options.entity,
      failWith: action?.do === 'task-fault' ? completeFault(action, options.entity) : undefined,
      vanish: action?.do === 'vanish-task',
    },
    action?.do === 'long-task' ? lengthened(work, (signal) => world.clock.sleep(action.ms, signal)) : work,
  )
  return task.ref
}
