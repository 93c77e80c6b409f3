import type { Clock } from './clock.ts'

/** A clock that stands still until told. `sleep` returns at once and moves it: tests wait for nothing. */
export function fakeClock(startMs = Date.UTC(2026, 0, 1)): Clock & { advance(byMs: number): void } {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    async sleep(durationMs, signal) {
      signal?.throwIfAborted()
      await new Promise(setImmediate) // others get their turn, as they would while a real clock runs
      nowMs += durationMs
    },
    advance(byMs) {
      nowMs += byMs
    },
  }
}
