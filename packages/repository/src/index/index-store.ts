import { FormatError, forEachConcurrent, hasCode } from '@vmkeep/kit'
import { blobHeaderBytes, blobType, generationOf } from '../formats/blob.ts'
import { decodeDelta, deltaBytesMax } from '../formats/delta.ts'
import { fromHex } from '../formats/hex.ts'
import { deltaNameOf, deltasPrefix, packKey, packNameOf, packsPrefix } from '../formats/object-names.ts'
import type { PackEntry } from '../formats/pack.ts'
import { readTrailer } from '../packs/read-trailer.ts'
import type { LostPlaces } from '../lost/lost-copies.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { ChunkIndex, type Condemned, type DataKeys, type IndexedPack } from './chunk-index.ts'

const readsAtOnce = 8

interface IndexStoreOptions {
  readonly repositoryId: Uint8Array
  readonly indexKey: Uint8Array
  readonly condemned?: Condemned
  readonly lost?: LostPlaces
  readonly dataKeys?: DataKeys
}

/** A pack known from its own trailer. */
export interface SalvagedPack {
  readonly pack: IndexedPack
  readonly sizeBytes: number
  readonly sha256: Uint8Array
  readonly kind: number
  /** Which data key sealed what is in it; 0 if there are only map pages. */
  readonly keyGeneration: number
  readonly entries: readonly PackEntry[]
}

/** Keeps the index in memory in step with the storage. */
export class IndexStore {
  readonly index: ChunkIndex
  /** Deltas that cannot be read: key → reason. Their packs are found by their trailers. */
  readonly damaged = new Map<string, string>()
  readonly #objects: ObjectStore
  readonly #repositoryId: Uint8Array
  readonly #indexKey: Uint8Array
  /** The deltas that were read or written, and the packs they name. */
  readonly #loaded = new Map<string, readonly IndexedPack[]>()
  /** Whether this process has ever looked which packs are there. */
  presenceKnown = false
  /** A pack vanished: of blobs with two copies, the other one is in a delta that was read, and must be read again. */
  #copiesLost = false
  #running: Promise<unknown> = Promise.resolve()

  constructor(objects: ObjectStore, { repositoryId, indexKey, ...advice }: IndexStoreOptions) {
    this.index = new ChunkIndex(advice)
    this.#objects = objects
    this.#repositoryId = repositoryId
    this.#indexKey = indexKey
  }

  /** The deltas in memory, and the packs they name. */
  get deltas(): ReadonlyMap<string, readonly IndexedPack[]> {
    return this.#loaded
  }

  /** A delta this process wrote itself. */
  markLoaded(deltaKey: string, packs: readonly IndexedPack[]): void {
    this.#loaded.set(deltaKey, packs)
  }

  forgetDelta(deltaKey: string): void {
    this.#loaded.delete(deltaKey)
  }

  /** A pack was not there when it was asked for. The next `refresh` finds the other copies of its blobs. */
  lose(pack: IndexedPack): void {
    if (pack.state === 'pending') return
    this.#copiesLost ||= pack.state !== 'gone'
    pack.state = 'gone'
  }

