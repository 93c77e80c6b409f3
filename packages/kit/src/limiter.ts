/** At most `max` holders at once; the others wait in the order they came. */
export class Limiter {
  readonly #max: number
  #held = 0
  readonly #waiting: (() => void)[] = []

  constructor(max: number) {
    if (!Number.isInteger(max) || max < 1)
      throw new RangeError(`a limit must be a whole number of at least 1, not ${max}`)
    this.#max = max
  }

  get held(): number {
    return this.#held
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Waits for a place. The caller releases it by disposing what it gets.
   *
   * @param onWait called if there is none free now
   * @throws `signal.reason` when aborted while waiting
   */
  async acquire(signal?: AbortSignal, onWait?: () => void): Promise<Disposable> {
    signal?.throwIfAborted()
    if (this.#held < this.#max) this.#held++
    else {
      onWait?.()
      await this.#wait(signal)
    }
    return this.#place()
  }

  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    using _place = await this.acquire(signal)
    return await work()
  }

  #place(): Disposable {
    let released = false
    return {
      [Symbol.dispose]: () => {
        if (released) return
        released = true
        const next = this.#waiting.shift()
        if (next === undefined) this.#held--
        else next() // the place passes on: `held` stays
      },
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal!.reason as Error)
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiting.push(enter)
    })
  }
}

/** One {@link Limiter} per key, e.g. per host or per datastore. */
export class KeyedLimiter {
  readonly #max: number
  readonly #limiters = new Map<string, Limiter>()

  constructor(max: number) {
    this.#max = max
  }

  for(key: string): Limiter {
    const limiter = this.#limiters.get(key) ?? new Limiter(this.#max)
    this.#limiters.set(key, limiter)
    return limiter
  }
}
