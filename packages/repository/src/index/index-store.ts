import { FormatError, forEachConcurrent, hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { blobHeaderBytes, blobType, generationOf } from '../formats/blob.ts'
import { blockBytes } from '../formats/index-blocks.ts'
import type { IndexRoot, RunNames } from '../formats/index-root.ts'
import { decodeDelta, deltaBytesMax } from '../formats/delta.ts'
import { fromHex } from '../formats/hex.ts'
import {
  deltaNameOf,
  deltasPrefix,
  packKey,
  packNameOf,
  packsPrefix,
  rootKey,
  segmentFileName,
  segmentKey,
} from '../formats/object-names.ts'
import { type PackEntry, packKind } from '../formats/pack.ts'
import { segmentBlocksOf } from '../formats/segment.ts'
import { createdAtMsOf } from '../formats/session-id.ts'
import { type PackContents, readTrailer } from '../packs/read-trailer.ts'
import { scanPack } from '../packs/scan-pack.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { ChunkIndex, type IndexAdvice, type IndexedPack } from './chunk-index.ts'
import { type IndexCache, memoryIndexCache } from './index-cache.ts'
import { IndexObjects } from './index-objects.ts'
import { type OpenSegment, Run } from './run.ts'

const readsAtOnce = 8
const segmentsAtOnce = 4
const headsAtOnce = 16
/** A root that is replaced while it is read is read anew; more often than this in a row, something else is wrong. */
const rootsTriedMax = 20
export const indexMemoryBytesDefault = 256 * 2 ** 20
export const deltasMaxDefault = 256

interface IndexStoreOptions extends Partial<IndexAdvice> {
  readonly repositoryId: Uint8Array
  readonly indexKey: Uint8Array
  readonly controlKey: Uint8Array
  readonly cache?: IndexCache
  /** What entries in memory and blocks of segments together should take at most. */
  readonly memoryBytes?: number
  readonly deltasMax?: number
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

/** What of the index cannot be had, and why. */
interface Damaged {
  readonly object: string
  readonly reason: string
}

const noRoot: IndexRoot = { number: 0, atMs: 0, runs: [], folded: [] }

/** Keeps the index of this process in step with the storage: docs/formats/repository.md §6. */
export class IndexStore {
  readonly index: ChunkIndex
  readonly objects: IndexObjects
  /** Deltas, roots and segments that cannot be read: key → reason. Their packs are found by their trailers. */
  readonly damaged = new Map<string, string>()
  /** What entries in memory may take before they should be folded. */
  readonly entriesBytesMax: number
  /** How many deltas there may be before they should be folded. */
  readonly deltasMax: number
  readonly #store: ObjectStore
  readonly #repositoryId: Uint8Array
  readonly #indexKey: Uint8Array
  /** The deltas that were read or written, and the packs they name. */
  readonly #loaded = new Map<string, readonly number[]>()
  /** Whether this process has ever looked which packs are there. */
  presenceKnown = false
  readonly #runs = new Map<string, Run>()
  #root = noRoot
  #foldedLeft: readonly string[] = []
  #running: Promise<unknown> = Promise.resolve()

  constructor(
    objects: ObjectStore,
    {
      repositoryId,
      indexKey,
      controlKey,
      cache = memoryIndexCache(),
      memoryBytes = indexMemoryBytesDefault,
      deltasMax = deltasMaxDefault,
      ...advice
    }: IndexStoreOptions,
  ) {
    this.index = new ChunkIndex(advice)
    this.#store = objects
    this.#repositoryId = repositoryId
    this.#indexKey = indexKey
    const blockBytesMax = memoryBytes / 2
    this.entriesBytesMax = memoryBytes / 2
    this.deltasMax = deltasMax
    this.objects = new IndexObjects({ objects, repositoryId, indexKey, controlKey, cache, blockBytesMax })
  }

  /** The deltas in memory, and the ordinals of the packs they name. */
  get deltas(): ReadonlyMap<string, readonly number[]> {
    return this.#loaded
  }

  /** Deltas that the root holds and that are still there: they should go. */
  get foldedLeft(): readonly string[] {
    return this.#foldedLeft
  }

  /** A run of the root, unless it is damaged. */
  runOf(names: RunNames): Run | undefined {
    return this.#runs.get(nameOf(names))
  }

  /** The newest root that is known, its number 0 if there is none. */
  get root(): IndexRoot {
    return this.#root
  }

  /** A delta this process wrote itself. */
  markLoaded(deltaKey: string, packs: readonly IndexedPack[]): void {
    this.#loaded.set(
      deltaKey,
      packs.map(({ ordinal }) => ordinal),
    )
  }

  forgetDelta(deltaKey: string): void {
    this.#loaded.delete(deltaKey)
  }

  /** A pack was not there when it was asked for. From now on the other copies of its blobs are found. */
  lose(pack: IndexedPack): void {
    if (pack.state !== 'pending') pack.state = 'gone'
  }

  /** Reads what is new: the newest root, and the deltas that it does not hold. */
  refresh(signal?: AbortSignal): Promise<void> {
    return this.#oneByOne(() => this.#update(signal))
  }

  /** As `refresh`, and reads deltas that were damaged once more. */
  readDamagedAgain(signal?: AbortSignal): Promise<void> {
    for (const key of this.damaged.keys()) if (this.#loaded.delete(key)) this.damaged.delete(key)
    return this.refresh(signal)
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
      const { table } = this.index
      const expected = Uint8Array.from({ length: table.count }, (_, i) => (table.stateOf(i) === 'pending' ? 0 : 1))
      const listed = new Uint32Array(table.count)
      const unlisted: Uint8Array[] = []
      for await (const { key, sizeBytes } of this.#store.list(packsPrefix, signal)) {
        onPack(key, sizeBytes)
        const name = packNameOf(key)
        if (name === undefined) continue
        const ordinal = table.ordinalOf(name)
        if (ordinal === undefined || (!table.hasRow(ordinal) && table.stateOf(ordinal) !== 'pending'))
          unlisted.push(name)
        if (ordinal === undefined || ordinal >= listed.length) continue
        listed[ordinal] = sizeBytes
        if (expected[ordinal] !== 1) continue
        expected[ordinal] = 0
        if (table.hasRow(ordinal))
          table.setState(ordinal, sizeBytes === table.sizeBytesOf(ordinal) ? 'live' : 'doubtful')
      }
      for (const [ordinal, missing] of expected.entries()) if (missing === 1) table.setState(ordinal, 'gone')
      table.setListed(listed)
      this.presenceKnown = true
      return { unlisted }
    })
  }

  /** Looks whether these packs are there, and of the right size: as `checkPresence`, for few. */
  async checkPacks(ordinals: Iterable<number>, signal?: AbortSignal): Promise<void> {
    const { table } = this.index
    await forEachConcurrent(ordinals, headsAtOnce, async (ordinal) => {
      if (table.stateOf(ordinal) === 'pending') return
      const sizeBytes = await this.#store.size(packKey(table.nameOf(ordinal)), signal)
      table.setListedBytes(ordinal, sizeBytes ?? 0)
      if (sizeBytes === undefined) table.setState(ordinal, 'gone')
      else if (table.hasRow(ordinal))
        table.setState(ordinal, sizeBytes === table.sizeBytesOf(ordinal) ? 'live' : 'doubtful')
    })
  }

  /**
   * Learns packs that no delta names from their trailers. A pack that cannot be understood, or is no longer there, is left out;
   * with `scan`, one whose trailer is damaged is looked at blob by blob.
   *
   * @throws `repository.index-lost` if they are more than memory holds
   */
  async salvage(
    names: readonly Uint8Array[],
    signal?: AbortSignal,
    { scan = false }: { readonly scan?: boolean } = {},
  ): Promise<SalvagedPack[]> {
    const salvaged: SalvagedPack[] = []
    await forEachConcurrent(names, readsAtOnce, async (name) => {
      const contents = await this.#contentsOf(name, scan, signal)
      if (contents === undefined) return
      const pack = this.#doubtful(name)
      this.index.table.setListedBytes(pack.ordinal, contents.sizeBytes)
      for (const entry of contents.entries) this.index.add(pack, entry)
      salvaged.push({ pack, ...contents })
      if (this.index.entries.bytes > 4 * this.entriesBytesMax)
        throw fail('repository.index-lost', { packs: names.length, damaged: [...this.damaged.keys()].slice(0, 3) })
    })
    return salvaged
  }

  async #contentsOf(name: Uint8Array, scan: boolean, signal: AbortSignal | undefined) {
    try {
      const identity = { repositoryId: this.#repositoryId, name }
      const contents = await readTrailer(this.#store, identity, this.#indexKey, signal).catch((error: unknown) => {
        if (!scan || !(error instanceof FormatError)) throw error
        return this.#scan(name, signal)
      })
      return { ...contents, keyGeneration: await this.#generationIn(name, contents.entries, signal) }
    } catch (error) {
      if (!(error instanceof FormatError) && !hasCode(error, 'storage.not-found')) throw error
      return undefined
    }
  }

  /** Its hash is not known: whoever verifies the pack finds its trailer damaged before he asks. @throws FormatError */
  async #scan(name: Uint8Array, signal: AbortSignal | undefined): Promise<PackContents> {
    const key = packKey(name)
    const sizeBytes = (await this.#store.size(key, signal)) ?? 0
    const entries = await scanPack(this.#store, key, sizeBytes, signal)
    if (entries.length === 0) throw new FormatError('nothing in it can be made out')
    const isData = entries.some(({ type }) => type === blobType.chunk)
    return { sizeBytes, kind: isData ? packKind.data : packKind.metadata, sha256: new Uint8Array(32), entries }
  }

  /** A pack has one: that of any blob which has one. */
  async #generationIn(name: Uint8Array, entries: readonly PackEntry[], signal?: AbortSignal): Promise<number> {
    const sealed = entries.find(({ type }) => type !== blobType.mapPage)
    if (sealed === undefined) return 0
    const header = new Uint8Array(blobHeaderBytes)
    await this.#store.getRange(packKey(name), sealed.offsetBytes, header, signal)
    return generationOf(header)
  }

  #doubtful(name: Uint8Array): IndexedPack {
    const pack = this.index.packOf(packKey(name)) ?? this.index.addPack(name, 'doubtful')
    if (pack.state === 'gone') pack.state = 'doubtful'
    return pack
  }

  /**
   * Deltas are listed before the root is looked for: one that is not listed any more was folded into a root that is there by then.
   * What a root or a list names and is not there means that there is a newer root: then everything is looked at again.
   */
  async #update(signal: AbortSignal | undefined): Promise<void> {
    for (let attempt = 1; attempt <= rootsTriedMax; attempt++) {
      const before = [...this.#loaded.keys()]
      const listed = new Set<string>()
      for await (const { key } of this.#store.list(deltasPrefix, signal)) listed.add(key)
      const number = await this.objects.newestRoot(signal)
      if (number > this.#root.number && !(await this.#takeRoot(number, signal))) continue
      for (const key of before) if (!listed.has(key)) this.#loaded.delete(key)
      this.#foldedLeft = this.#root.folded.filter((key) => listed.delete(key))
      const fresh = [...listed].filter((key) => !this.#loaded.has(key))
      const vanished = await this.#loadDeltas(fresh, signal)
      if (!vanished || (await this.objects.newestRoot(signal)) <= this.#root.number) return
    }
    throw fail('repository.index-restless', { root: rootKey(this.#root.number) })
  }

  /** False if a newer root has taken its place meanwhile. */
  async #takeRoot(number: number, signal: AbortSignal | undefined): Promise<boolean> {
    const root = await this.#readRoot(number, signal)
    if (root === undefined) return false
    const names = root.runs.flatMap(({ packTables, segments }) => [...packTables, ...segments])
    await this.objects.expect(
      names,
      root.runs.reduce((sum, run) => sum + bytesOf(run), 0),
    )
    const runs: Run[] = []
    for (const run of root.runs) {
      const opened = this.#runs.get(nameOf(run)) ?? (await this.#openRun(run, signal))
      if (opened instanceof Run) runs.push(opened)
      else if ((await this.objects.newestRoot(signal)) > number) return false
      else this.damaged.set(opened.object, opened.reason)
    }
    this.#root = root
    this.#runs.clear()
    for (const run of runs) this.#runs.set(nameOf(run.names), run)
    this.index.setRuns(runs)
    this.#forgetDamage(root)
    return true
  }

  /** A root that cannot be understood holds nothing: its packs are found by their trailers. `undefined` if it is not there. */
  async #readRoot(number: number, signal: AbortSignal | undefined): Promise<IndexRoot | undefined> {
    try {
      return await this.objects.readRoot(number, signal)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.damaged.set(rootKey(number), error.message)
    }
    return { ...noRoot, number }
  }

  async #openRun(names: RunNames, signal: AbortSignal | undefined): Promise<Run | Damaged> {
    const opened: OpenSegment[] = []
    const missing: Damaged[] = []
    await forEachConcurrent(names.segments.entries(), segmentsAtOnce, async ([i, name]) => {
      const segment = await readable(segmentKey(name), () => this.objects.openSegment(name, signal))
      if ('reason' in segment) missing.push(segment)
      else opened[i] = segment
    })
    let rows = 0 // all tables are looked at before any is believed: a pack that is known must be known with all it holds
    for (const name of names.packTables) {
      const table = await readable(segmentKey(name), () => this.objects.readPackTable(name, signal))
      if ('reason' in table) missing.push(table)
      else rows += table.count
    }
    if (missing.length > 0) return missing[0]!
    if (rows !== names.packs || opened.reduce((sum, { entries }) => sum + entries, 0) !== names.entries)
      return { object: segmentKey(names.segments[0]!), reason: 'its root says that it holds something else' }
    return new Run(names, await this.#learnPacks(names, signal), opened, this.objects.blocks)
  }

  async #learnPacks(names: RunNames, signal: AbortSignal | undefined): Promise<Uint32Array> {
    const packs = new Uint32Array(names.packs)
    let count = 0
    for (const name of names.packTables) {
      const table = await this.objects.readPackTable(name, signal)
      if (table === undefined)
        throw fail('repository.object-corrupt', { object: segmentKey(name), reason: 'it is missing' })
      for (const { since, ...row } of table.rows) packs[count++] = this.index.table.addRow(row, since)
    }
    return packs
  }

  /** What a newer root does not name any more is no damage. */
  #forgetDamage(root: IndexRoot): void {
    const named = new Set([
      rootKey(root.number),
      ...root.runs.flatMap(({ packTables, segments }) => [...packTables, ...segments].map(segmentKey)),
    ])
    for (const key of this.damaged.keys())
      if (!key.startsWith(deltasPrefix) && !named.has(key)) this.damaged.delete(key)
  }

  /** Says whether one that was listed is not there. */
  async #loadDeltas(keys: readonly string[], signal: AbortSignal | undefined): Promise<boolean> {
    let vanished = false
    await forEachConcurrent(keys, readsAtOnce, async (key) => {
      vanished ||= (await this.#load(key, signal)) === 'absent'
    })
    return vanished
  }

  async #load(key: string, signal: AbortSignal | undefined): Promise<'loaded' | 'absent'> {
    const name = deltaNameOf(key)
    if (name === undefined) return 'loaded'
    const { sessionId, number } = name
    try {
      const identity = { repositoryId: this.#repositoryId, sessionId: fromHex(sessionId, 16)!, number }
      const source = await this.#store.get(key, deltaBytesMax, signal)
      if (source === undefined) return 'absent'
      const { packs, entries } = decodeDelta(source, identity, this.#indexKey)
      this.#loaded.set(key, this.index.addDelta(packs, entries, sinceOf(sessionId)))
      this.damaged.delete(key)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      this.damaged.set(key, error.message)
      this.#loaded.set(key, [])
    }
    return 'loaded'
  }

  /** A caller must see what was there when it called, so that it cannot share a run that has begun. */
  #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#running.then(work, work)
    this.#running = run.catch(() => {})
    return run
  }
}

/** What is damaged twice, or not there, is named. */
async function readable<T extends object>(object: string, read: () => Promise<T | undefined>): Promise<T | Damaged> {
  try {
    return (await read()) ?? { object, reason: 'it is missing' }
  } catch (error) {
    if (!(error instanceof FormatError) && !hasCode(error, 'storage.too-large')) throw error
    return { object, reason: (error as Error).message }
  }
}

/** When a session began, in seconds, as pack tables say it. */
export const sinceOf = (sessionId: string): number =>
  Math.min(Math.floor(createdAtMsOf(sessionId) / 1000), 0xff_ff_ff_ff)

const nameOf = ({ packTables, segments }: RunNames) => [...packTables, ...segments].map(segmentFileName).join()

/** About what a run takes on this machine. */
const bytesOf = ({ entries, packs }: RunNames) => segmentBlocksOf(entries).total * blockBytes + packs * 90
