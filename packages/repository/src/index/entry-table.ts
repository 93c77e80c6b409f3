import { entryBytes } from '../formats/delta.ts'
import type { EntryCursor } from './run.ts'
import { prefixWords, readWords, shards, type SlotBits, TableShard } from './table-shard.ts'

const stride = prefixWords + 3
/** How many entries are sorted at once. */
const sortedAtOnce = 2 ** 19

/** Where a copy of a blob lies. `entry` tells it from every other until the table changes. */
export type VisitPlace = (packOrdinal: number, offsetBytes: number, word: number, entry: number) => void

/**
 * Entries that are in no segment yet, in memory: about 33 bytes each, and as much again for growth. A blob may lie in several packs; all of its
 * places are kept, since any one may vanish.
 */
export class EntryTable {
  readonly #shards: readonly TableShard[]

  constructor() {
    const free = new Uint32Array(stride)
    this.#shards = Array.from({ length: shards }, () => new TableShard(free))
  }

  get size(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.size, 0)
  }

  get bytes(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.words.byteLength, 0)
  }

  /** Makes room for `entries` more, at once. A few find it by themselves. */
  reserve(entries: number): void {
    if (entries < shards) return
    for (const shard of this.#shards) shard.reserve(shard.size + Math.ceil((entries / shards) * 1.05))
  }

  /** Adds a place, behind those known. A pack has one place for a blob. */
  add(prefix: Uint8Array, packOrdinal: number, offsetBytes: number, word: number): void {
    const shard = this.#shardOf(prefix)
    const key = readWords(prefix)
    for (const at of shard.placesOf(key)) if (shard.words[at + prefixWords] === packOrdinal + 1) return
    shard.reserve(shard.size + 1)
    const at = shard.locateFree(key)
    shard.words.set(key, at)
    shard.words.set([packOrdinal + 1, offsetBytes, word], at + prefixWords)
    shard.size++
  }

  /** Adds a place, or takes one that is known, and has it visited first. */
  addFirst(prefix: Uint8Array, packOrdinal: number, offsetBytes: number, word: number): void {
    this.add(prefix, packOrdinal, offsetBytes, word)
    const { words, places } = this.#at(prefix)
    const [first, ...rest] = places
    const ours = rest.find((at) => words[at + prefixWords] === packOrdinal + 1)
    if (first === undefined || ours === undefined) return
    const moved = words.slice(first + prefixWords, first + stride)
    words.copyWithin(first + prefixWords, ours + prefixWords, ours + stride)
    words.set(moved, ours + prefixWords)
  }

  find(prefix: Uint8Array, visit: VisitPlace): void {
    const index = shardIndexOf(prefix)
    const shard = this.#shards[index]!
    const { words } = shard
    for (const at of shard.placesOf(readWords(prefix)))
      visit(words[at + 4]! - 1, words[at + 5]!, words[at + 6]!, shard.slotOf(at) * shards + index)
  }

  /** A mark per entry, none set, that follows the entries when the table grows. Dispose it. */
  marks(): EntryMarks {
    const bits: SlotBits[] = this.#shards.map((shard) => shard.addBits())
    return {
      add: (entry) => bits[entry % shards]!.add(Math.floor(entry / shards)),
      has: (entry) => bits[entry % shards]!.has(Math.floor(entry / shards)),
      forEach: (visit) => {
        for (const [i, shard] of this.#shards.entries())
          for (const at of shard.places()) {
            const slot = shard.slotOf(at)
            const { words } = shard
            if (bits[i]!.has(slot)) visit(words[at + 4]! - 1, words[at + 5]!, words[at + 6]!, slot * shards + i)
          }
      },
      [Symbol.dispose]: () => {
        for (const [i, shard] of this.#shards.entries()) shard.removeBits(bits[i]!)
      },
    }
  }

  /** The entries of the chosen packs alone, in a table of their own. */
  filtered(chooses: (packOrdinal: number) => boolean): EntryTable {
    const table = new EntryTable()
    for (const [i, shard] of this.#shards.entries()) {
      const { words } = shard
      for (const at of shard.places()) if (chooses(words[at + prefixWords]! - 1)) table.#insert(i, words, at)
    }
    return table
  }

  /** The entries of the chosen packs in ascending order. A pack that is chosen must not change while the cursor is in use. */
  cursor(chooses: (packOrdinal: number) => boolean): EntryCursor {
    return new SortedCursor((part, parts) => this.#sorted(chooses, part, parts), this.size)
  }

  #insert(shardIndex: number, words: Uint32Array, at: number): void {
    const shard = this.#shards[shardIndex]!
    shard.reserve(shard.size + 1)
    const key = [words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!] as const
    shard.words.set(words.subarray(at, at + stride), shard.locateFree(key))
    shard.size++
  }

  /** Records of 28 bytes, whose pack row is the ordinal: those in the `part`-th of `parts` equal ranges of prefixes. */
  #sorted(chooses: (packOrdinal: number) => boolean, part: number, parts: number): DataView {
    const chosen: [shard: TableShard, at: number][] = []
    for (const shard of this.#shards)
      for (const at of shard.places()) {
        const leading = swapped(shard.words[at]!)
        if (Math.floor((leading / 2 ** 32) * parts) === part && chooses(shard.words[at + prefixWords]! - 1))
          chosen.push([shard, at])
      }
    const order = new Float64Array(chosen.length) // sorts by the first word, and says whose it is
    chosen.forEach(([{ words }, at], i) => (order[i] = swapped(words[at]!) * 2 ** 21 + i))
    order.sort()
    const records = new DataView(new ArrayBuffer(chosen.length * entryBytes))
    order.forEach((value, i) => {
      const [{ words }, at] = chosen[value % 2 ** 21]!
      for (let word = 0; word < stride; word++) records.setUint32(i * entryBytes + 4 * word, words[at + word]!, true)
      records.setUint32(i * entryBytes + 16, words[at + prefixWords]! - 1, true)
    })
    settleTies(records)
    return records
  }

  #at(prefix: Uint8Array): { words: Uint32Array; places: number[] } {
    const shard = this.#shardOf(prefix)
    return { words: shard.words, places: [...shard.placesOf(readWords(prefix))] }
  }

  #shardOf(prefix: Uint8Array): TableShard {
    return this.#shards[shardIndexOf(prefix)]!
  }
}

