import type { DeltaEntries, PackRow } from '../formats/delta.ts'
import { prefixBytes } from '../formats/delta.ts'
import { packKey } from '../formats/object-names.ts'
import type { LostPlaces } from '../lost/lost-copies.ts'
import { PrefixTable } from './prefix-table.ts'

/**
 * - `pending`: being filled or stored by a session of this process. Its blobs may be relied upon once `durable` resolves.
 * - `live`: stored, and named by a delta.
 * - `condemned`: as `live`, but a collection is about to remove it, or has. Good for reading only.
 * - `doubtful`: stored, but named by no delta we can read, not of the size it should have, or sealed with a data key that is not in the ring.
 *   Good for reading only.
 * - `gone`: dropped, or found missing. Nothing is in it.
 */
export type PackState = 'pending' | 'live' | 'condemned' | 'doubtful' | 'gone'

/** A pack the index knows. */
export interface IndexedPack {
  readonly key: string
  readonly name: Uint8Array
  state: PackState
  /** Whether a collection is about to remove it: what relies on it anew may lose it. Also of a pack that is pending. */
  readonly condemned: boolean
  /** What a delta says about it, once one does. */
  row?: PackRow
  /** While pending: settles when pack and delta are stored, or have failed. */
  durable?: Promise<void>
}

/** Knows which packs are condemned. */
export interface Condemned {
  isCondemned(packName: Uint8Array): boolean
}

/** Knows which data keys there are, or were. */
export interface DataKeys {
  knows(keyGeneration: number): boolean
}

class KnownPack implements IndexedPack {
  readonly key: string
  readonly name: Uint8Array
  row?: PackRow
  durable?: Promise<void>
  #state: PackState
  readonly #condemned: Condemned
  readonly #dataKeys: DataKeys

  constructor(name: Uint8Array, state: PackState, { condemned, dataKeys }: Advice) {
    this.key = packKey(name)
    this.name = name
    this.#state = state
    this.#condemned = condemned
    this.#dataKeys = dataKeys
  }

  get condemned(): boolean {
    return this.#condemned.isCondemned(this.name)
  }

