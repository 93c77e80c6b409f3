import type { PackRow } from '../formats/delta.ts'
import { packKey, packNameBytes } from '../formats/object-names.ts'
import type { DatedPackRow } from '../formats/pack-rows.ts'

/**
 * - `pending`: being filled or stored by a session of this process. Its blobs may be relied upon once `durable` resolves.
 * - `live`: stored, and named by a delta.
 * - `condemned`: as `live`, but a collection is about to remove it, or has. Good for reading only.
 * - `doubtful`: stored, but named by no delta we can read, not of the size it should have, or sealed with a data key that is not in the ring.
 *   Good for reading only.
 * - `gone`: dropped, or found missing. Nothing is in it.
 */
export type PackState = 'pending' | 'live' | 'condemned' | 'doubtful' | 'gone'

/** From the least to the most to be relied upon. */
const states = ['gone', 'doubtful', 'condemned', 'pending', 'live'] as const
const rankOfState = Object.fromEntries(states.map((state, rank) => [state, rank])) as Record<PackState, number>
export const rank = { gone: 0, condemned: 2, pending: 3, live: 4 } as const

/** A pack the index knows. */
export interface IndexedPack {
  /** Counts the packs of this process. */
  readonly ordinal: number
  readonly key: string
  readonly name: Uint8Array
  state: PackState
  /** Whether a collection is about to remove it: what relies on it anew may lose it. Also of a pack that is pending. */
  readonly condemned: boolean
  /** What a delta says about it, once one does. */
  row: PackRow | undefined
  /** While pending: settles when pack and delta are stored, or have failed. */
  durable: Promise<void> | undefined
}

/** Knows which packs are condemned, and which for good. */
export interface Condemned {
  isCondemned(packName: Uint8Array): boolean
  isDoomed(packName: Uint8Array): boolean
}

/** Knows which data keys there are, or were. */
export interface DataKeys {
  knows(keyGeneration: number): boolean
}

const slotsMin = 64
const growth = 1.25
const flag = { row: 1, inRun: 2 } as const

/** All packs that this process has heard of, in typed arrays: a repository of 100 TiB has 1.6 million. About 100 bytes each. */
export class PackTable {
  readonly #condemned: Condemned
  readonly #dataKeys: DataKeys
  readonly #handles = new Map<number, KnownPack>()
  #columns = columnsOf(slotsMin)
  #slots = new Uint32Array(2 * slotsMin) // ordinal + 1
  #count = 0

  constructor(condemned: Condemned, dataKeys: DataKeys) {
    this.#condemned = condemned
    this.#dataKeys = dataKeys
  }

  get count(): number {
    return this.#count
  }

  ordinalOf(name: Uint8Array): number | undefined {
    const found = this.#slots[this.#slotOf(name)]!
    return found === 0 ? undefined : found - 1
  }

  /** The one object that stands for a pack. */
  at(ordinal: number): IndexedPack {
    const known = this.#handles.get(ordinal)
    if (known !== undefined) return known
    const pack = new KnownPack(this, ordinal)
    this.#handles.set(ordinal, pack)
    return pack
  }

