import { hasCode } from '@vmkeep/kit'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { faultOf } from '../soap/fault-error.ts'
import type { DataObject, ManagedObjectReference } from '../types/data-object.ts'

export type TaskInfo = DataObject<'TaskInfo'>

/** Hears of one task: each state it is seen in, or `undefined` once the server no longer knows it. */
export interface TaskListener {
  readonly update: (info: TaskInfo | undefined) => void
  readonly fail: (error: unknown) => void
}

interface Watched {
  readonly task: ManagedObjectReference
  readonly listener: TaskListener
}

interface Collector {
  readonly ref: ManagedObjectReference
  readonly generation: number
  /** The filter of each watched task; `undefined` while it is being made. */
  readonly filters: Map<Watched, ManagedObjectReference | undefined>
}

const waitSecondsMax = 30
const waitTimeoutMs = (waitSecondsMax + 60) * 1000
const failuresMax = 6 // with the pauses between, a vCenter may be away for about half a minute
const pauseMsMax = 15_000

/** Ends a wait of ours early; nobody but us ever sees it. */
const restart = new Error('wait anew')

/**
 * Watches any number of tasks of one session with one property collector and one waiting call.
 *
 * A task watched while a call waits gets its filter at once; then the call is cancelled, so that the next one sees the
 * filter, whatever the server does about filters that appear meanwhile. Filter first, cancel second: the other way round
 * the new call could begin before the filter exists.
 */
export class TaskWatcher {
  readonly #session: Session
  readonly #watched = new Set<Watched>()
  #collector: Collector | undefined
  #isRunning = false
  #waiting: AbortController | undefined

  constructor(session: Session) {
    this.#session = session
  }

