import { faultOf } from '../faults/fault-of.ts'
import { VimFault } from '../faults/vim-fault.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import type { ManagedEntity } from '../inventory/managed-entity.ts'
import type { World } from '../inventory/world.ts'
import { HistoryRecord } from './history.ts'
import { Task, type TaskSpec } from './task.ts'

/** What a task does between being started and being done. */
export type TaskWork = (running: RunningTask) => unknown

export interface RunningTask {
  progress(percent: number): void
  readonly signal: AbortSignal
}

export interface TaskOptions extends TaskSpec {
  /** The task that holds this entity keeps every other one off it. */
  readonly locks?: ManagedEntity | undefined
  /** By rule: it fails with this instead of doing anything. */
  readonly failWith?: VimFault | undefined
  /** By rule: it is gone as soon as it is done. */
  readonly vanish?: boolean
}

const historyMax = 5000

/** Runs tasks: queued, running, then done; keeps the done ones for a while, and a record of them for longer. */
export class TaskEngine {
  readonly record = new HistoryRecord<Task>(historyMax)
  readonly #world: World
  readonly #tasks = new Set<Task>()
  readonly #holders = new Map<LabObject, Task>()
  readonly #running = new Set<Promise<void>>()

  constructor(world: World) {
    this.#world = world
  }

  /** The tasks of an entity (of all, if none is given) that are not forgotten yet, oldest first. */
  recent(entity?: ManagedEntity): readonly Task[] {
    this.#forgetOld()
    return [...this.#tasks].filter((task) => entity === undefined || task.spec.entity === entity)
  }

  /** The task that is at work on an entity. */
  holder(entity: LabObject): Task | undefined {
    return this.#holders.get(entity)
  }

  /** @throws VimFault `TaskInProgress` */
  mustBeFree(entity: LabObject): void {
    const holder = this.holder(entity)
    if (holder !== undefined) throw new VimFault('TaskInProgress', { task: holder.ref })
  }

  /** Waits until the task that is at work on an entity, if any, has let go of it. */
  async released(entity: LabObject): Promise<void> {
    const task = this.holder(entity)
    while (task !== undefined && this.holder(entity) === task) await new Promise(setImmediate)
  }

  /**
   * Starts a task and returns at once.
   *
   * A second task on a locked entity is refused: on a bare ESXi by the call itself, on a vCenter by a task that fails.
   * Source: public clients expect both. Evidence: inferred.
   *
   * @throws VimFault `TaskInProgress` on a bare ESXi
   */
  start(options: TaskOptions, work: TaskWork): Task {
    const world = this.#world
    const busy = options.locks === undefined ? undefined : this.holder(options.locks)
    if (busy !== undefined && world.mode === 'esxi') throw new VimFault('TaskInProgress', { task: busy.ref })
    const value = world.morefs.task(options.entity.ref.value, options.descriptionId)
    const task = world.inventory.add(new Task(value, options, { clock: world.clock, chainId: world.events.newChain() }))
    this.#tasks.add(task)
    this.record.add(task)
    world.events.taskStarted(task)
    if (busy === undefined && options.locks !== undefined) this.#holders.set(options.locks, task)
    const failure = busy === undefined ? options.failWith : new VimFault('TaskInProgress', { task: busy.ref })
    this.#world.busiest.sawTasks(this.#running.size + 1)
    this.#track(this.#run(task, { ...options, failWith: failure }, work))
    return task
  }

  get running(): number {
    return this.#running.size
  }

  /** Cancels what runs and waits for it to end: the lab is about to be gone. */
  async stop(): Promise<void> {
    for (const task of this.#tasks) task.abort()
    await this.settled()
  }

  /** Waits until nothing runs any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }

  async #run(task: Task, { locks, failWith, vanish }: TaskOptions, work: TaskWork): Promise<void> {
    const { inventory } = this.#world
    await new Promise(setImmediate) // a task is seen queued, if only by who looks at once
    task.start()
    inventory.changed()
    try {
      await this.#takeTime(task)
      if (failWith !== undefined) throw failWith
      task.succeed(await work(this.#handleOf(task)))
    } catch (error) {
      task.fail(task.canceled.aborted ? new VimFault('RequestCanceled') : faultOf(error, this.#world))
    }
    if (locks !== undefined && this.#holders.get(locks) === task) this.#holders.delete(locks)
    if (vanish === true) this.#forget(task)
    inventory.changed()
  }

  #handleOf(task: Task): RunningTask {
    const progress = (percent: number): void => {
      task.progress(percent)
      this.#world.inventory.changed()
    }
    return { progress, signal: task.canceled }
  }

  async #takeTime(task: Task): Promise<void> {
    const stepMs = this.#world.settings.taskDurationMs / 4
    for (let step = 1; step <= 4 && stepMs > 0; step++) {
      await this.#world.clock.sleep(stepMs, task.canceled)
      task.progress(step * 10)
      this.#world.inventory.changed()
    }
  }

  #track(run: Promise<void>): void {
    const tracked = run.finally(() => void this.#running.delete(tracked))
    this.#running.add(tracked)
  }

  /** Finished tasks go after a while, and whoever asks for one later finds nothing: so it is on a real server. */
  #forgetOld(): void {
    const beforeMs = this.#world.clock.nowMs() - this.#world.settings.taskRetentionMs
    for (const task of this.#tasks) if (task.completeMs !== undefined && task.completeMs < beforeMs) this.#forget(task)
  }

  #forget(task: Task): void {
    this.#tasks.delete(task)
    this.#world.inventory.remove(task)
  }
}
