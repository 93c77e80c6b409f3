import type { DeltaEntries, PackRow } from '../formats/delta.ts'
import { packKey, packNameOf } from '../formats/object-names.ts'
import { EntryTable } from './entry-table.ts'
import { prefixOf } from './entry-prefix.ts'
import { type BlobMarks, IndexMarks } from './index-marks.ts'
import { type Condemned, type DataKeys, type IndexedPack, PackTable, rank } from './pack-table.ts'
import type { Run, VisitEntry } from './run.ts'
import type { LostPlaces } from '../lost/lost-copies.ts'

export type { BlobMarks } from './index-marks.ts'
export type { Condemned, IndexedPack } from './pack-table.ts'

/** Who knows what may be relied upon. */
export interface IndexAdvice {
  readonly condemned: Condemned
  readonly dataKeys: DataKeys
  readonly lost: LostPlaces
}

export interface BlobLocation {
  readonly pack: IndexedPack
  readonly offsetBytes: number
  readonly storedBytes: number
  readonly type: number
}

/** Where a blob lies: its pack by ordinal, and the word that an entry of the index has of it. */
export interface BlobPlace {
  readonly ordinal: number
  readonly offsetBytes: number
  readonly word: number
}

/** A blob, and where it lies in its pack. */
interface PlacedBlob {
  readonly id: Uint8Array
  readonly offsetBytes: number
  readonly storedBytes: number
  readonly type: number
}

/** A damaged copy: better than none. */
const rankLost = 0.5

/** Which blob lies where: what is in no run yet in memory, and under it the runs, used in place. */
export class ChunkIndex {
  readonly table: PackTable
  #entries = new EntryTable()
  #runs: readonly Run[] = []
  /** Runs that were replaced, and on which marks hang. */
  #keptRuns: readonly Run[] = []
  readonly #marks = new Set<IndexMarks>()
  #purgeDue = false
  readonly #lost: LostPlaces

  constructor({
    condemned = { isCondemned: () => false, isDoomed: () => false },
    dataKeys = { knows: () => true },
    lost = { isEmpty: true, isLost: () => false },
  }: Partial<IndexAdvice> = {}) {
    this.#lost = lost
    this.table = new PackTable(condemned, dataKeys)
  }

  /** Every pack it knows. A repository may have more than a million. */
  get packs(): IndexedPack[] {
    return Array.from({ length: this.table.count }, (_, ordinal) => this.table.at(ordinal))
  }

  get runs(): readonly Run[] {
    return this.#runs
  }

  /** What is in no run. */
  get entries(): EntryTable {
    return this.#entries
  }

  /** Whether a pack that a delta names is not there, or not of the size it should have, and was not meant to go. */
  get hasLostPacks(): boolean {
    const { table } = this
    for (let i = 0; i < table.count; i++)
      if (table.hasRow(i) && table.rankOf(i) < rank.condemned && !table.isCondemned(i)) return true
    return false
  }

  /** Whether nothing is known to be lost or damaged: then whatever was found whole, and was needed ever since, still is there. */
  get isWhole(): boolean {
    return this.#lost.isEmpty && !this.hasLostPacks
  }

  packOf(key: string): IndexedPack | undefined {
    const name = packNameOf(key)
    const ordinal = name && this.table.ordinalOf(name)
    return ordinal === undefined ? undefined : this.table.at(ordinal)
  }

  /** Adds what a delta says, and returns its packs. `since`: when its session began, in seconds. */
  addDelta(rows: readonly PackRow[], entries: DeltaEntries, since = 0): number[] {
    const ordinals = rows.map((row) => this.table.addRow(row, since))
    this.#entries.reserve(entries.length)
    for (let i = 0; i < entries.length; i++) {
      const ordinal = ordinals[entries.packOf(i)]!
      if (this.table.isInRun(ordinal)) continue // this delta was folded
      const word = entries.storedBytesOf(i) + entries.typeOf(i) * 2 ** 24
      this.#entries.add(entries.prefixOf(i), ordinal, entries.offsetBytesOf(i), word)
    }
    return ordinals
  }

  /** Adds a pack by itself; its blobs are added by `add`. */
  addPack(name: Uint8Array, state: 'pending' | 'live' | 'doubtful', since = 0): IndexedPack {
    return this.table.at(this.table.add(name, state, since))
  }

