import { FormatError } from '@vmkeep/kit'
import { entryBytes } from './delta.ts'
import {
  blockBytes,
  blockRoomBytes,
  encodeBlocked,
  type IndexFooter,
  indexKind,
  type IndexObjectIdentity,
  sealBlock,
} from './index-blocks.ts'

// docs/formats/repository.md §6.1.

export const entriesPerBlock = Math.floor(blockRoomBytes / entryBytes)
/** One segment is held in memory while it is made or fetched: 32 MiB. */
export const segmentEntriesMax = 2 ** 20
export const fencesPerBlock = blockRoomBytes / 4
export const lineBytes = 64
export const linesPerBlock = Math.floor(blockRoomBytes / lineBytes)
const lineBits = lineBytes * 8
const bitsPerEntry = 10
const probes = 7

/** How many lines the filter of so many entries has. */
export const filterLinesOf = (entries: number): number => Math.ceil((entries * bitsPerEntry) / lineBits)

export interface SegmentBlocks {
  readonly itemBlocks: number
  readonly filterBlocks: number
  readonly fenceBlocks: number
  readonly total: number
}

/** How many blocks each section of a segment has. */
export function segmentBlocksOf(entries: number): SegmentBlocks {
  const itemBlocks = Math.ceil(entries / entriesPerBlock)
  const filterBlocks = Math.ceil(filterLinesOf(entries) / linesPerBlock)
  const fenceBlocks = Math.ceil(itemBlocks / fencesPerBlock)
  return { itemBlocks, filterBlocks, fenceBlocks, total: itemBlocks + filterBlocks + fenceBlocks }
}

export const segmentBytesMax = (2 + segmentBlocksOf(segmentEntriesMax).total) * blockBytes

/** @throws FormatError if the sections are not those of so many entries */
export function checkSegmentFooter(footer: IndexFooter): void {
  const { itemBlocks, filterBlocks, fenceBlocks } = segmentBlocksOf(footer.items)
  const fits =
    footer.items <= segmentEntriesMax &&
    itemBlocks === footer.itemBlocks &&
    filterBlocks === footer.filterBlocks &&
    fenceBlocks === footer.fenceBlocks
  if (!fits) throw new FormatError(`its sections are not those of ${footer.items} entries`)
}

/** Where in the filter an entry's line is, and its bits: from the words of its prefix that do not choose its place. */
export const filterLineOf = (thirdWord: number, lines: number): number => Math.floor((thirdWord / 2 ** 32) * lines)

/** Visits the bits of an entry within its line until `visit` says false. Tells whether it never did. */
export function everyFilterBit(
  secondWord: number,
  fourthWord: number,
  visit: (byte: number, bit: number) => boolean,
): boolean {
  const step = secondWord | 1
  for (let i = 0, at = fourthWord; i < probes; i++, at = (at + step) >>> 0) {
    const place = at >>> 23 // the upper nine bits: 512 places
    if (!visit(place >>> 3, 1 << (place & 7))) return false
  }
  return true
}

/** Takes entries in ascending order, and makes a segment of them. */
export class SegmentBuilder {
  #blocks = new Uint8Array(4 * blockBytes)
  #view = new DataView(this.#blocks.buffer)
  entries = 0

  get isFull(): boolean {
    return this.entries >= segmentEntriesMax
  }

  /** Adds the entry of 28 bytes at `at` of `source`, with another pack row. */
  add(source: DataView, at: number, packRow: number): void {
    const to = this.#placeOf(this.entries++)
    if (to + blockBytes > this.#blocks.length) this.#grow()
    for (let word = 0; word < entryBytes; word += 4) this.#view.setUint32(to + word, source.getUint32(at + word))
    this.#view.setUint32(to + 16, packRow, true)
  }

  /** Begins the next segment in the same memory: what `finish` gave is void. */
  clear(): void {
    this.entries = 0
  }

  /** The object, in pieces. Nothing may be added until `clear`. */
  finish(identity: IndexObjectIdentity, indexKey: Uint8Array): Uint8Array[] {
    const { itemBlocks, filterBlocks, fenceBlocks } = segmentBlocksOf(this.entries)
    const items = this.#blocks.subarray(0, itemBlocks * blockBytes)
    if (this.entries % entriesPerBlock > 0) items.fill(0, this.#placeOf(this.entries)) // of the segment before
    const filter = new Uint8Array(filterBlocks * blockBytes)
    const fences = new Uint8Array(fenceBlocks * blockBytes)
    this.#fillFilter(filter)
    this.#fillFences(fences, itemBlocks)
    const sections = [items, filter, fences]
    for (const section of sections)
      for (let at = 0; at < section.length; at += blockBytes) sealBlock(section.subarray(at, at + blockBytes))
    const counts = { items: this.entries, itemBlocks, filterBlocks, fenceBlocks }
    return encodeBlocked(indexKind.segment, identity, sections, counts, indexKey)
  }

  #fillFilter(filter: Uint8Array): void {
    const lines = filterLinesOf(this.entries)
    for (let i = 0; i < this.entries; i++) {
      const at = this.#placeOf(i)
      const line = filterLineOf(this.#view.getUint32(at + 8), lines)
      const lineAt = Math.floor(line / linesPerBlock) * blockBytes + (line % linesPerBlock) * lineBytes
      everyFilterBit(this.#view.getUint32(at + 4), this.#view.getUint32(at + 12), (byte, bit) => {
        filter[lineAt + byte]! |= bit
        return true
      })
    }
  }

  #fillFences(fences: Uint8Array, itemBlocks: number): void {
    const view = new DataView(fences.buffer)
    for (let block = 0; block < itemBlocks; block++)
      view.setUint32(fenceAt(block), this.#view.getUint32(block * blockBytes), true)
  }

  #placeOf(entry: number): number {
    return Math.floor(entry / entriesPerBlock) * blockBytes + (entry % entriesPerBlock) * entryBytes
  }

  #grow(): void {
    const larger = new Uint8Array(this.#blocks.length * 2)
    larger.set(this.#blocks)
    this.#blocks = larger
    this.#view = new DataView(larger.buffer)
  }
}

const fenceAt = (block: number) => Math.floor(block / fencesPerBlock) * blockBytes + (block % fencesPerBlock) * 4
