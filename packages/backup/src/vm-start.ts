import type { Cause } from '@vmkeep/run'
import type { VmDatastore } from '@vmkeep/vsphere'
import { type LatencyGuard, sampleMs, slowness } from './latency-guard.ts'

/** One VM's wait for its datastores. It ends: nobody waits for longer than the patience, whatever the datastores do. */
export class VmStart {
  readonly #guard: LatencyGuard
  readonly #datastores: readonly VmDatastore[]
  readonly #onWait: (detail: string) => void
  readonly #startedMs: number
  readonly #ignored = new Map<string, Cause>()

  constructor(guard: LatencyGuard, datastores: readonly VmDatastore[], onWait: (detail: string) => void) {
    this.#guard = guard
    this.#datastores = datastores
    this.#onWait = onWait
    this.#startedMs = guard.clock.monotonicMs()
  }

  /** What it starts in spite of. */
  get ignored(): readonly Cause[] {
    return [...this.#ignored.values()]
  }

  async untilCalm(signal: AbortSignal): Promise<void> {
    for (;;) {
      const why = await this.whyNotNow()
      if (why === undefined) return
      this.#onWait(why)
      await this.#guard.clock.sleep(sampleMs, signal)
    }
  }

  async whyNotNow(): Promise<string | undefined> {
    const { startMaxMs, patienceMinutes } = this.#guard.limits
    const patienceMs = patienceMinutes * 60_000
    for (const datastore of this.#datastores) {
      const latency = await this.#guard.latencyOf(datastore)
      const isSlow = latency !== undefined && latency.latencyMs > startMaxMs
      const waitedMs = Math.max(this.#guard.closedForMs(datastore, isSlow), isSlow ? this.#waitedMs() : 0)
      if (!isSlow) continue
      const why = slowness(datastore.name, latency, startMaxMs)
      if (waitedMs < patienceMs) return why
      this.#ignored.set(datastore.name, {
        code: 'started-though-slow',
        message: `it was started though slow is ${why}; that has lasted for ${patienceMinutes} minutes`,
      })
    }
    return undefined
  }

  #waitedMs(): number {
    return this.#guard.clock.monotonicMs() - this.#startedMs
  }
}