  add(name: Uint8Array, state: Exclude<PackState, 'condemned'>, since = 0): number {
    const ordinal = this.#count++
    if (ordinal >= this.#columns.state.length) this.#grow()
    this.#columns.name.set(name, ordinal * packNameBytes)
    this.#columns.state[ordinal] = rankOfState[state]
    this.#columns.since[ordinal] = since
    this.#slots[this.#slotOf(name)] = ordinal + 1
    return ordinal
  }

  /** Learns what a delta or a run says about a pack. */
  addRow(row: PackRow, since: number): number {
    const known = this.ordinalOf(row.name)
    const ordinal = known ?? this.add(row.name, 'live')
    const { state, since: seconds } = this.#columns
    if (!this.hasRow(ordinal) && state[ordinal] === rankOfState.doubtful) state[ordinal] = rank.live
    if (seconds[ordinal] === 0 || (since > 0 && since < seconds[ordinal]!)) seconds[ordinal] = since
    this.setRow(ordinal, row)
    return ordinal
  }

  nameOf(ordinal: number): Uint8Array {
    return this.#columns.name.subarray(ordinal * packNameBytes, (ordinal + 1) * packNameBytes)
  }

  /** What {@link rank} its state has. A pack that is pending and condemned ranks as condemned. */
  rankOf(ordinal: number): number {
    const state = this.#columns.state[ordinal]!
    if (state < rank.pending) return state
    if (state === rank.live && !this.#hasKey(ordinal)) return rankOfState.doubtful
    return this.isCondemned(ordinal) ? rank.condemned : state
  }

  stateOf(ordinal: number): PackState {
    const state = states[this.#columns.state[ordinal]!]!
    if (state !== 'live') return state
    return states[this.rankOf(ordinal)]!
  }

  /** A writer that was given up long ago may still store with a data key that was taken out since. */
  #hasKey(ordinal: number): boolean {
    return !this.hasRow(ordinal) || this.#dataKeys.knows(this.#columns.keyGeneration[ordinal]!)
  }

  setState(ordinal: number, state: PackState): void {
    this.#columns.state[ordinal] = rankOfState[state]
  }

  isCondemned(ordinal: number): boolean {
    return this.#condemned.isCondemned(this.nameOf(ordinal))
  }

  isDoomed(ordinal: number): boolean {
    return this.#condemned.isDoomed(this.nameOf(ordinal))
  }

  hasRow(ordinal: number): boolean {
    return (this.#columns.flags[ordinal]! & flag.row) !== 0
  }

  /** Whether its entries lie in a run. */
  isInRun(ordinal: number): boolean {
    return (this.#columns.flags[ordinal]! & flag.inRun) !== 0
  }

  /** Says which packs lie in runs: these and no others. */
  setInRuns(packsOfRuns: Iterable<Uint32Array>): void {
    const { flags } = this.#columns
    for (let i = 0; i < this.#count; i++) flags[i]! &= ~flag.inRun
    for (const packs of packsOfRuns) for (const ordinal of packs) flags[ordinal]! |= flag.inRun
  }

  /** Packs in runs of whose removal a collection has decided, and the entries in them. */
  doomedInRuns(): { packs: number; entries: number } {
    const doomed = { packs: 0, entries: 0 }
    for (let i = 0; i < this.#count; i++)
      if (this.isInRun(i) && this.isDoomed(i)) {
        doomed.packs++
        doomed.entries += this.#columns.blobs[i]!
      }
    return doomed
  }

  /** The blobs of all packs that a delta or a run names. */
  blobsInAll(): number {
    let sum = 0
    for (let i = 0; i < this.#count; i++) if (this.hasRow(i)) sum += this.#columns.blobs[i]!
    return sum
  }

  /** What the storage last listed; 0 if it did not. */
  listedBytesOf(ordinal: number): number {
    return this.#columns.listedBytes[ordinal]!
  }

  /** What the storage last listed, by ordinal. */
  listed(): Uint32Array {
    return this.#columns.listedBytes.slice(0, this.#count)
  }

  /** What the storage lists, by ordinal, whole. */
  setListed(listedBytes: Uint32Array): void {
    this.#columns.listedBytes.fill(0)
    this.#columns.listedBytes.set(listedBytes)
  }

  setListedBytes(ordinal: number, sizeBytes: number): void {
    this.#columns.listedBytes[ordinal] = sizeBytes
  }

  sizeBytesOf(ordinal: number): number {
    return this.#columns.sizeBytes[ordinal]!
  }

  keyGenerationOf(ordinal: number): number {
    return this.#columns.keyGeneration[ordinal]!
  }

  blobsOf(ordinal: number): number {
    return this.#columns.blobs[ordinal]!
  }

  /** When the session began that named it first, or now if that is not known. */
  sinceMsOf(ordinal: number, nowMs: number): number {
    const seconds = this.#columns.since[ordinal]!
    return seconds === 0 ? nowMs : seconds * 1000
  }

  datedRowOf(ordinal: number): DatedPackRow {
    return { ...this.rowOf(ordinal)!, since: this.#columns.since[ordinal]! }
  }

  rowOf(ordinal: number): PackRow | undefined {
    if (!this.hasRow(ordinal)) return undefined
    const { sizeBytes, blobs, plainBytes, sha256, kind, keyGeneration } = this.#columns
    return {
      name: this.nameOf(ordinal).slice(),
      sizeBytes: sizeBytes[ordinal]!,
      blobs: blobs[ordinal]!,
      plainBytes: plainBytes[ordinal]!,
      sha256: sha256.slice(ordinal * 32, (ordinal + 1) * 32),
      kind: kind[ordinal]!,
      keyGeneration: keyGeneration[ordinal]!,
    }
  }

  setRow(ordinal: number, row: PackRow): void {
    const columns = this.#columns
    columns.sizeBytes[ordinal] = row.sizeBytes
    columns.blobs[ordinal] = row.blobs
    columns.plainBytes[ordinal] = row.plainBytes
    columns.sha256.set(row.sha256, ordinal * 32)
    columns.kind[ordinal] = row.kind
    columns.keyGeneration[ordinal] = row.keyGeneration
    columns.flags[ordinal]! |= flag.row
  }

  #slotOf(name: Uint8Array): number {
    const mask = this.#slots.length - 1
    for (let slot = hashOf(name) & mask; ; slot = (slot + 1) & mask) {
      const ordinal = this.#slots[slot]! - 1
      if (ordinal < 0 || this.#isNamed(ordinal, name)) return slot
    }
  }

  #isNamed(ordinal: number, name: Uint8Array): boolean {
    const names = this.#columns.name
    for (let i = 0, at = ordinal * packNameBytes; i < packNameBytes; i++, at++) if (names[at] !== name[i]) return false
    return true
  }

  #grow(): void {
    const larger = columnsOf(Math.ceil(this.#columns.state.length * growth))
    for (const [name, column] of Object.entries(this.#columns)) larger[name as keyof Columns].set(column)
    this.#columns = larger
    if (larger.state.length * 1.4 <= this.#slots.length) return
    this.#slots = new Uint32Array(2 * this.#slots.length)
    for (let i = 0; i < this.#count - 1; i++) this.#slots[this.#slotOf(this.nameOf(i))] = i + 1
  }
}

type Columns = ReturnType<typeof columnsOf>

const columnsOf = (packs: number) => ({
  name: new Uint8Array(packs * packNameBytes),
  sha256: new Uint8Array(packs * 32),
  sizeBytes: new Uint32Array(packs),
  listedBytes: new Uint32Array(packs),
  blobs: new Uint32Array(packs),
  plainBytes: new Float64Array(packs),
  keyGeneration: new Uint32Array(packs),
  since: new Uint32Array(packs),
  kind: new Uint8Array(packs),
  state: new Uint8Array(packs),
  flags: new Uint8Array(packs),
})

/** Names are random already. */
const hashOf = (name: Uint8Array) => name[0]! | (name[1]! << 8) | (name[2]! << 16) | (name[3]! << 24)

class KnownPack implements IndexedPack {
  readonly ordinal: number
  durable: Promise<void> | undefined
  readonly #table: PackTable

  constructor(table: PackTable, ordinal: number) {
    this.#table = table
    this.ordinal = ordinal
  }

  get key(): string {
    return packKey(this.name)
  }

  get name(): Uint8Array {
    return this.#table.nameOf(this.ordinal)
  }

  get condemned(): boolean {
    return this.#table.isCondemned(this.ordinal)
  }

  get state(): PackState {
    return this.#table.stateOf(this.ordinal)
  }

  set state(state: PackState) {
    this.#table.setState(this.ordinal, state)
  }

  get row(): PackRow | undefined {
    return this.#table.rowOf(this.ordinal)
  }

  set row(row: PackRow | undefined) {
    if (row !== undefined) this.#table.setRow(this.ordinal, row)
  }
}
