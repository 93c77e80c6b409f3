import type { PackRow } from '../formats/delta.ts'
import { packKey, packNameBytes } from '../formats/object-names.ts'
import type { DatedPackRow } from '../formats/pack-rows.ts'
import { PackColumns, type PackPage, rowOf } from './pack-columns.ts'
import { WeakHandles } from './weak-handles.ts'

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
  /** While pending, and where storing it failed: settles when pack and delta are stored, or have failed. */
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
const flag = { row: 1, inRun: 2 } as const

/** All packs that this process has heard of, in typed arrays: a repository of 100 TiB has 1.6 million. About 100 bytes each. */
export class PackTable {
  readonly #condemned: Condemned
  readonly #dataKeys: DataKeys
  readonly #handles = new WeakHandles((ordinal) => new KnownPack(this, ordinal))
  /** Packs on their way are held: what they wait for hangs on the one object. */
  readonly #durable = new Map<number, { readonly pack: IndexedPack; readonly durable: Promise<void> }>()
  readonly #columns = new PackColumns()
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
    return this.#handles.at(ordinal)
  }

  durableOf(ordinal: number): Promise<void> | undefined {
    return this.#durable.get(ordinal)?.durable
  }

  setDurable(pack: IndexedPack, durable: Promise<void> | undefined): void {
    if (durable === undefined) this.#durable.delete(pack.ordinal)
    else this.#durable.set(pack.ordinal, { pack, durable })
  }

  add(name: Uint8Array, state: Exclude<PackState, 'condemned'>, since = 0): number {
    const ordinal = this.#count++
    this.#columns.reserve(ordinal)
    this.#growSlots()
    const page = this.#page(ordinal)
    const row = rowOf(ordinal)
    page.name.set(name, row * packNameBytes)
    page.state[row] = rankOfState[state]
    page.since[row] = since
    this.#slots[this.#slotOf(name)] = ordinal + 1
    return ordinal
  }

  /** Learns what a delta or a run says about a pack. */
  addRow(row: PackRow, since: number): number {
    const known = this.ordinalOf(row.name)
    const ordinal = known ?? this.add(row.name, 'live')
    const { state, since: seconds } = this.#page(ordinal)
    const at = rowOf(ordinal)
    if (!this.hasRow(ordinal) && state[at] === rankOfState.doubtful) state[at] = rank.live
    if (seconds[at] === 0 || (since > 0 && since < seconds[at]!)) seconds[at] = since
    this.setRow(ordinal, row)
    return ordinal
  }

  nameOf(ordinal: number): Uint8Array {
    const at = rowOf(ordinal) * packNameBytes
    return this.#page(ordinal).name.subarray(at, at + packNameBytes)
  }

  /** What {@link rank} its state has. A pack that is pending and condemned ranks as condemned. */
  rankOf(ordinal: number): number {
    const state = this.#page(ordinal).state[rowOf(ordinal)]!
    if (state < rank.pending) return state
    if (state === rank.live && !this.#hasKey(ordinal)) return rankOfState.doubtful
    return this.isCondemned(ordinal) ? rank.condemned : state
  }

  stateOf(ordinal: number): PackState {
    const state = states[this.#page(ordinal).state[rowOf(ordinal)]!]!
    if (state !== 'live') return state
    return states[this.rankOf(ordinal)]!
  }

  /** A writer that was given up long ago may still store with a data key that was taken out since. */
  #hasKey(ordinal: number): boolean {
    return !this.hasRow(ordinal) || this.#dataKeys.knows(this.#page(ordinal).keyGeneration[rowOf(ordinal)]!)
  }

  setState(ordinal: number, state: PackState): void {
    this.#page(ordinal).state[rowOf(ordinal)] = rankOfState[state]
  }

  isCondemned(ordinal: number): boolean {
    return this.#condemned.isCondemned(this.nameOf(ordinal))
  }

  isDoomed(ordinal: number): boolean {
    return this.#condemned.isDoomed(this.nameOf(ordinal))
  }

  hasRow(ordinal: number): boolean {
    return (this.#page(ordinal).flags[rowOf(ordinal)]! & flag.row) !== 0
  }

  /** Whether its entries lie in a run. */
  isInRun(ordinal: number): boolean {
    return (this.#page(ordinal).flags[rowOf(ordinal)]! & flag.inRun) !== 0
  }

  /** Says which packs lie in runs: these and no others. */
  setInRuns(packsOfRuns: Iterable<Uint32Array>): void {
    for (let i = 0; i < this.#count; i++) this.#page(i).flags[rowOf(i)]! &= ~flag.inRun
    for (const packs of packsOfRuns) for (const i of packs) this.#page(i).flags[rowOf(i)]! |= flag.inRun
  }

  /** Packs in runs of whose removal a collection has decided, and the entries in them. */
  doomedInRuns(): { packs: number; entries: number } {
    const doomed = { packs: 0, entries: 0 }
    for (let i = 0; i < this.#count; i++)
      if (this.isInRun(i) && this.isDoomed(i)) {
        doomed.packs++
        doomed.entries += this.#page(i).blobs[rowOf(i)]!
      }
    return doomed
  }

  /** The blobs of all packs that a delta or a run names. */
  blobsInAll(): number {
    let sum = 0
    for (let i = 0; i < this.#count; i++) if (this.hasRow(i)) sum += this.#page(i).blobs[rowOf(i)]!
    return sum
  }

  /** What the storage last listed; 0 if it did not. */
  listedBytesOf(ordinal: number): number {
    return this.#page(ordinal).listedBytes[rowOf(ordinal)]!
  }

  /** What the storage last listed, by ordinal. */
  listed(): Uint32Array {
    return Uint32Array.from({ length: this.#count }, (_, ordinal) => this.listedBytesOf(ordinal))
  }

  /** What the storage lists, by ordinal, whole. */
  setListed(listedBytes: Uint32Array): void {
    for (let i = 0; i < this.#count; i++) this.setListedBytes(i, listedBytes[i] ?? 0)
  }

  setListedBytes(ordinal: number, sizeBytes: number): void {
    this.#page(ordinal).listedBytes[rowOf(ordinal)] = sizeBytes
  }

  sizeBytesOf(ordinal: number): number {
    return this.#page(ordinal).sizeBytes[rowOf(ordinal)]!
  }

  keyGenerationOf(ordinal: number): number {
    return this.#page(ordinal).keyGeneration[rowOf(ordinal)]!
  }

  blobsOf(ordinal: number): number {
    return this.#page(ordinal).blobs[rowOf(ordinal)]!
  }

  /** When the session began that named it first, or now if that is not known. */
  sinceMsOf(ordinal: number, nowMs: number): number {
    const seconds = this.#page(ordinal).since[rowOf(ordinal)]!
    return seconds === 0 ? nowMs : seconds * 1000
  }

  datedRowOf(ordinal: number): DatedPackRow {
    return { ...this.rowOf(ordinal)!, since: this.#page(ordinal).since[rowOf(ordinal)]! }
  }

  rowOf(ordinal: number): PackRow | undefined {
    if (!this.hasRow(ordinal)) return undefined
    const { sizeBytes, blobs, plainBytes, sha256, kind, keyGeneration } = this.#page(ordinal)
    const at = rowOf(ordinal)
    return {
      name: this.nameOf(ordinal).slice(),
      sizeBytes: sizeBytes[at]!,
      blobs: blobs[at]!,
      plainBytes: plainBytes[at]!,
      sha256: sha256.slice(at * 32, (at + 1) * 32),
      kind: kind[at]!,
      keyGeneration: keyGeneration[at]!,
    }
  }

  setRow(ordinal: number, row: PackRow): void {
    const page = this.#page(ordinal)
    const at = rowOf(ordinal)
    page.sizeBytes[at] = row.sizeBytes
    page.blobs[at] = row.blobs
    page.plainBytes[at] = row.plainBytes
    page.sha256.set(row.sha256, at * 32)
    page.kind[at] = row.kind
    page.keyGeneration[at] = row.keyGeneration
    page.flags[at]! |= flag.row
  }

  #slotOf(name: Uint8Array): number {
    const mask = this.#slots.length - 1
    for (let slot = hashOf(name) & mask; ; slot = (slot + 1) & mask) {
      const ordinal = this.#slots[slot]! - 1
      if (ordinal < 0 || this.#isNamed(ordinal, name)) return slot
    }
  }

  #isNamed(ordinal: number, name: Uint8Array): boolean {
    const names = this.#page(ordinal).name
    for (let i = 0, at = rowOf(ordinal) * packNameBytes; i < packNameBytes; i++, at++)
      if (names[at] !== name[i]) return false
    return true
  }

  #page(ordinal: number): PackPage {
    return this.#columns.pageOf(ordinal)
  }

  #growSlots(): void {
    if (this.#count * 1.4 <= this.#slots.length) return
    this.#slots = new Uint32Array(2 * this.#slots.length)
    for (let i = 0; i < this.#count - 1; i++) this.#slots[this.#slotOf(this.nameOf(i))] = i + 1
  }
}

/** Names are random already. */
const hashOf = (name: Uint8Array) => name[0]! | (name[1]! << 8) | (name[2]! << 16) | (name[3]! << 24)

class KnownPack implements IndexedPack {
  readonly ordinal: number
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

  get durable(): Promise<void> | undefined {
    return this.#table.durableOf(this.ordinal)
  }

  set durable(durable: Promise<void> | undefined) {
    this.#table.setDurable(this, durable)
  }

  get row(): PackRow | undefined {
    return this.#table.rowOf(this.ordinal)
  }

  set row(row: PackRow | undefined) {
    if (row !== undefined) this.#table.setRow(this.ordinal, row)
  }
}
