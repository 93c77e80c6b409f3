const memoryMs = 60_000
/** Before this the rate is a guess. */
const settledMs = 20_000

/**
 * The recent rate of a growing number: its growth over the time, both forgotten exponentially with a minute's memory.
 * At first that is the plain average. A pause counts: no growth for a while lowers the rate.
 */
export class Rate {
  #growth = 0
  #timeMs = 0
  #lastMs: number
  #lastValue: number
  readonly #startMs: number

  constructor(nowMs: number, value = 0) {
    this.#startMs = nowMs
    this.#lastMs = nowMs
    this.#lastValue = value
  }

  update(nowMs: number, value: number): void {
    const passedMs = nowMs - this.#lastMs
    if (passedMs < 100) return // too short to tell a rate by; the next update takes it in
    const kept = Math.exp(-passedMs / memoryMs)
    this.#growth = this.#growth * kept + Math.max(0, value - this.#lastValue)
    this.#timeMs = this.#timeMs * kept + passedMs
    this.#lastMs = nowMs
    this.#lastValue = value
  }

  get perSecond(): number | undefined {
    return this.#timeMs === 0 ? undefined : (this.#growth / this.#timeMs) * 1000
  }

  /** How long `remaining` takes at this rate; `undefined` while it is too early to say, or nothing moves. */
  remainingMs(remaining: number, nowMs: number): number | undefined {
    if (remaining <= 0) return 0
    const { perSecond } = this
    if (perSecond === undefined || perSecond === 0 || nowMs - this.#startMs < settledMs) return undefined
    return (remaining / perSecond) * 1000
  }
}
