import { FormatError } from '@vmkeep/kit'
import { entryBytes } from '../formats/delta.ts'
import { blockBytes, isWhole } from '../formats/index-blocks.ts'
import type { RunNames } from '../formats/index-root.ts'
import {
  entriesPerBlock,
  everyFilterBit,
  fencesPerBlock,
  filterLineOf,
  filterLinesOf,
  lineBytes,
  linesPerBlock,
  segmentBlocksOf,
} from '../formats/segment.ts'
import type { BlockCache, CachedFile } from './block-cache.ts'
import { compareAt, type EntryPrefix } from './entry-prefix.ts'

const readAheadBlocks = 64

/** A segment on this machine. */
export interface OpenSegment extends CachedFile {
  readonly entries: number
}

/** `entry` counts the run's entries; the word is stored length + (type + 16 × compression) × 2^24. */
export type VisitEntry = (packOrdinal: number, offsetBytes: number, word: number, entry: number) => void

/** Segments that ascend and overlap nowhere, used in place, and the packs they count. */
export class Run {
  readonly names: RunNames
  /** The ordinal in the pack table of this process, by row. */
  readonly packs: Uint32Array
  readonly entries: number
  readonly #segments: readonly OpenSegment[]
  readonly #blocks: BlockCache
  /** The first words of all blocks of entries, and where each segment's begin. */
  readonly #fences: Uint32Array
  readonly #firstBlocks: Uint32Array
  readonly #firstEntries: Float64Array

  constructor(names: RunNames, packs: Uint32Array, segments: readonly OpenSegment[], blocks: BlockCache) {
    this.names = names
    this.packs = packs
    this.#segments = segments
    this.#blocks = blocks
    this.#firstBlocks = new Uint32Array(segments.length + 1)
    this.#firstEntries = new Float64Array(segments.length + 1)
    for (const [i, { entries }] of segments.entries()) {
      this.#firstBlocks[i + 1] = this.#firstBlocks[i]! + segmentBlocksOf(entries).itemBlocks
      this.#firstEntries[i + 1] = this.#firstEntries[i]! + entries
    }
    this.entries = this.#firstEntries[segments.length]!
    this.#fences = new Uint32Array(this.#firstBlocks[segments.length]!)
    for (const i of segments.keys()) this.#readFences(i)
  }

  /** Visits every entry with this prefix. */
  find(prefix: EntryPrefix, visit: VisitEntry): void {
    const [word] = prefix
    const fences = this.#fences
    let segment = -1
    for (
      let block = Math.max(0, this.#lowerFence(word) - 1), first = true;
      block < fences.length && (first || fences[block]! <= word);
      block++, first = false
    ) {
      const holder = this.#segmentOf(block, segment)
      if (holder !== segment && !this.#mayHold(holder, prefix)) {
        block = this.#firstBlocks[holder + 1]! - 1
        continue
      }
      segment = holder
      this.#findInBlock(segment, block - this.#firstBlocks[segment]!, prefix, visit)
    }
  }

  /** Visits the entries that `marks` has a bit for, ascending. */
  forEachMarked(marks: Uint8Array, visit: VisitEntry): void {
    for (let segment = 0; segment < this.#segments.length; segment++) {
      const { itemBlocks } = segmentBlocksOf(this.#segments[segment]!.entries)
      for (let block = 0; block < itemBlocks; block++) {
        const first = this.#firstEntries[segment]! + block * entriesPerBlock
        const count = this.#entriesIn(segment, block)
        if (!anyBit(marks, first, count)) continue
        const at = this.#blocks.locate(this.#segments[segment]!, 1 + block)
        for (let i = 0; i < count; i++)
          if (hasBit(marks, first + i)) this.#visitAt(at + i * entryBytes, first + i, visit)
      }
    }
  }

  /** All entries, in order, past the blocks that are kept. */
  cursor(): RunCursor {
    return new RunCursor(this.#segments, this.packs)
  }

  #findInBlock(segment: number, block: number, prefix: EntryPrefix, visit: VisitEntry): void {
    const at = this.#blocks.locate(this.#segments[segment]!, 1 + block)
    const { view } = this.#blocks
    const count = this.#entriesIn(segment, block)
    let low = 0
    for (let high = count; low < high;) {
      const middle = (low + high) >>> 1
      if (compareAt(view, at + middle * entryBytes, prefix) < 0) low = middle + 1
      else high = middle
    }
    const first = this.#firstEntries[segment]! + block * entriesPerBlock
    for (; low < count && compareAt(view, at + low * entryBytes, prefix) === 0; low++)
      this.#visitAt(at + low * entryBytes, first + low, visit)
  }

  /** `visit` must not look anything up: that may take the block away. */
  #visitAt(at: number, entry: number, visit: VisitEntry): void {
    const { view } = this.#blocks
    const pack = this.packs[view.getUint32(at + 16, true)]
    if (pack === undefined) throw new FormatError('an entry counts a pack that its run does not have')
    visit(pack, view.getUint32(at + 20, true), view.getUint32(at + 24, true), entry)
  }

  #mayHold(segment: number, [, second, third, fourth]: EntryPrefix): boolean {
    const open = this.#segments[segment]!
    const line = filterLineOf(third, filterLinesOf(open.entries))
    const filterBlock = 1 + segmentBlocksOf(open.entries).itemBlocks + Math.floor(line / linesPerBlock)
    const at = this.#blocks.locate(open, filterBlock) + (line % linesPerBlock) * lineBytes
    const { view } = this.#blocks
    return everyFilterBit(second, fourth, (byte, bit) => (view.getUint8(at + byte) & bit) !== 0)
  }