  /** Reads the deltas that are new; all of them, if a pack vanished since, or on `again`. */
  refresh(signal?: AbortSignal, { again = false }: { readonly again?: boolean } = {}): Promise<void> {
    return this.#oneByOne(async () => {
      this.#copiesLost ||= again
      await this.#loadNew(signal)
    })
  }

  /**
   * Looks which packs are there, and of the right size. What is missing is forgotten, so that a writer stores it again; if a blob of
   * it lies elsewhere too, it is found there.
   * Returns the packs that no delta names. `onPack` hears of every pack that is there.
   */
  checkPresence(
    signal?: AbortSignal,
    onPack: (key: string, sizeBytes: number) => void = () => {},
  ): Promise<{ unlisted: Uint8Array[] }> {
    return this.#oneByOne(async () => {
      const expected = new Set(this.index.packs.filter(({ state }) => state !== 'pending'))
      const unlisted: Uint8Array[] = []
      for await (const { key, sizeBytes } of this.#objects.list(packsPrefix, signal)) {
        const pack = this.index.packOf(key)
        onPack(key, sizeBytes)
        if (pack === undefined || (pack.row === undefined && pack.state !== 'pending')) unlisted.push(...nameOf(key))
        if (pack === undefined || !expected.delete(pack) || pack.row === undefined) continue
        pack.state = sizeBytes === pack.row.sizeBytes ? 'live' : 'doubtful'
      }
      for (const pack of expected) this.lose(pack)
      this.presenceKnown = true
      if (this.#copiesLost) await this.#loadNew(signal)
      return { unlisted }
    })
  }

  /** Learns packs that no delta names from their trailers. A pack that cannot be understood, or is no longer there, is left out. */
  async salvage(names: readonly Uint8Array[], signal?: AbortSignal): Promise<SalvagedPack[]> {
    const salvaged: SalvagedPack[] = []
    await forEachConcurrent(names, readsAtOnce, async (name) => {
      try {
        const identity = { repositoryId: this.#repositoryId, name }
        const { entries, ...found } = await readTrailer(this.#objects, identity, this.#indexKey, signal)
        const pack = this.#doubtful(name)
        for (const entry of entries) this.index.add(pack, entry)
        const keyGeneration = await this.#generationIn(pack, entries, signal)
        salvaged.push({ pack, entries, keyGeneration, ...found })
      } catch (error) {
        if (!(error instanceof FormatError) && !hasCode(error, 'storage.not-found')) throw error
      }
    })
    return salvaged
  }

  /** A pack has one: that of any blob which has one. */
  async #generationIn({ key }: IndexedPack, entries: readonly PackEntry[], signal?: AbortSignal): Promise<number> {
    const sealed = entries.find(({ type }) => type !== blobType.mapPage)
    if (sealed === undefined) return 0
    const header = new Uint8Array(blobHeaderBytes)
    await this.#objects.getRange(key, sealed.offsetBytes, header, signal)
    return generationOf(header)
  }

  #doubtful(name: Uint8Array): IndexedPack {
    const pack = this.index.packOf(packKey(name)) ?? this.index.addPack(name, 'doubtful')
    if (pack.state === 'gone') pack.state = 'doubtful'
    return pack
  }

  async #loadNew(signal: AbortSignal | undefined): Promise<void> {
    const known = this.#copiesLost ? new Map<string, unknown>() : this.#loaded
    const keys: string[] = []
    for await (const { key } of this.#objects.list(deltasPrefix, signal)) if (!known.has(key)) keys.push(key)
    await forEachConcurrent(keys, readsAtOnce, (key) => this.#load(key, signal))
    this.#copiesLost = false
  }

  async #load(key: string, signal: AbortSignal | undefined): Promise<void> {
    const name = deltaNameOf(key)
    if (name === undefined) return
    const { sessionId, number } = name
    try {
      const source = await this.#objects.get(key, deltaBytesMax, signal)
      if (source === undefined) return // a collector may fold deltas into segments
      const identity = { repositoryId: this.#repositoryId, sessionId: fromHex(sessionId, 16)!, number }
      const { packs, entries } = decodeDelta(source, identity, this.#indexKey)
      this.index.addDelta(packs, entries)
      this.#loaded.set(
        key,
        packs.map(({ name: pack }) => this.index.packOf(packKey(pack))!),
      )
      this.damaged.delete(key)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.damaged.set(key, error.message)
      this.#loaded.set(key, [])
    }
  }

  /** A caller must see what was there when it called, so that it cannot share a run that has begun. */
  #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#running.then(work, work)
    this.#running = run.catch(() => {})
    return run
  }
}

const nameOf = (key: string): Uint8Array[] => {
  const name = packNameOf(key)
  return name === undefined ? [] : [name]
}
