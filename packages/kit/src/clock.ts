import { setTimeout as sleep } from 'node:timers/promises'

/** Time as an argument, so that a test owns it. */
export interface Clock {
  /** Milliseconds since 1970, UTC. May jump. */
  nowMs(): number
  /** Milliseconds since some start. Never goes back. */
  monotonicMs(): number
  /** Resolves after `durationMs`; rejects with `signal.reason` when aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(durationMs, signal) {
    signal?.throwIfAborted()
    try {
      await sleep(durationMs, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      signal?.throwIfAborted() // the caller's own reason, not Node's AbortError around it
      throw error
    }
  },
}
