const halfMemoryMs = 60_000
/** Before this the average is a guess. */
const settledMs = 20_000

/**
 * The recent rate of a growing number: an average over about a minute that forgets exponentially.
 * A pause counts: no growth for a while lowers the rate.
 */
export class Rate {
  #perMs: number | undefined
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
    const perMs = Math.max(0, value - this.#lastValue) / passedMs
    const weight = 1 - Math.exp(-passedMs / halfMemoryMs)
    this.#perMs = this.#perMs === undefined ? perMs : this.#perMs + weight * (perMs - this.#perMs)
    this.#lastMs = nowMs
    this.#lastValue = value
  }

  get perSecond(): number | undefined {
    return this.#perMs === undefined ? undefined : this.#perMs * 1000
  }

  /** How long `remaining` takes at this rate; `undefined` while it is too early to say. */
  remainingMs(remaining: number, nowMs: number): number | undefined {
    if (remaining <= 0) return 0
    if (this.#perMs === undefined || this.#perMs === 0 || nowMs - this.#startMs < settledMs) return undefined
    return remaining / this.#perMs
  }
}
