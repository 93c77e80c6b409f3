import { FormatError } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { type CondemnedPacks, condemnedBytesMax, decodeCondemnedPacks } from '../formats/condemned-packs.ts'
import { collectionOf, collectionsPrefix, condemnedFinalKey, condemnedListKey } from '../formats/object-names.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { PrefixTable } from './prefix-table.ts'

const released = 0xff_ff_ff_ff
/** The table holds 2 × the list's number, and 1 more once a final says so. */
const listed = (number: number) => 2 * number
const isFinalValue = (value: number | undefined) => value !== undefined && value !== released && value % 2 === 1

interface Finished {
  readonly finished: true
}
interface Unfinished {
  readonly finished: false
  readonly packs: readonly Uint8Array[]
}

/** Which packs collections have condemned: of every list its final, or the list itself while there is no final. */
export class CondemnedLists {
  readonly #objects: ObjectStore
  readonly #repositoryId: Uint8Array
  readonly #controlKey: Uint8Array
  readonly #table = new PrefixTable(1)
  readonly #lists = new Map<number, Finished | Unfinished>()
  #running: Promise<unknown> = Promise.resolve()

  constructor(
    objects: ObjectStore,
    { repositoryId, controlKey }: { repositoryId: Uint8Array; controlKey: Uint8Array },
  ) {
    this.#objects = objects
    this.#repositoryId = repositoryId
    this.#controlKey = controlKey
  }

  /** How many collections have said what goes for good, as far as is known here. */
  get finals(): number {
    return [...this.#lists.values()].filter(({ finished }) => finished).length
  }

  /** The number up to which all lists are known. */
  get known(): number {
    let number = 0
    while (this.#lists.has(number + 1)) number++
    return number
  }

  /** Known lists without a final, ascending, with what they condemn. */
  get unfinished(): { readonly number: number; readonly packs: readonly Uint8Array[] }[] {
    const lists = [...this.#lists].flatMap(([number, list]) => (list.finished ? [] : [{ number, packs: list.packs }]))
    return lists.toSorted((a, b) => a.number - b.number)
  }

  isCondemned(packName: Uint8Array): boolean {
    const value = this.#valueOf(packName)
    return value !== undefined && value !== released
  }

  /** Whether a pack is condemned for good: it may be removed at any time, by anybody. */
  isDoomed(packName: Uint8Array): boolean {
    return isFinalValue(this.#valueOf(packName))
  }

  /**
   * Reads what is new.
   *
   * @throws `repository.object-corrupt` if a list cannot be understood: nobody knows then what may be relied upon
   */
  refresh(signal?: AbortSignal): Promise<void> {
    const run = this.#running.then(
      () => this.#read(signal),
      () => this.#read(signal),
    )
    this.#running = run.catch(() => {})
    return run
  }

  /** What a collector has just published, or found published. */
  learn(published: CondemnedPacks): void {
    if (published.part === 'list') this.#learnList(published)
    else this.#learnFinal(published)
  }

  async #read(signal: AbortSignal | undefined): Promise<void> {
    const found = new Map<number, Set<'list' | 'final'>>()
    for await (const { key } of this.#objects.list(collectionsPrefix, signal)) {
      const name = collectionOf(key)
      if (name === undefined) continue
      const parts = found.get(name.number) ?? new Set()
      found.set(name.number, parts.add(name.part))
    }
    for (const [number, parts] of found) {
      const known = this.#lists.get(number)
      if (known?.finished === true) continue
      const final = parts.has('final') ? await this.read('final', number, signal).catch(onlyFormat) : undefined
      if (final !== undefined) this.learn(final)
      else if (known === undefined) {
        this.learn(await this.#readList(number, signal))
        if (parts.has('final')) this.#lists.set(number, { finished: true }) // it cannot be read: all of the list stays condemned
      }
    }
  }

  /** One of the two objects of a collection, or `undefined` if it is not there. @throws FormatError */
  async read(part: 'list' | 'final', number: number, signal?: AbortSignal): Promise<CondemnedPacks | undefined> {
    const key = part === 'list' ? condemnedListKey(number) : condemnedFinalKey(number)
    const source = await this.#objects.get(key, condemnedBytesMax, signal)
    const expected = { repositoryId: this.#repositoryId, part, number }
    return source && decodeCondemnedPacks(source, expected, this.#controlKey)
  }

  async #readList(number: number, signal: AbortSignal | undefined): Promise<CondemnedPacks> {
    const object = condemnedListKey(number)
    try {
      const list = await this.read('list', number, signal)
      if (list !== undefined) return list
      throw new FormatError('it is missing')
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      throw fail('repository.object-corrupt', { object, reason: error.message }, error)
    }
  }

  #learnList({ number, packs }: CondemnedPacks): void {
    if (this.#lists.has(number)) return
    for (const name of packs) {
      const value = this.#valueOf(name)
      if (value === undefined || value === released || (!isFinalValue(value) && value < listed(number)))
        this.#table.set(prefixOf(name), listed(number))
    }
    this.#lists.set(number, { finished: false, packs })
  }

  #learnFinal({ number, packs }: CondemnedPacks): void {
    const list = this.#lists.get(number)
    if (list?.finished === true) return
    for (const name of list?.packs ?? [])
      if (this.#valueOf(name) === listed(number)) this.#table.set(prefixOf(name), released)
    for (const name of packs) this.#table.set(prefixOf(name), listed(number) + 1)
    this.#lists.set(number, { finished: true })
  }

  #valueOf(packName: Uint8Array): number | undefined {
    return this.#table.find(prefixOf(packName))?.[0]
  }
}

const prefixOf = (packName: Uint8Array) => packName.subarray(0, 16)

function onlyFormat(error: unknown): undefined {
  if (!(error instanceof FormatError)) throw error
}
