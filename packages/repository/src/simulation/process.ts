// One simulated process: how it sees the storage, what its clock says, and what befalls it.
import type { Clock, Random } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { Storage } from '../storage/storage.ts'
import { below, happens, pick } from './quick-random.ts'
import type { Scheduler, Sleeper } from './scheduler.ts'

export const died = new Error('the process died')

const hour = 3_600_000
const year = 365 * 24 * hour

/** What befalls a process. Calls are counted. */
export interface Fortune {
  readonly diesAt: number
  /** It stops for so long that everybody else is done when it goes on. */
  readonly sleepsAt: number
  /** Of its calls, the share that fails before it happens, whose reply is lost after, or that happens once more, much later. */
  readonly trouble: number
  /** How far its clock may be off at first, and jump to at any time. */
  readonly clockErrorsMs: readonly number[]
}

export const honestClock: readonly number[] = [0]
export const wildClock: readonly number[] = [0, 0, 20 * hour, -20 * hour, 3 * 24 * hour, 10 * year, -10 * year]

export function fortuneOf(random: Random, clockErrorsMs: readonly number[]): Fortune {
  return {
    diesAt: happens(random, 0.2) ? below(random, 150) : Infinity,
    sleepsAt: happens(random, 0.15) ? below(random, 120) : Infinity,
    trouble: happens(random, 0.2) ? 0.03 : 0,
    clockErrorsMs,
  }
}

export class SimulatedProcess implements Sleeper {
  asleep = false
  readonly name: string
  readonly clock: Clock
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #fortune: Fortune
  #calls = 0

  constructor(name: string, { scheduler, random, fortune }: ProcessParts) {
    this.name = name
    this.#scheduler = scheduler
    this.#random = random
    this.#fortune = fortune
    this.clock = this.#clock()
  }

  /** `inner`, as this process sees it. */
  sees(inner: Storage): Storage {
    return {
      name: inner.name,
      putNew: (key, bytes, signal) => {
        const put = () => inner.putNew(key, bytes, signal)
        const copy = bytes instanceof Uint8Array ? Uint8Array.from(bytes) : Buffer.concat(bytes)
        return this.#call(key, put, () => void inner.putNew(key, copy))
      },
      get: (key, max, signal) => this.#call(key, () => inner.get(key, max, signal)),
      getRange: (key, at, target, signal) => this.#call(key, () => inner.getRange(key, at, target, signal)),
      getSuffix: (key, max, signal) => this.#call(key, () => inner.getSuffix(key, max, signal)),
      size: (key, signal) => this.#call(key, () => inner.size(key, signal)),
      delete: (key, signal) => this.#call(key, () => inner.delete(key, signal)),
      list: (prefix, signal) => this.#list(inner, prefix, signal),
      [Symbol.asyncDispose]: async () => {},
    }
  }

  async *#list(inner: Storage, prefix: string, signal: AbortSignal | undefined) {
    await this.#call(prefix, async () => {})
    for await (const object of inner.list(prefix, signal)) {
      yield object
      if (happens(this.#random, 0.1)) await this.#call(prefix, async () => {}) // another page
    }
  }

  /** `again`: what arrives if the network delivers the call twice. */
  async #call<T>(key: string, work: () => Promise<T>, again?: () => void): Promise<T> {
    await this.#scheduler.turn(this)
    if (!this.#scheduler.running) return await work()
    if (++this.#calls === this.#fortune.sleepsAt) {
      this.asleep = true
      await this.#scheduler.turn(this)
    }
    if (this.#calls > this.#fortune.diesAt) throw died
    const trouble = this.#random.fraction() / this.#fortune.trouble
    if (trouble < 1 / 3) throw unavailable(key)
    if (trouble < 2 / 3 && again !== undefined) this.#scheduler.later(again)
    const result = await work()
    if (trouble > 2 / 3 && trouble < 1) throw unavailable(key)
    return result
  }

  #clock(): Clock {
    const { clockErrorsMs } = this.#fortune
    let [monotonicMs, errorMs] = [0, pick(this.#random, clockErrorsMs)]
    const tick = () => {
      monotonicMs += below(this.#random, 2000)
      if (happens(this.#random, 0.02)) errorMs = pick(this.#random, clockErrorsMs)
    }
    return {
      nowMs: () => (tick(), Date.UTC(2026, 0, 1) + monotonicMs + errorMs),
      monotonicMs: () => (tick(), monotonicMs),
      sleep: async (durationMs, signal) => {
        signal?.throwIfAborted()
        await this.#scheduler.turn(this)
        signal?.throwIfAborted()
        monotonicMs += durationMs
      },
    }
  }
}

interface ProcessParts {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly fortune: Fortune
}

const unavailable = (key: string) =>
  fail('storage.unavailable', { storage: 'memory', key, reason: 'the network, as simulated' })
