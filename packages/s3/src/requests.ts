import { type Clock, Limiter, type Random, retry } from '@vmkeep/kit'
import { AppError } from '@vmkeep/kit'
import { repositoryFail } from '@vmkeep/repository'
import { type S3Request, s3Failure } from './failure.ts'
import type { RequestClass, RequestCounts } from './request-counts.ts'

const delayMs = 200
const delayMsMax = 20_000
/** A line slower than this cannot carry a backup: a request gets that much longer for its bytes. */
const bytesPerSecondMin = 64 * 1024

export interface RequestOptions {
  readonly name: string
  readonly region: string
  readonly connectionsMax: number
  /** How long a request without bytes may take. */
  readonly timeoutMs: number
  readonly attemptsMax: number
  readonly clock: Clock
  readonly random: Random
}

/** One request, as {@link Requests.send} carries it out. */
export interface Sending<T> {
  readonly kind: RequestClass
  /** In S3's words, for messages. */
  readonly request: string
  readonly key: string
  /** Bytes to send: they make the deadline longer. */
  readonly sizeBytes?: number
  readonly signal: AbortSignal | undefined
  /** Called before every try but the first. */
  readonly onRetry?: () => void
  /** Asks once, and reads the whole answer, until the signal it gets says stop. Tells of progress, so that only a standstill ends it. */
  readonly once: (signal: AbortSignal, onProgress: () => void) => Promise<T>
}

/** Sends requests: a bounded number at once, each with a deadline, again with jitter when something passing was in the way, and counted. */
export class Requests {
  readonly #options: RequestOptions
  readonly #places: Limiter
  readonly #counts = { put: 0, get: 0, list: 0, head: 0, delete: 0, retries: 0, bytesUp: 0, bytesDown: 0 }

  constructor(options: RequestOptions) {
    this.#options = options
    this.#places = new Limiter(options.connectionsMax)
  }

  get counts(): RequestCounts {
    return { ...this.#counts }
  }

  countBytes(direction: 'bytesUp' | 'bytesDown', sizeBytes: number): void {
    this.#counts[direction] += sizeBytes
  }

  /** @throws what {@link s3Failure} makes of the last try's error; `signal.reason` on abort */
  async send<T>(sending: Sending<T>): Promise<T> {
    const { attemptsMax, clock, random } = this.#options
    const { signal, onRetry } = sending
    signal?.throwIfAborted()
    return await retry(() => this.#try(sending), {
      attemptsMax,
      delayMs,
      delayMsMax,
      fullJitter: true,
      delayMsMin: (error) => Number((error as AppError).details['retryAfterMs'] ?? 0),
      isRetryable: (error) => error instanceof AppError && error.remedy === 'retry',
      onRetry: () => {
        this.#counts.retries++
        onRetry?.()
      },
      clock,
      random,
      signal,
    })
  }

  async #try<T>(sending: Sending<T>): Promise<T> {
    const { kind, request, key, signal, sizeBytes = 0, once } = sending
    const { name, region, clock, timeoutMs } = this.#options
    using _place = await this.#places.acquire(signal)
    this.#counts[kind]++
    const limitMs = timeoutMs + (sizeBytes / bytesPerSecondMin) * 1000
    using deadline = new Deadline(clock, limitMs)
    try {
      const stop = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal])
      return await once(stop, () => deadline.progress())
    } catch (error) {
      signal?.throwIfAborted()
      const about: S3Request = { storage: name, key, request, region }
      if (!deadline.signal.aborted) throw s3Failure(error, about, clock.nowMs())
      const reason = `no answer to ${request} for ${Math.round(limitMs / 1000)} s`
      throw repositoryFail('storage.unavailable', { storage: name, key, reason })
    }
  }
}

/** A signal that says stop when `limitMs` have passed since the start or the last progress, unless disposed before. */
class Deadline implements Disposable {
  readonly #over = new AbortController()
  readonly #done = new AbortController()
  readonly #clock: Clock
  #sinceMs: number

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock
    this.#sinceMs = clock.monotonicMs()
    this.#watch(limitMs).catch(() => {}) // disposed
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  progress(): void {
    this.#sinceMs = this.#clock.monotonicMs()
  }

  [Symbol.dispose](): void {
    this.#done.abort()
  }

  async #watch(limitMs: number): Promise<void> {
    for (let leftMs = limitMs; leftMs > 0; leftMs = this.#sinceMs + limitMs - this.#clock.monotonicMs())
      await this.#clock.sleep(leftMs, this.#done.signal)
    this.#over.abort(new Error('deadline'))
  }
}
