import type { Random } from '@vmkeep/kit'
import { below, happens } from './quick-random.ts'

/** A process, as far as the scheduler cares. */
export interface Sleeper {
  /** Its calls wait until everybody else is done: a machine that was suspended, and wakes late. */
  asleep: boolean
}

interface Waiting {
  readonly of: Sleeper
  readonly go: () => void
}

/** Nothing in the network sleeps. */
const network: Sleeper = { asleep: false }

/**
 * Lets one storage call happen at a time, chosen at random. Nothing else decides what happens when: no timer, no thread, no real
 * storage, so that a seed is a schedule.
 */
export class Scheduler {
  readonly #random: Random
  readonly #waiting: Waiting[] = []
  readonly #beats = new Set<() => void>()
  #running = false

  constructor(random: Random) {
    this.#random = random
  }

  /** Whether calls are put in an order. Before and after, everything happens at once. */
  get running(): boolean {
    return this.#running
  }

  /** Resolves when it is the caller's turn. */
  turn(of: Sleeper): Promise<void> {
    if (!this.#running) return Promise.resolve()
    return new Promise((go) => this.#waiting.push({ of, go }))
  }

  /** Has something happen some time. */
  later(work: () => void): void {
    this.#waiting.push({ of: network, go: work })
  }

  /** A timer: it may strike at any moment, however long its interval. */
  every = (_intervalMs: number, work: () => void): Disposable => {
    this.#beats.add(work)
    return { [Symbol.dispose]: () => void this.#beats.delete(work) }
  }

  /** Goes on until all `actors` are done, and whatever was on its way has arrived. @throws if they wait for each other */
  async run(actors: readonly Promise<void>[]): Promise<void> {
    let active = actors.length
    for (const actor of actors) void actor.finally(() => active--)
    this.#running = true
    await quiet()
    while (active > 0) {
      if (happens(this.#random, 0.04)) this.#beat()
      this.#step(active)
      await quiet()
    }
    this.#running = false
    for (const { go } of this.#waiting.splice(0)) go()
    await quiet()
  }

  #beat(): void {
    const beats = [...this.#beats]
    if (beats.length > 0) beats[below(this.#random, beats.length)]!()
  }

  #step(active: number): void {
    if (this.#waiting.length === 0) throw new Error(`${active} actors wait, and nothing can happen any more`)
    let awake = this.#waiting.filter(({ of }) => !of.asleep)
    if (awake.every(({ of }) => of === network)) {
      for (const { of } of this.#waiting) of.asleep = false // everybody else is done
      awake = this.#waiting
    }
    const next = awake[below(this.#random, awake.length)]!
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    next.go()
  }
}

/**
 * Waits until nobody can go on by himself. A tick comes when no promise is left to settle.
 * Source: Node.js, "The Node.js event loop", process.nextTick(). Evidence: observed.
 */
const quiet = () => new Promise<void>((resolve) => process.nextTick(resolve))
