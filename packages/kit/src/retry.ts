import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

export interface RetryOptions {
  /** Tries in all, the first one included. */
  readonly attemptsMax: number
  /** The wait before the second try; it doubles each time, up to `delayMsMax`, with up to half of it taken off at random. */
  readonly delayMs: number
  readonly delayMsMax?: number
  /** Takes up to the whole wait off at random: for a server that many ask at once. */
  readonly fullJitter?: boolean
  /** The least to wait after `error`, whatever chance says: what a peer asked for. */
  readonly delayMsMin?: (error: unknown) => number
  readonly isRetryable: (error: unknown) => boolean
  readonly onRetry?: (error: unknown, attempt: number, delayMs: number) => void
  readonly clock: Clock
  readonly random: Random
  readonly signal?: AbortSignal | undefined
}

/** Calls `work` until it succeeds, fails for good, or has been tried `attemptsMax` times; then its last error is thrown. */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      options.signal?.throwIfAborted()
      if (attempt >= options.attemptsMax || !options.isRetryable(error)) throw error
      const delayMs = Math.max(backoffMs(attempt, options), options.delayMsMin?.(error) ?? 0)
      options.onRetry?.(error, attempt, delayMs)
      await options.clock.sleep(delayMs, options.signal)
    }
  }
}

function backoffMs(
  attempt: number,
  { delayMs, delayMsMax = 30_000, fullJitter = false, random }: RetryOptions,
): number {
  const fullMs = Math.min(delayMs * 2 ** (attempt - 1), delayMsMax)
  const share = fullJitter ? 1 : 1 / 2 // jitter: a crowd that failed together must not come back together
  return fullMs * (1 - random.fraction() * share)
}
