import type { Clock } from '@vmkeep/kit'

/**
 * The lab's own time: another clock, moved forward on demand.
 *
 * Moving it makes sessions idle, tasks old and leases late without anybody waiting.
 */
export class LabClock implements Clock {
  readonly #clock: Clock
  #aheadMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nowMs(): number {
    return this.#clock.nowMs() + this.#aheadMs
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs() + this.#aheadMs
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.#clock.sleep(durationMs, signal)
  }

  /** Moves time forward. It never goes back: sessions and tasks would come alive again. */
  advance(byMs: number): void {
    this.#aheadMs += Math.max(0, byMs)
  }

  /** Now, as vSphere writes it on the wire. */
  timestamp(): string {
    return new Date(this.nowMs()).toISOString()
  }
}
