import { FormatError, forEachConcurrent } from '@vmkeep/kit'
import { decodeDelta, deltaBytesMax } from '../formats/delta.ts'
import { fromHex } from '../formats/hex.ts'
import { deltaNameOf, deltasPrefix, packKey, packNameOf, packsPrefix } from '../formats/object-names.ts'
import type { PackEntry } from '../formats/pack.ts'
import { readTrailer } from '../packs/read-trailer.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { ChunkIndex, type IndexedPack } from './chunk-index.ts'

const readsAtOnce = 8

/** A pack known from its own trailer. */
export interface SalvagedPack {
  readonly pack: IndexedPack
  readonly sizeBytes: number
  readonly sha256: Uint8Array
  readonly kind: number
  readonly entries: readonly PackEntry[]
}

/** Keeps the index in memory in step with the storage. */
export class IndexStore {
  readonly index = new ChunkIndex()
  /** Deltas that cannot be read: key → reason. Their packs are found by their trailers. */
  readonly damaged = new Map<string, string>()
  readonly #objects: ObjectStore
  readonly #repositoryId: Uint8Array
  readonly #indexKey: Uint8Array
  readonly #loaded = new Set<string>()
  #running: Promise<unknown> = Promise.resolve()

  constructor(objects: ObjectStore, { repositoryId, indexKey }: { repositoryId: Uint8Array; indexKey: Uint8Array }) {
    this.#objects = objects
    this.#repositoryId = repositoryId
    this.#indexKey = indexKey
  }

  /** A delta this process wrote itself. */
  markLoaded(deltaKey: string): void {
    this.#loaded.add(deltaKey)
  }

  /** Reads the deltas that are new. */
  refresh(signal?: AbortSignal): Promise<void> {
    return this.#oneByOne(async () => {
      const keys: string[] = []
      for await (const { key } of this.#objects.list(deltasPrefix, signal)) if (!this.#loaded.has(key)) keys.push(key)
      await forEachConcurrent(keys, readsAtOnce, (key) => this.#load(key, signal))
    })
  }

  /**
   * Looks which packs are there, and of the right size. What is missing is forgotten, so that a writer stores it again.
   * Returns the packs that no delta names.
   */
  checkPresence(signal?: AbortSignal): Promise<{ unlisted: Uint8Array[] }> {
    return this.#oneByOne(async () => {
      const expected = new Set(this.index.packs.filter(({ state }) => state !== 'pending'))
      const unlisted: Uint8Array[] = []
      for await (const { key, sizeBytes } of this.#objects.list(packsPrefix, signal)) {
        const pack = this.index.packOf(key)
        if (pack === undefined || (pack.row === undefined && pack.state !== 'pending')) unlisted.push(...nameOf(key))
        if (pack === undefined || !expected.delete(pack) || pack.row === undefined) continue
        pack.state = sizeBytes === pack.row.sizeBytes ? 'live' : 'doubtful'
      }
      for (const pack of expected) pack.state = 'gone'
      return { unlisted }
    })
  }

  /** Learns packs that no delta names from their trailers. A pack that cannot be understood is left out. */
  async salvage(names: readonly Uint8Array[], signal?: AbortSignal): Promise<SalvagedPack[]> {
    const salvaged: SalvagedPack[] = []
    await forEachConcurrent(names, readsAtOnce, async (name) => {
      try {
        const identity = { repositoryId: this.#repositoryId, name }
        const { entries, ...found } = await readTrailer(this.#objects, identity, this.#indexKey, signal)
        const pack = this.#doubtful(name)
        for (const entry of entries) this.index.add(pack, entry)
        salvaged.push({ pack, entries, ...found })
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
      }
    })
    return salvaged
  }

  #doubtful(name: Uint8Array): IndexedPack {
    const pack = this.index.packOf(packKey(name)) ?? this.index.addPack(name, 'doubtful')
    if (pack.state === 'gone') pack.state = 'doubtful'
    return pack
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
      this.damaged.delete(key)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.damaged.set(key, error.message)
    }
    this.#loaded.add(key)
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