  /** The first block whose fence is not below `word`. */
  #lowerFence(word: number): number {
    const fences = this.#fences
    let low = 0
    for (let high = fences.length; low < high;) {
      const middle = (low + high) >>> 1
      if (fences[middle]! < word) low = middle + 1
      else high = middle
    }
    return low
  }

  #segmentOf(block: number, hint: number): number {
    const firsts = this.#firstBlocks
    if (hint >= 0 && block < firsts[hint + 1]!) return hint
    let low = 0
    for (let high = firsts.length - 1; high - low > 1;) {
      const middle = (low + high) >>> 1
      if (firsts[middle]! <= block) low = middle
      else high = middle
    }
    return low
  }

  #entriesIn(segment: number, block: number): number {
    return Math.min(entriesPerBlock, this.#segments[segment]!.entries - block * entriesPerBlock)
  }

  #readFences(segment: number): void {
    const open = this.#segments[segment]!
    const { itemBlocks, filterBlocks } = segmentBlocksOf(open.entries)
    const { view } = this.#blocks
    for (let block = 0; block < itemBlocks; block += fencesPerBlock) {
      const at = this.#blocks.locate(open, 1 + itemBlocks + filterBlocks + block / fencesPerBlock)
      for (let i = 0; i < Math.min(fencesPerBlock, itemBlocks - block); i++)
        this.#fences[this.#firstBlocks[segment]! + block + i] = view.getUint32(at + 4 * i, true)
    }
  }
}

/** Goes through entries in ascending order. Begins before the first. */
export interface EntryCursor {
  /** The current entry lies here; its pack row means nothing. */
  readonly view: DataView
  readonly at: number
  /** The ordinal of its pack in the pack table of this process. */
  readonly pack: number
  /** False at the end. */
  next(): boolean
}

class RunCursor implements EntryCursor {
  readonly #segments: readonly OpenSegment[]
  readonly #packs: Uint32Array
  readonly #buffer = new Uint8Array(readAheadBlocks * blockBytes)
  readonly view = new DataView(this.#buffer.buffer)
  at = 0
  #segment = 0
  #entry = -1
  #bufferFirst = 0
  #bufferEnd = 0

  constructor(segments: readonly OpenSegment[], packs: Uint32Array) {
    this.#segments = segments
    this.#packs = packs
  }

  get pack(): number {
    const pack = this.#packs[this.view.getUint32(this.at + 16, true)]
    if (pack === undefined) throw new FormatError('an entry counts a pack that its run does not have')
    return pack
  }

  next(): boolean {
    this.#entry++
    while (this.#segment < this.#segments.length && this.#entry >= this.#segments[this.#segment]!.entries) {
      this.#segment++
      this.#entry = this.#bufferFirst = this.#bufferEnd = 0
    }
    if (this.#segment >= this.#segments.length) return false
    const block = Math.floor(this.#entry / entriesPerBlock)
    if (block >= this.#bufferEnd) this.#fill(block)
    this.at = (block - this.#bufferFirst) * blockBytes + (this.#entry % entriesPerBlock) * entryBytes
    return true
  }

  #fill(block: number): void {
    const { file, name, entries } = this.#segments[this.#segment]!
    const count = Math.min(readAheadBlocks, segmentBlocksOf(entries).itemBlocks - block)
    const target = this.#buffer.subarray(0, count * blockBytes)
    file.read((1 + block) * blockBytes, target)
    for (let i = 0; i < count; i++)
      if (!isWhole(target.subarray(i * blockBytes, (i + 1) * blockBytes)))
        throw new FormatError(`the checksum of block ${1 + block + i} of ${name} is wrong`)
    this.#bufferFirst = block
    this.#bufferEnd = block + count
  }
}

const hasBit = (bits: Uint8Array, at: number) => (bits[at >>> 3]! & (1 << (at & 7))) !== 0

function anyBit(bits: Uint8Array, first: number, count: number): boolean {
  for (let at = first >>> 3; at <= (first + count - 1) >>> 3; at++) if (bits[at] !== 0) return true
  return false
}