/** Which entries of a table were met. */
export interface EntryMarks extends Disposable {
  /** Whether it was not there. */
  add(entry: number): boolean
  has(entry: number): boolean
  forEach(visit: VisitPlace): void
}

class SortedCursor implements EntryCursor {
  readonly #sorted: (part: number, parts: number) => DataView
  readonly #parts: number
  #part = -1
  view: DataView = new DataView(new ArrayBuffer(0))
  at = 0

  constructor(sorted: (part: number, parts: number) => DataView, entries: number) {
    this.#sorted = sorted
    this.#parts = Math.ceil(entries / sortedAtOnce)
  }

  get pack(): number {
    return this.view.getUint32(this.at + 16, true)
  }

  next(): boolean {
    this.at += entryBytes
    while (this.at + entryBytes > this.view.byteLength) {
      if (++this.#part >= this.#parts) return false
      this.view = this.#sorted(this.#part, this.#parts)
      this.at = 0
    }
    return true
  }
}

/** Orders neighbours whose first words are equal: few, and rarely more than two. */
function settleTies(records: DataView): void {
  const bytes = Buffer.from(records.buffer)
  const recordAt = (i: number) => bytes.subarray(i * entryBytes, (i + 1) * entryBytes)
  const count = bytes.length / entryBytes
  for (let first = 0, end = 1; first < count; first = end++) {
    while (end < count && records.getUint32(end * entryBytes) === records.getUint32(first * entryBytes)) end++
    if (end - first < 2) continue
    const sorted = Array.from({ length: end - first }, (_, i) => Buffer.from(recordAt(first + i))).toSorted((a, b) =>
      Buffer.compare(a.subarray(0, 4 * prefixWords), b.subarray(0, 4 * prefixWords)),
    )
    sorted.forEach((record, i) => record.copy(bytes, (first + i) * entryBytes))
  }
}

const shardIndexOf = (prefix: Uint8Array) => prefix[4 * prefixWords - 1]! % shards // the last byte: the first four choose the slot

/** A word read in the other byte order. */
const swapped = (word: number) =>
  ((word << 24) | ((word & 0xff_00) << 8) | ((word >>> 8) & 0xff_00) | (word >>> 24)) >>> 0
