import type { Clock } from '@vmkeep/kit'
import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { LabObject } from '../inventory/lab-object.ts'
import type { Session } from '../soap/session.ts'
import type { PropertyFilter } from './property-filter.ts'

export type UpdateSet = DataObject<'UpdateSet'>

/** Objects told in one answer, if the client does not ask for fewer. Source: vim25.md §7.2. Evidence: observed. */
const objectUpdatesMax = 100

export interface WaitOptions {
  /** For ever, if left out. */
  readonly waitMs?: number | undefined
  readonly objectUpdatesMax?: number | undefined
  /** Ends the wait when the client has gone. */
  readonly signal: AbortSignal
}

/**
 * One client's filters and how far it has been told.
 *
 * Each answer has a number. A client that gives the number of the last answer gets what is new; one that gives the number before
 * it did not get that answer, and gets it again; none starts over. Anything else is `InvalidCollectorVersion`.
 */
export class PropertyCollection {
  readonly filters = new Map<string, PropertyFilter>()
  readonly #inventory: Inventory
  readonly #clock: Clock
  readonly #session: Session
  #version = 0
  #last: UpdateSet | undefined
  #cancel = new AbortController()

  constructor(options: { readonly inventory: Inventory; readonly clock: Clock; readonly session: Session }) {
    this.#inventory = options.inventory
    this.#clock = options.clock
    this.#session = options.session
  }

  get refs(): readonly ManagedObjectReference[] {
    return [...this.filters.values()].map(({ ref }) => ref)
  }

  /** What is new, now; `undefined` if nothing is. @throws VimFault `InvalidCollectorVersion` */
  check(version: string | undefined, objectsMax: number = objectUpdatesMax): UpdateSet | undefined {
    const resent = this.#resume(version ?? '')
    return resent ?? this.#collect(Math.min(objectsMax, objectUpdatesMax))
  }

  /** As {@link check}, but waits until there is something, or the time is over. @throws VimFault `RequestCanceled` */
  async wait(version: string | undefined, options: WaitOptions): Promise<UpdateSet | undefined> {
    const resent = this.#resume(version ?? '')
    if (resent !== undefined) return resent
    using change = this.#changes()
    const objectsMax = Math.min(options.objectUpdatesMax ?? objectUpdatesMax, objectUpdatesMax)
    const stop = AbortSignal.any([options.signal, this.#session.ended, this.#cancel.signal])
    const untilMs = options.waitMs === undefined ? Infinity : this.#clock.monotonicMs() + options.waitMs
    for (;;) {
      const updates = this.#collect(objectsMax)
      if (updates !== undefined) return updates
      const leftMs = untilMs - this.#clock.monotonicMs()
      if (leftMs <= 0) return undefined
      await this.#pause(change.next(), leftMs, stop)
      if (this.#session.ended.aborted) throw new VimFault('NotAuthenticated')
      if (stop.aborted) throw new VimFault('RequestCanceled')
    }
  }

  cancel(): void {
    this.#cancel.abort()
    this.#cancel = new AbortController()
  }

  #resume(version: string): UpdateSet | undefined {
    if (version === `${this.#version}`) return undefined
    if (version === '') for (const filter of this.filters.values()) filter.forget()
    else if (version === `${this.#version - 1}` && this.#last !== undefined) return this.#last
    else throw new VimFault('InvalidCollectorVersion')
    return undefined
  }

  #collect(objectsMax: number): UpdateSet | undefined {
    const filterSet: DataObject<'PropertyFilterUpdate'>[] = []
    let truncated = false
    let left = objectsMax
    for (const filter of this.filters.values()) {
      const updates = filter.updates(left)
      truncated ||= updates.truncated
      left -= updates.objectSet.length
      if (updates.objectSet.length > 0) filterSet.push({ filter: filter.ref, objectSet: updates.objectSet })
    }
    if (filterSet.length === 0) return undefined
    this.#last = { version: `${++this.#version}`, filterSet, ...(truncated ? { truncated } : {}) }
    return this.#last
  }

  /** Changes of the inventory, none lost between two looks. */
  #changes(): Disposable & { next(): Promise<void> } {
    let wake: () => void = () => {}
    let seen = Promise.withResolvers<void>()
    const listening = this.#inventory.onChange(() => wake())
    const arm = () => {
      seen = Promise.withResolvers()
      wake = seen.resolve
    }
    arm()
    return {
      next: () => seen.promise.finally(arm),
      [Symbol.dispose]: () => listening[Symbol.dispose](),
    }
  }

  async #pause(change: Promise<void>, waitMs: number, stop: AbortSignal): Promise<void> {
    const over = new AbortController()
    const signal = AbortSignal.any([stop, over.signal])
    const longestMs = 2 ** 31 - 1 // what a timer can hold
    await Promise.race([change, this.#clock.sleep(Math.min(waitMs, longestMs), signal).catch(() => {})])
    over.abort()
  }
}

/** The managed object: the default collector, whose state is each session's own, or one a client created. */
export class PropertyCollector extends LabObject {
  readonly #collectionOf: (session: Session) => PropertyCollection

  constructor(value: string, collectionOf: (session: Session) => PropertyCollection) {
    super('PropertyCollector', value)
    this.#collectionOf = collectionOf
  }

  collection(session: Session): PropertyCollection {
    return this.#collectionOf(session)
  }

  override read(property: string, reader: Session | undefined): unknown {
    if (property !== 'filter') return super.read(property, reader)
    return reader === undefined ? [] : this.collection(reader).refs
  }
}
