import type { Clock } from '@vmkeep/kit'
import type { Asked } from './vddk-process.ts'

interface Entry extends Asked {
  readonly sinceMs: number
  readonly resolve: (given: unknown) => void
  readonly reject: (error: unknown) => void
}

/** How many times its own patience a request waits while others are answered. */
const patienceMax = 4

/** What was asked and not answered yet, and a watch over it that lasts as long as there is something. */
export class Pending {
  readonly #clock: Clock
  readonly #onHung: (silenceMs: number, during: string) => void
  readonly #entries = new Map<number, Entry>()
  #lastAnswerMs = 0
  #next = 1
  #watching = new AbortController()

  constructor(clock: Clock, onHung: (silenceMs: number, during: string) => void) {
    this.#clock = clock
    this.#onHung = onHung
  }

  /** What the request that waits longest is for. */
  get oldest(): string | undefined {
    return this.#entries.values().next().value?.during
  }

  add(asked: Asked): { readonly id: number; readonly given: Promise<unknown> } {
    const id = this.#next++
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const sinceMs = this.#clock.monotonicMs()
    if (this.#entries.size === 0) this.#lastAnswerMs = sinceMs
    this.#entries.set(id, { ...asked, sinceMs, resolve, reject })
    if (this.#entries.size === 1) this.#watch()
    return { id, given: promise }
  }

  take(id: number): Entry | undefined {
    const entry = this.#entries.get(id)
    this.#entries.delete(id)
    this.#lastAnswerMs = this.#clock.monotonicMs()
    if (this.#entries.size === 0) this.#watching.abort()
    return entry
  }

  rejectAll(error: unknown): void {
    const entries = [...this.#entries.values()]
    this.#entries.clear()
    this.#watching.abort()
    for (const { reject } of entries) reject(error)
  }

  #watch(): void {
    this.#watching = new AbortController()
    const { signal } = this.#watching
    const look = async () => {
      while (!signal.aborted) {
        const patienceMs = Math.max(...[...this.#entries.values()].map(({ timeoutMs }) => timeoutMs))
        await this.#clock.sleep(patienceMs / 4, signal)
        const nowMs = this.#clock.monotonicMs()
        const [oldest] = this.#entries.values()
        // One thread serves all: while another one is answered, a request is only in the queue.
        if (
          oldest !== undefined &&
          (nowMs - this.#lastAnswerMs >= patienceMs || nowMs - oldest.sinceMs >= patienceMs * patienceMax)
        )
          return this.#onHung(Math.round(nowMs - oldest.sinceMs), oldest.during)
      }
    }
    look().catch(() => {}) // aborted: there is nothing left to watch over
  }
}