  get state(): PackState {
    if (this.#state !== 'live') return this.#state
    // A writer that was given up long ago may still store with a data key that was taken out since.
    if (this.row !== undefined && !this.#dataKeys.knows(this.row.keyGeneration)) return 'doubtful'
    return this.condemned ? 'condemned' : 'live'
  }

  set state(state: PackState) {
    this.#state = state
  }
}

interface Advice {
  readonly condemned: Condemned
  readonly dataKeys: DataKeys
}

export interface BlobLocation {
  readonly pack: IndexedPack
  readonly offsetBytes: number
  readonly storedBytes: number
  readonly type: number
}

/** Which blob lies where: everything the deltas say, in memory. */
export class ChunkIndex {
  readonly packs: IndexedPack[] = []
  readonly #ordinals = new Map<string, number>()
  readonly #table = new PrefixTable(3) // pack ordinal + 1, offset, stored length + type × 2^24
  readonly #advice: Advice
  readonly #lost: LostPlaces

  constructor({
    condemned = { isCondemned: () => false },
    dataKeys = { knows: () => true },
    lost = { isLost: () => false },
  }: Partial<Advice & { readonly lost: LostPlaces }> = {}) {
    this.#lost = lost
    this.#advice = { condemned, dataKeys }
  }

  /** Entries, dead ones included. */
  get size(): number {
    return this.#table.size
  }

  get bytes(): number {
    return this.#table.bytes
  }

  /** Whether a pack that a delta names is not there, or not of the size it should have, and was not meant to go. */
  get hasLostPacks(): boolean {
    return this.packs.some(
      ({ state, row, condemned }) => row !== undefined && !condemned && (state === 'gone' || state === 'doubtful'),
    )
  }

  packOf(key: string): IndexedPack | undefined {
    const ordinal = this.#ordinals.get(key)
    return ordinal === undefined ? undefined : this.packs[ordinal]
  }

  /** Adds what a delta says. */
  addDelta(rows: readonly PackRow[], entries: DeltaEntries): void {
    const ordinals = rows.map((row) => this.#addRow(row))
    this.#table.reserve(entries.length)
    for (let i = 0; i < entries.length; i++) {
      const ordinal = ordinals[entries.packOf(i)]!
      this.#place(entries.prefixOf(i), ordinal, entries.offsetBytesOf(i), entries.storedBytesOf(i), entries.typeOf(i))
    }
  }

  /** Adds a pack by itself; its blobs are added by `add`. */
  addPack(name: Uint8Array, state: Exclude<PackState, 'condemned'>): IndexedPack {
    const pack = new KnownPack(name, state, this.#advice)
    this.#ordinals.set(pack.key, this.packs.push(pack) - 1)
    return pack
  }

  add(pack: IndexedPack, blob: { id: Uint8Array; offsetBytes: number; storedBytes: number; type: number }): void {
    this.#place(
      blob.id.subarray(0, prefixBytes),
      this.#ordinals.get(pack.key)!,
      blob.offsetBytes,
      blob.storedBytes,
      blob.type,
    )
  }

  /** Where a blob lies, as far as known. Never in a pack that is gone. */
  find(id: Uint8Array): BlobLocation | undefined {
    const place = this.recall(id)
    return place?.pack.state === 'gone' ? undefined : place
  }

  /** Where a blob lies or once lay: to say which pack is to blame. */
  recall(id: Uint8Array): BlobLocation | undefined {
    const values = this.#table.find(id)
    if (values === undefined) return undefined
    const pack = this.packs[values[0]! - 1]!
    return { pack, offsetBytes: values[1]!, storedBytes: values[2]! & 0xff_ff_ff, type: values[2]! >>> 24 }
  }

  /** Whether a copy is good to rely upon, as far as is known. */
  stands({ pack, offsetBytes }: BlobLocation): boolean {
    const stored = pack.state === 'live' || pack.state === 'pending'
    return stored && !pack.condemned && !this.#lost.isLost(pack.key, offsetBytes)
  }

  /** Has the copy in `pack` found from now on, whatever is known of others. */
  prefer(pack: IndexedPack, blob: { id: Uint8Array; offsetBytes: number; storedBytes: number; type: number }): void {
    const place = [this.#ordinals.get(pack.key)! + 1, blob.offsetBytes, blob.storedBytes + blob.type * 2 ** 24]
    this.#table.set(blob.id.subarray(0, prefixBytes), ...place)
  }

  /** A set of blobs, none in it, at a bit per blob. */
  marks(): BlobMarks {
    const marks = this.#table.marks()
    return {
      add: (id) => marks.add(id.subarray(0, prefixBytes)),
      has: (id) => marks.has(id.subarray(0, prefixBytes)),
      forEach: (visit) =>
        marks.forEach((values) => visit(this.packs[values[0]! - 1]!, values[2]! & 0xff_ff_ff, values[1]!)),
      [Symbol.dispose]: () => marks[Symbol.dispose](),
    }
  }

  #addRow(row: PackRow): number {
    const key = packKey(row.name)
    const pack = this.packOf(key) ?? this.addPack(row.name, 'live')
    if (pack.row === undefined && pack.state === 'doubtful') pack.state = 'live'
    pack.row = row
    return this.#ordinals.get(key)!
  }

  /** Of two copies of a blob, the one that may be relied upon wins, and then the first. */
  #place(prefix: Uint8Array, ordinal: number, offsetBytes: number, storedBytes: number, type: number): void {
    const known = this.#table.find(prefix)
    if (known !== undefined && known[0] !== ordinal + 1) {
      if (this.#rankAt(ordinal, offsetBytes) <= this.#rankAt(known[0]! - 1, known[1]!)) return
    }
    this.#table.set(prefix, ordinal + 1, offsetBytes, storedBytes + type * 2 ** 24)
  }

  #rankAt(ordinal: number, offsetBytes: number): number {
    const pack = this.packs[ordinal]!
    return this.#lost.isLost(pack.key, offsetBytes) ? Math.min(rankLost, rankOf(pack)) : rankOf(pack)
  }
}

/** A damaged copy: better than none. */
const rankLost = 0.5
const rank: Record<PackState, number> = { gone: 0, doubtful: 1, condemned: 2, pending: 3, live: 4 }

const rankOf = ({ state, condemned }: IndexedPack) => rank[state === 'pending' && condemned ? 'condemned' : state]

/** Which blobs of the index were met. */
export interface BlobMarks extends Disposable {
  /** `unknown`: the blob is in no pack of the index. */
  add(id: Uint8Array): 'new' | 'known' | 'unknown'
  has(id: Uint8Array): boolean
  /** Every marked blob, where the index finds it. */
  forEach(visit: (pack: IndexedPack, storedBytes: number, offsetBytes: number) => void): void
}
