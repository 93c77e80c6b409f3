import { LabObject } from '../inventory/lab-object.ts'

/** Something that happened, with a number that grows. */
export interface Recorded<T> {
  readonly sequence: number
  readonly item: T
}

/** What happened, oldest first. Keeps so many and forgets the oldest: memory stays bounded. */
export class HistoryRecord<T> {
  readonly #kept: Recorded<T>[] = []
  readonly #keptMax: number
  #sequence = 0

  constructor(keptMax: number) {
    this.#keptMax = keptMax
  }

  add(item: T): void {
    this.#kept.push({ sequence: ++this.#sequence, item })
    if (this.#kept.length > this.#keptMax) this.#kept.shift()
  }

  get all(): readonly Recorded<T>[] {
    return this.#kept
  }

  get last(): T | undefined {
    return this.#kept.at(-1)?.item
  }
}

export interface HistoryCollectorOptions<T, Shown> {
  readonly filter: unknown
  readonly record: HistoryRecord<T>
  readonly matches: (item: T) => boolean
  /** What the client gets of an item. */
  readonly shown: (item: T) => Shown
}

const pageSizeMax = 1000 // what vSphere allows for one page

/**
 * A client's place in a history: it reads forwards from the oldest, or backwards from the newest.
 * Source: vSphere Web Services API 8.0, HistoryCollector. Evidence: documented; the place it starts at, observed (public samples).
 */
export abstract class HistoryCollector<T, Shown> extends LabObject {
  readonly filter: unknown
  readonly #record: HistoryRecord<T>
  readonly #matches: (item: T) => boolean
  readonly #shown: (item: T) => Shown
  #pageSize = 10
  /** The sequence of the last item behind the place; `undefined` until it has been moved. */
  #place: number | undefined

  constructor(
    type: 'TaskHistoryCollector' | 'EventHistoryCollector',
    value: string,
    options: HistoryCollectorOptions<T, Shown>,
  ) {
    super(type, value)
    this.filter = options.filter
    this.#record = options.record
    this.#matches = options.matches
    this.#shown = options.shown
  }

  /** The newest page, newest first. */
  get latestPage(): readonly Shown[] {
    return this.#items()
      .slice(-this.#pageSize)
      .toReversed()
      .map(({ item }) => this.#shown(item))
  }

  setPageSize(size: number): void {
    this.#pageSize = Math.max(1, Math.min(size, pageSizeMax))
  }

  /** To the oldest. */
  rewind(): void {
    this.#place = 0
  }

  /** To just before the newest page. */
  reset(): void {
    this.#place = (this.#items().at(-this.#pageSize)?.sequence ?? 1) - 1
  }

  readNext(countMax: number): Shown[] {
    const place = this.#place ?? 0
    const page = this.#items()
      .filter(({ sequence }) => sequence > place)
      .slice(0, pageOf(countMax))
    this.#place = page.at(-1)?.sequence ?? place
    return page.map(({ item }) => this.#shown(item))
  }

  readPrevious(countMax: number): Shown[] {
    const place = this.#place ?? Infinity
    const older = this.#items()
      .filter(({ sequence }) => sequence <= place)
      .toReversed()
    const page = older.slice(0, pageOf(countMax))
    const last = page.at(-1)
    if (last !== undefined) this.#place = last.sequence - 1
    return page.map(({ item }) => this.#shown(item))
  }

  #items(): readonly Recorded<T>[] {
    return this.#record.all.filter(({ item }) => this.#matches(item))
  }
}

const pageOf = (countMax: number): number => Math.max(0, Math.min(countMax, pageSizeMax))