  add(pack: IndexedPack, { id, offsetBytes, storedBytes, type }: PlacedBlob): void {
    this.#entries.add(id, pack.ordinal, offsetBytes, storedBytes + type * 2 ** 24)
  }

  /** Where a blob lies, as far as known: of several places the one most to be relied upon, and then the first. Never in a pack that is gone. */
  find(id: Uint8Array): BlobLocation | undefined {
    const place = this.recall(id)
    return place?.pack.state === 'gone' ? undefined : place
  }

  /** Where a blob lies or once lay: to say which pack is to blame. */
  recall(id: Uint8Array): BlobLocation | undefined {
    const place = this.placeOf(id)
    if (place === undefined) return undefined
    const { ordinal, offsetBytes, word } = place
    return { pack: this.table.at(ordinal), offsetBytes, storedBytes: word & 0xff_ff_ff, type: (word >>> 24) & 15 }
  }

  /** As `recall`, without an object for the pack: for who asks for millions. */
  placeOf(id: Uint8Array): BlobPlace | undefined {
    let best = -1
    let place: BlobPlace | undefined
    this.#visit(
      id,
      (ordinal, offsetBytes, word) => {
        const value = this.rankAt(ordinal, offsetBytes)
        if (value <= best) return
        best = value
        place = { ordinal, offsetBytes, word }
      },
      () => best === rank.live,
    )
    return place
  }

  /** Whether a copy is good to rely upon, as far as is known. */
  stands({ pack, offsetBytes }: BlobLocation): boolean {
    const stored = pack.state === 'live' || pack.state === 'pending'
    return stored && !pack.condemned && !this.#isLost(pack.ordinal, offsetBytes)
  }

  /** Has the copy in `pack` found first from now on, of those that are as good. */
  prefer(pack: IndexedPack, { id, offsetBytes, storedBytes, type }: PlacedBlob): void {
    this.#entries.addFirst(id, pack.ordinal, offsetBytes, storedBytes + type * 2 ** 24)
  }

  /** A set of blobs, none in it, at a bit per entry. While there is one, nothing is taken out of the index. Dispose it. */
  marks(): BlobMarks {
    const marks = new IndexMarks(this, () => {
      this.#marks.delete(marks)
      if (this.#marks.size === 0 && this.#purgeDue) this.#purge()
    })
    this.#marks.add(marks)
    return marks
  }

  /** Takes other runs: those given, and while marks hang on them those there were. */
  setRuns(runs: readonly Run[]): void {
    const kept = this.#marks.size === 0 ? [] : this.#runs.filter((run) => !runs.includes(run))
    this.#runs = [...runs, ...kept]
    this.table.setInRuns(this.#runs.map(({ packs }) => packs))
    this.#purgeDue = true
    if (this.#marks.size === 0) this.#purge()
    else this.#keptRuns = kept
  }

  /** Drops from memory what lies in runs, and packs that never came to be. */
  #purge(): void {
    this.#purgeDue = false
    if (this.#keptRuns.length > 0) {
      this.#runs = this.#runs.filter((run) => !this.#keptRuns.includes(run))
      this.#keptRuns = []
      this.table.setInRuns(this.#runs.map(({ packs }) => packs))
    }
    const { table } = this
    this.#entries = this.#entries.filtered(
      (ordinal) => !table.isInRun(ordinal) && (table.hasRow(ordinal) || table.rankOf(ordinal) !== rank.gone),
    )
  }

  /** How far a place is to be relied upon. */
  rankAt(ordinal: number, offsetBytes: number): number {
    const value = this.table.rankOf(ordinal)
    return this.#isLost(ordinal, offsetBytes) ? Math.min(rankLost, value) : value
  }

  #isLost(ordinal: number, offsetBytes: number): boolean {
    return !this.#lost.isEmpty && this.#lost.isLost(packKey(this.table.nameOf(ordinal)), offsetBytes)
  }

  #visit(id: Uint8Array, visit: VisitEntry, isEnough: () => boolean): void {
    this.#entries.find(id, visit)
    if (this.#runs.length === 0 || isEnough()) return
    const prefix = prefixOf(id)
    for (const run of this.#runs) {
      run.find(prefix, visit)
      if (isEnough()) return
    }
  }
}
