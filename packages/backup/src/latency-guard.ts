import { type Clock, KeyedLimiter, messageOf } from '@vmkeep/kit'
import type { OnRunEvent } from '@vmkeep/run'
import { type DatastoreLatency, LatencyCounters, type Session, type VmDatastore } from '@vmkeep/vsphere'

export interface LatencyLimits {
  /** Above it no snapshot is started, and no VM that is read without one. */
  readonly startMaxMs: number
  /** Above it what is being read is read slowly. */
  readonly readMaxMs: number
  /** How long a VM waits for its datastores at most, and all VMs for one of them. */
  readonly patienceMinutes: number
}

export type ReadLatency = (datastore: VmDatastore, signal: AbortSignal) => Promise<DatastoreLatency | undefined>

export interface LatencyGuardOptions {
  readonly limits: LatencyLimits
  readonly readLatency: ReadLatency
  readonly clock: Clock
  readonly onEvent: OnRunEvent
  readonly signal: AbortSignal
}

interface Known {
  readonly atMs: number
  readonly latency: Promise<DatastoreLatency | undefined>
}

/** How often vSphere has something new to say. */
export const sampleMs = 20_000

/**
 * Watches how slow datastores are, so that a backup does not make a slow one slower. What decides is in {@link VmStart} and `SlowedDisk`;
 * this knows the latencies, asked for once in 20 s and for all, and since when nothing may start on a datastore.
 *
 * What is not known stops nobody: it is told once.
 */
export class LatencyGuard implements AsyncDisposable {
  readonly limits: LatencyLimits
  readonly clock: Clock
  /** Reads that are slowed down, one at a time per datastore. */
  readonly slowReads = new KeyedLimiter(1)
  readonly #options: LatencyGuardOptions
  readonly #closed = new AbortController()
  readonly #known = new Map<string, Known>()
  readonly #last = new Map<string, DatastoreLatency | undefined>()
  readonly #closedSinceMs = new Map<string, number>()
  readonly #told = new Set<string>()

  constructor(options: LatencyGuardOptions) {
    this.limits = options.limits
    this.clock = options.clock
    this.#options = options
  }

  /** As it is now, no older than a sample. */
  async latencyOf(datastore: VmDatastore): Promise<DatastoreLatency | undefined> {
    const known = this.#known.get(datastore.name)
    if (known !== undefined && this.clock.monotonicMs() - known.atMs < sampleMs) return known.latency
    const latency = this.#ask(datastore)
    this.#known.set(datastore.name, { atMs: this.clock.monotonicMs(), latency })
    return latency
  }

  /** What is known of it without waiting; asks anew where that is old. A read does not wait for vCenter. */
  lastOf(datastore: VmDatastore): DatastoreLatency | undefined {
    void this.latencyOf(datastore)
    return this.#last.get(datastore.name)
  }

  /** Notes whether something may start there, and tells for how long nothing might, all VMs taken together. */
  closedForMs({ name }: VmDatastore, isSlow: boolean): number {
    if (!isSlow) this.#closedSinceMs.delete(name)
    else if (!this.#closedSinceMs.has(name)) this.#closedSinceMs.set(name, this.clock.monotonicMs())
    return isSlow ? this.clock.monotonicMs() - this.#closedSinceMs.get(name)! : 0
  }

  tell(message: string, code: string): void {
    this.#options.onEvent({ type: 'note', level: 'warn', message, code })
  }

  tellOnce(key: string, message: string, code: string): void {
    if (this.#told.has(key)) return
    this.#told.add(key)
    this.tell(message, code)
  }

  /** What was told is told again, should it come back. */
  forget(key: string): boolean {
    return this.#told.delete(key)
  }

  async #ask(datastore: VmDatastore): Promise<DatastoreLatency | undefined> {
    const signal = AbortSignal.any([this.#options.signal, this.#closed.signal])
    const unknown = (why: string) =>
      this.tellOnce(
        `unknown ${datastore.name}`,
        `the latency of datastore ${datastore.name} is not known, so nothing waits for it: ${why}`,
        'latency-unknown',
      )
    try {
      const latency = await this.#options.readLatency(datastore, signal)
      this.#last.set(datastore.name, latency)
      if (latency === undefined) unknown('vSphere has no samples of it')
      return latency
    } catch (error) {
      this.#last.delete(datastore.name)
      if (!signal.aborted) unknown(messageOf(error))
      return undefined
    }
  }

  /** Calls off what is being asked, and waits for it: no question outlives the session. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await Promise.allSettled([...this.#known.values()].map(({ latency }) => latency))
  }
}

export const slowness = (datastore: string, { latencyMs, host }: DatastoreLatency, maxMs: number): string =>
  `datastore ${datastore}: ${latencyMs.toFixed(0)} ms on ${host}, more than ${maxMs} ms`

/** A guard that asks vSphere's own counters. Without limits, or where there are no counters, there is none. */
export async function openLatencyGuard(
  {
    session,
    clock,
    onEvent,
    signal,
  }: Omit<LatencyGuardOptions, 'limits' | 'readLatency'> & { readonly session: Session },
  limits: LatencyLimits | undefined,
): Promise<LatencyGuard | undefined> {
  if (limits === undefined) return undefined
  const off = (why: string): undefined => {
    onEvent({
      type: 'note',
      level: 'warn',
      message: `the latency of datastores is not known, so nothing waits for slow ones: ${why}`,
      code: 'latency-unknown',
    })
  }
  try {
    const counters = await LatencyCounters.find(session, signal)
    if (counters === undefined) return off('this server has no counters for it')
    return new LatencyGuard({
      limits,
      readLatency: ({ ref }, until) => counters.read(ref, until),
      clock,
      onEvent,
      signal,
    })
  } catch (error) {
    signal.throwIfAborted()
    return off(messageOf(error))
  }
}
