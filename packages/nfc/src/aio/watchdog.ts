import type { Clock } from '@vmkeep/kit'

export interface WatchdogOptions {
  readonly timeoutMs: number
  readonly clock: Clock
  /** Whether an answer is due. While none is, silence is fine. */
  readonly isWaiting: () => boolean
  readonly expired: () => void
}

/** Notices a peer that owes an answer and makes no progress. One timer per connection, however many requests. */
export class Watchdog implements Disposable {
  readonly #options: WatchdogOptions
  readonly #stopped = new AbortController()
  #lastMs: number

  constructor(options: WatchdogOptions) {
    this.#options = options
    this.#lastMs = options.clock.monotonicMs()
    this.#watch().catch(() => {}) // rejects when stopped, and only then
  }

  /** There was progress. */
  touch(): void {
    this.#lastMs = this.#options.clock.monotonicMs()
  }

  async #watch(): Promise<void> {
    const { clock, timeoutMs, isWaiting, expired } = this.#options
    for (;;) {
      await clock.sleep(timeoutMs / 4, this.#stopped.signal)
      if (!isWaiting()) this.touch()
      else if (clock.monotonicMs() - this.#lastMs >= timeoutMs) return expired()
    }
  }

  [Symbol.dispose](): void {
    this.#stopped.abort()
  }
}
