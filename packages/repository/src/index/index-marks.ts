import type { ChunkIndex } from './chunk-index.ts'
import { prefixOf } from './entry-prefix.ts'
import type { EntryMarks, EntryTable } from './entry-table.ts'
import type { Run, VisitEntry } from './run.ts'

/** Which blobs of the index were met. */
export interface BlobMarks extends Disposable {
  /** `unknown`: the blob is in no pack of the index. */
  add(id: Uint8Array): 'new' | 'known' | 'unknown'
  has(id: Uint8Array): boolean
  /** Every marked blob, where the index found it when it was marked. */
  forEach(visit: (packOrdinal: number, storedBytes: number, offsetBytes: number) => void): void
}

/** Marks one place of each blob: any of them says that it was met. */
export class IndexMarks implements BlobMarks {
  readonly #index: ChunkIndex
  readonly #onDispose: () => void
  readonly #entries: EntryTable
  readonly #ofEntries: EntryMarks
  readonly #ofRuns = new Map<Run, Uint8Array>()

  constructor(index: ChunkIndex, onDispose: () => void) {
    this.#index = index
    this.#entries = index.entries
    this.#ofEntries = this.#entries.marks()
    this.#onDispose = onDispose
  }

  add(id: Uint8Array): 'new' | 'known' | 'unknown' {
    let known = false
    let best = -1
    let mark: () => void = () => {}
    const consider = (ordinal: number, offsetBytes: number, isMarked: boolean, markIt: () => void) => {
      known ||= isMarked
      const rank = this.#index.rankAt(ordinal, offsetBytes)
      if (rank <= best) return
      best = rank
      mark = markIt
    }
    this.#visit(id, (bits, ordinal, entry, offsetBytes) =>
      bits === undefined
        ? consider(ordinal, offsetBytes, this.#ofEntries.has(entry), () => void this.#ofEntries.add(entry))
        : consider(ordinal, offsetBytes, hasBit(bits, entry), () => (bits[entry >>> 3]! |= 1 << (entry & 7))),
    )
    if (known) return 'known'
    if (best < 0) return 'unknown'
    mark()
    return 'new'
  }

  has(id: Uint8Array): boolean {
    let found = false
    this.#visit(
      id,
      (bits, _, entry) => (found ||= bits === undefined ? this.#ofEntries.has(entry) : hasBit(bits, entry)),
    )
    return found
  }

  forEach(visit: (packOrdinal: number, storedBytes: number, offsetBytes: number) => void): void {
    const visitPlace: VisitEntry = (ordinal, offsetBytes, word) => visit(ordinal, word & 0xff_ff_ff, offsetBytes)
    this.#ofEntries.forEach(visitPlace)
    for (const [run, bits] of this.#ofRuns) run.forEachMarked(bits, visitPlace)
  }

  [Symbol.dispose](): void {
    this.#ofEntries[Symbol.dispose]()
    this.#onDispose()
  }

  #visit(id: Uint8Array, visit: VisitMarked): void {
    this.#entries.find(id, (ordinal, offsetBytes, _, entry) => visit(undefined, ordinal, entry, offsetBytes))
    if (this.#index.runs.length === 0) return
    const prefix = prefixOf(id)
    for (const run of this.#index.runs) {
      const bits = this.#bitsOf(run)
      run.find(prefix, (ordinal, offsetBytes, _, entry) => visit(bits, ordinal, entry, offsetBytes))
    }
  }

  #bitsOf(run: Run): Uint8Array {
    const known = this.#ofRuns.get(run)
    if (known !== undefined) return known
    const bits = new Uint8Array(Math.ceil(run.entries / 8))
    this.#ofRuns.set(run, bits)
    return bits
  }
}

/** `bits`: the marks of its run, or nothing for an entry in memory. */
type VisitMarked = (bits: Uint8Array | undefined, ordinal: number, entry: number, offsetBytes: number) => void

const hasBit = (bits: Uint8Array, at: number) => (bits[at >>> 3]! & (1 << (at & 7))) !== 0
