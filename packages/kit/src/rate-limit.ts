import type { Clock } from './clock.ts'

/** What may be taken at once after a pause, in time: enough that short pauses cost nothing. */
const burstMs = 1000

/** So much a second on average, shared by all who take from it, in the order they ask. */
export class RateLimit {
  readonly #perSecond: number
  readonly #clock: Clock
  /** When all that was taken so far is paid for. */
  #paidMs = -Infinity

  constructor(perSecond: number, clock: Clock) {
    if (!(perSecond > 0)) throw new RangeError(`a rate must be more than 0, not ${perSecond}`)
    this.#perSecond = perSecond
    this.#clock = clock
  }

  /** Waits until what was taken before is paid for, and takes `amount`, which may be more than a second's worth. */
  async take(amount: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const nowMs = this.#clock.monotonicMs()
    const beginMs = Math.max(this.#paidMs, nowMs - burstMs)
    this.#paidMs = beginMs + (amount / this.#perSecond) * 1000
    if (beginMs > nowMs) await this.#clock.sleep(beginMs - nowMs, signal)
  }
}