  /** Begins to watch; dispose what it returns to stop. */
  watch(task: ManagedObjectReference, listener: TaskListener): Disposable {
    const watched = { task, listener }
    this.#watched.add(watched)
    if (!this.#isRunning) void this.#run()
    else if (this.#collector !== undefined) void this.#join(this.#collector, watched)
    return { [Symbol.dispose]: () => this.#leave(watched) }
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (let failures = 0; this.#watched.size > 0;) {
      try {
        await this.#watchOnce(() => (failures = 0))
      } catch (error) {
        const gone = [...this.#watched].find(({ task }) => isGone(error, task))
        if (gone !== undefined) this.#tell(gone, undefined) // some servers notice only now. Source: vcsim. Evidence: observed
        else if (++failures < failuresMax && isPassing(error)) await this.#pause(failures)
        else this.#failAll(error)
      }
    }
    this.#isRunning = false // in the same step in which nothing was left to watch
  }

  /** One collector's life: until nothing is watched, or until it must be replaced. */
  async #watchOnce(onProgress: () => void): Promise<void> {
    const collector = await this.#open()
    try {
      for (const watched of this.#watched) await this.#addFilter(collector, watched)
      for (let version = ''; this.#watched.size > 0 && collector.generation === this.#session.generation;) {
        const updates = await this.#wait(collector, version)
        if (updates === 'restart') return
        onProgress()
        if (updates === undefined) {
          for (const watched of this.#watched) await this.#lookAgain(watched)
          continue
        }
        version = updates.version
        await this.#deliver(updates)
      }
    } finally {
      this.#collector = undefined
      await quietly(this.#session.call('DestroyPropertyCollector', { _this: collector.ref }))
    }
  }

  async #open(): Promise<Collector> {
    const _this = this.#session.content.propertyCollector
    const ref = await this.#session.call('CreatePropertyCollector', { _this })
    this.#collector = { ref, generation: this.#session.generation, filters: new Map() }
    return this.#collector
  }

  async #join(collector: Collector, watched: Watched): Promise<void> {
    try {
      await this.#addFilter(collector, watched)
      await this.#session.call('CancelWaitForUpdates', { _this: collector.ref })
    } catch {
      this.#waiting?.abort(restart) // a new collector then gets a filter for everything watched
    }
  }

  async #addFilter(collector: Collector, watched: Watched): Promise<void> {
    if (collector.filters.has(watched)) return
    collector.filters.set(watched, undefined)
    const spec = { propSet: [{ type: 'Task', pathSet: ['info'] }], objectSet: [{ obj: watched.task }] }
    try {
      const filter = await this.#session.call('CreateFilter', { _this: collector.ref, spec, partialUpdates: false })
      collector.filters.set(watched, filter)
    } catch (error) {
      collector.filters.delete(watched)
      if (!this.#settle(watched, error)) throw error
    }
  }

  async #wait(collector: Collector, version: string): Promise<DataObject<'UpdateSet'> | undefined | 'restart'> {
    const request = { _this: collector.ref, version, options: { maxWaitSeconds: waitSecondsMax } }
    this.#waiting = new AbortController()
    try {
      return await this.#session.call('WaitForUpdatesEx', request, {
        pool: 'polls',
        timeoutMs: waitTimeoutMs,
        signal: this.#waiting.signal,
      })
    } catch (error) {
      if (error === restart) return 'restart'
      if (hasCode(error, 'vsphere.request-cancelled')) return undefined // by #join
      throw error
    } finally {
      this.#waiting = undefined
    }
  }

  async #deliver(updates: DataObject<'UpdateSet'>): Promise<void> {
    // By task and not by filter: a call that waits may tell of a filter before the reply that names the filter is here.
    for (const { objectSet = [], missingSet = [] } of updates.filterSet ?? []) {
      for (const update of objectSet)
        for (const watched of this.#watchersOf(update.obj)) await this.#deliverOne(watched, update)
      for (const { obj } of missingSet) for (const watched of this.#watchersOf(obj)) this.#tell(watched, undefined)
    }
  }

  #watchersOf({ value }: ManagedObjectReference): Watched[] {
    return [...this.#watched].filter(({ task }) => task.value === value)
  }

  async #deliverOne(watched: Watched, update: DataObject<'ObjectUpdate'>): Promise<void> {
    if (update.kind === 'leave') return this.#tell(watched, undefined)
    const whole = update.changeSet?.findLast((change) => change.name === 'info')?.val as TaskInfo | undefined
    if (whole?.state !== undefined) return this.#tell(watched, whole)
    try {
      this.#tell(watched, await this.#read(watched)) // a server that sends parts of the info, or none of it
    } catch (error) {
      if (!this.#settle(watched, error)) throw error
    }
  }

  /** After a wait without news: an update that never comes must cost half a minute, not for ever. */
  async #lookAgain(watched: Watched): Promise<void> {
    try {
      this.#tell(watched, await this.#read(watched))
    } catch (error) {
      if (isGone(error, watched.task)) this.#tell(watched, undefined) // any other error shows in the next wait
    }
  }

  async #read({ task }: Watched): Promise<TaskInfo | undefined> {
    return (await readProperties(this.#session, { type: 'Task', ref: task, paths: ['info'] })).info
  }

  /** Ends one task's watch if the error is about that task alone. Says `false` if it is about all. */
  #settle(watched: Watched, error: unknown): boolean {
    if (isGone(error, watched.task)) this.#tell(watched, undefined)
    else if (isPassing(error)) return false
    else {
      watched.listener.fail(error)
      this.#leave(watched)
    }
    return true
  }

  #tell(watched: Watched, info: TaskInfo | undefined): void {
    if (!this.#watched.has(watched)) return
    // Taken off the list here and not when the listener comes to it: the loop must not begin another wait for it.
    if (info?.state !== 'queued' && info?.state !== 'running') this.#leave(watched)
    watched.listener.update(info)
  }

  #leave(watched: Watched): void {
    if (!this.#watched.delete(watched)) return
    const filter = this.#collector?.filters.get(watched)
    this.#collector?.filters.delete(watched)
    if (this.#watched.size === 0) this.#waiting?.abort(restart)
    else if (filter !== undefined) void quietly(this.#session.call('DestroyPropertyFilter', { _this: filter }))
  }

  async #pause(failures: number): Promise<void> {
    this.#waiting = new AbortController()
    const pauseMs = Math.min(500 * 2 ** failures, pauseMsMax)
    await quietly(this.#session.clock.sleep(pauseMs, this.#waiting.signal))
    this.#waiting = undefined
  }

  #failAll(error: unknown): void {
    const all = [...this.#watched]
    this.#watched.clear()
    for (const { listener } of all) listener.fail(error)
  }
}

/** Whether a new collector may help: the old one died with its session, or the connection broke. */
const isPassing = (error: unknown): boolean =>
  hasCode(
    error,
    'vsphere.not-found',
    'vsphere.invalid-argument',
    'vsphere.fault',
    'vsphere.reply-lost',
    'vsphere.unreachable',
    'vsphere.unavailable',
    'vsphere.timed-out',
  )

const isGone = (error: unknown, task: ManagedObjectReference): boolean => {
  const fault = hasCode(error, 'vsphere.not-found') ? faultOf(error) : undefined
  return fault?.$type === 'ManagedObjectNotFound' && fault.obj.value === task.value
}

async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {})
}
