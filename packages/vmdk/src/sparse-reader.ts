import { between, checkRun, cut, diskFail, endOf, type Extent, joined } from '@vmkeep/disk'
import { AsyncCache, forEachConcurrent, Limiter } from '@vmkeep/kit'
import { type ByteSource, damagedAt } from './byte-source.ts'
import { readGrain } from './compressed-grain.ts'
import type { GrainMap, GrainPlace, GrainTable } from './grain-map.ts'
import { dataOf, type HeldRun, type Layer } from './layer.ts'
import { sectorSizeBytes } from './sectors.ts'

const tableCacheBytes = 2 * 1024 * 1024
const grainCacheBytes = 8 * 1024 * 1024
const readsInFlightMax = 16

/** A run of the disk and where its bytes are in the file. A compressed grain is its own run. */
interface PlacedRun {
  readonly extent: Extent
  readonly place: GrainPlace
}

/** A sparse extent, read through its grain tables. */
export class SparseReader implements Layer {
  readonly capacityBytes: number
  readonly sectorSizeBytes = sectorSizeBytes
  readonly #source: ByteSource
  readonly #map: GrainMap
  readonly #tables: AsyncCache<number, GrainTable | undefined>
  readonly #grains: AsyncCache<number, Uint8Array>
  readonly #limiter = new Limiter(readsInFlightMax)
  #closed = false

  /** Takes `source` over. */
  constructor(source: ByteSource, map: GrainMap) {
    this.#source = source
    this.#map = map
    this.capacityBytes = map.capacityBytes
    this.#tables = new AsyncCache(Math.ceil(tableCacheBytes / (map.grainsPerTable * 4)))
    this.#grains = new AsyncCache(Math.ceil(grainCacheBytes / map.grainBytes))
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#source.path })
    checkRun(this.#source.path, this.capacityBytes, offsetBytes, target.length)
    const runs = this.#placed({ offsetBytes, lengthBytes: target.length })
    await forEachConcurrent(runs, readsInFlightMax, async (run) => {
      signal?.throwIfAborted()
      const start = run.extent.offsetBytes - offsetBytes
      await this.#readRun(run, target.subarray(start, start + run.extent.lengthBytes))
    })
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    yield* joined(dataOf(this.holdings(within, signal)))
  }

  async *holdings(within: Extent, signal?: AbortSignal): AsyncIterable<HeldRun> {
    checkRun(this.#source.path, this.capacityBytes, within.offsetBytes, within.lengthBytes)
    for await (const { extent, place } of this.#placed(within)) {
      signal?.throwIfAborted()
      yield { extent, holding: typeof place === 'number' ? 'data' : place }
    }
  }

  async #readRun({ extent, place }: PlacedRun, target: Uint8Array): Promise<void> {
    if (typeof place !== 'number') return void target.fill(0)
    using _place = await this.#limiter.acquire()
    if (!this.#map.isCompressed) return await this.#source.read(place, target)
    const grain = await this.#grain(place, extent)
    const start = extent.offsetBytes % this.#map.grainBytes
    target.set(grain.subarray(start, start + target.length))
  }

  #grain(fileOffsetBytes: number, extent: Extent): Promise<Uint8Array> {
    const { grainBytes } = this.#map
    const startBytes = Math.floor(extent.offsetBytes / grainBytes) * grainBytes
    const neededBytes = Math.min(grainBytes, this.capacityBytes - startBytes)
    return this.#grains.get(fileOffsetBytes, () =>
      readGrain(this.#source, fileOffsetBytes, { startBytes, neededBytes, grainBytes }),
    )
  }

  /** Every byte of `within` once, ascending. */
  async *#placed(within: Extent): AsyncIterable<PlacedRun> {
    const coverageBytes = this.#map.grainBytes * this.#map.grainsPerTable
    for (const covered of cut(within, coverageBytes)) {
      const index = Math.floor(covered.offsetBytes / coverageBytes)
      const table = await this.#tables.get(index, () => this.#map.table(this.#source, index))
      if (table === undefined) yield { extent: covered, place: 'nothing' }
      else yield* this.#runsOf(table, covered)
    }
  }

  /** What one table says, in runs as long as they lie together in the file. */
  *#runsOf(table: GrainTable, covered: Extent): Iterable<PlacedRun> {
    let open: PlacedRun | undefined
    for (const extent of cut(covered, this.#map.grainBytes)) {
      const run = { extent, place: this.#placeOf(table, extent) }
      if (open !== undefined && this.#continues(open, run)) {
        open = { ...open, extent: between(open.extent.offsetBytes, endOf(extent)) }
        continue
      }
      if (open !== undefined) yield open
      open = run
    }
    if (open !== undefined) yield open
  }

  #continues(before: PlacedRun, run: PlacedRun): boolean {
    if (typeof before.place !== 'number' || typeof run.place !== 'number') return before.place === run.place
    return !this.#map.isCompressed && run.place === before.place + before.extent.lengthBytes
  }

  #placeOf(table: GrainTable, extent: Extent): GrainPlace {
    const { grainBytes, grainsPerTable, isCompressed } = this.#map
    const grain = Math.floor(extent.offsetBytes / grainBytes)
    const place = table(grain % grainsPerTable)
    if (typeof place !== 'number') return place
    const offsetBytes = place + (isCompressed ? 0 : extent.offsetBytes % grainBytes)
    const neededBytes = isCompressed ? sectorSizeBytes : extent.lengthBytes
    if (offsetBytes + neededBytes <= this.#source.sizeBytes) return offsetBytes
    const fact = `grain ${grain} should be here, but the file has ${this.#source.sizeBytes} bytes`
    throw damagedAt(this.#source, offsetBytes, fact)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#source[Symbol.asyncDispose]()
  }
}
