import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '@vmkeep/kit'

/** Time that moves when told, whatever the machine does meanwhile. */
export class ManualClock implements Clock {
  #nowMs = 0
  readonly #sleepers = new Set<{ readonly dueMs: number; readonly wake: () => void }>()
  /** How often somebody went to sleep. */
  sleeps = 0

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    this.sleeps++
    return new Promise((resolve, reject) => {
      const sleeper = { dueMs: this.#nowMs + durationMs, wake: resolve }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper)
        reject(signal.reason as Error)
      })
    })
  }

  /** Moves on in small steps, and gives everybody a turn after each. */
  async advance(durationMs: number): Promise<void> {
    for (let step = 0; step < 20; step++) {
      this.#nowMs += durationMs / 20
      for (const sleeper of this.#sleepers) {
        if (sleeper.dueMs > this.#nowMs) continue
        this.#sleepers.delete(sleeper)
        sleeper.wake()
      }
      await turn()
    }
  }
}
