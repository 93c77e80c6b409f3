import { fail } from '../errors.ts'
import type { DatastoreObject } from '../inventory/datastore.ts'
import type { World } from '../inventory/world.ts'

/** What every host sees of a datastore. */
export interface Latency {
  readonly readMs: number
  readonly writeMs: number
}

const usual: Latency = { readMs: 2, writeMs: 3 }

/** How slow each datastore was, and since when. */
export class Latencies {
  readonly #world: World
  readonly #known = new Map<string, { readonly sinceMs: number; readonly latency: Latency | undefined }[]>()

  constructor(world: World) {
    this.#world = world
  }

  /** From now on; `undefined`: the hosts count nothing there. @throws `lab.bad-request` */
  set(name: string, latency: Latency | undefined): void {
    if (!this.#world.datastores.some((datastore) => datastore.name === name))
      throw fail('lab.bad-request', { why: `no datastore is called "${name}"` })
    const known = this.#known.get(name) ?? []
    this.#known.set(name, [...known, { sinceMs: this.#world.clock.nowMs(), latency }])
  }

  /** Source: vSAN has counters of its own, in another service. Evidence: inferred. */
  at({ name, store }: DatastoreObject, timeMs: number): Latency | undefined {
    const last = this.#known.get(name)?.findLast(({ sinceMs }) => sinceMs <= timeMs)
    return last === undefined ? (store.type === 'vsan' ? undefined : usual) : last.latency
  }
}
