import { checkRun, cut, between, diskFail, type DiskReader, endOf, type Extent, isZero, joined } from '@vmkeep/disk'
import { forEachConcurrent, Limiter } from '@vmkeep/kit'
import { AsyncCache } from './async-cache.ts'
import { type ByteSource, damagedAt, decodedFrom, readBytes } from './byte-source.ts'
import { readGrain } from './compressed-grain.ts'
import { bytesOf, sectorSizeBytes } from './sectors.ts'
import {
  decodeEntries,
  directoryEntriesOf,
  isCompressed,
  sparseFlags,
  type SparseHeader,
  tableEntries,
} from './sparse-header-format.ts'
import { readSparseHeader } from './sparse-header.ts'

const tableCacheEntries = 1024 // 2 MiB
const grainCacheBytes = 8 * 1024 * 1024
const readsInFlightMax = 16

/** A run of the disk and where its bytes are in the file; `undefined` for zeroes. A compressed grain is its own run. */
interface Located {
  readonly extent: Extent
  readonly fileOffsetBytes: number | undefined
}

/**
 * A hosted sparse extent, compressed or not, read through its grain tables.
 *
 * ```
 * directory ─► tables of 512 entries ─► grains of 64 KiB     0 = never written
 * ```
 */
export class SparseReader implements DiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes = sectorSizeBytes
  readonly header: SparseHeader
  readonly #source: ByteSource
  readonly #directory: Uint32Array
  readonly #grainBytes: number
  readonly #tables = new AsyncCache<number, Uint32Array | undefined>(tableCacheEntries)
  readonly #grains: AsyncCache<number, Uint8Array>
  readonly #limiter = new Limiter(readsInFlightMax)
  #closed = false

  /** Takes `source` over. @throws `vmdk.damaged` */
  static async open(source: ByteSource): Promise<SparseReader> {
    const header = await readSparseHeader(source)
    const offsetBytes = bytesOf(Number(header.gdOffsetSectors))
    const bytes = await readBytes(source, offsetBytes, directoryEntriesOf(header) * 4)
    return new SparseReader(source, header, decodeEntries(bytes))
  }

  private constructor(source: ByteSource, header: SparseHeader, directory: Uint32Array) {
    this.#source = source
    this.header = header
    this.#directory = directory
    this.capacityBytes = bytesOf(header.capacitySectors)
    this.#grainBytes = bytesOf(header.grainSectors)
    this.#grains = new AsyncCache(Math.ceil(grainCacheBytes / this.#grainBytes))
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#source.path })
    checkRun(this.#source.path, this.capacityBytes, offsetBytes, target.length)
    const runs = this.#located({ offsetBytes, lengthBytes: target.length })
    await forEachConcurrent(runs, readsInFlightMax, async (run) => {
      signal?.throwIfAborted()
      const start = run.extent.offsetBytes - offsetBytes
      await this.#readRun(run, target.subarray(start, start + run.extent.lengthBytes))
    })
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    checkRun(this.#source.path, this.capacityBytes, within.offsetBytes, within.lengthBytes)
    yield* joined(this.#data(within, signal))
  }

  async *#data(within: Extent, signal: AbortSignal | undefined): AsyncIterable<Extent> {
    for await (const { extent, fileOffsetBytes } of this.#located(within)) {
      signal?.throwIfAborted()
      if (fileOffsetBytes !== undefined) yield extent
    }
  }

  async #readRun({ extent, fileOffsetBytes }: Located, target: Uint8Array): Promise<void> {
    if (fileOffsetBytes === undefined) return void target.fill(0)
    using _place = await this.#limiter.acquire()
    if (!isCompressed(this.header)) return await this.#source.read(fileOffsetBytes, target)
    const grain = await this.#grain(fileOffsetBytes, extent)
    const start = extent.offsetBytes % this.#grainBytes
    target.set(grain.subarray(start, start + target.length))
  }

  #grain(fileOffsetBytes: number, extent: Extent): Promise<Uint8Array> {
    const startBytes = Math.floor(extent.offsetBytes / this.#grainBytes) * this.#grainBytes
    const neededBytes = Math.min(this.#grainBytes, this.capacityBytes - startBytes)
    return this.#grains.get(fileOffsetBytes, () =>
      readGrain(this.#source, fileOffsetBytes, { startBytes, neededBytes, grainBytes: this.#grainBytes }),
    )
  }

  /** Every byte of `within` once, ascending. */
  async *#located(within: Extent): AsyncIterable<Located> {
    const coverageBytes = this.#grainBytes * tableEntries
    for (const covered of cut(within, coverageBytes)) {
      const table = await this.#table(Math.floor(covered.offsetBytes / coverageBytes))
      if (table === undefined) yield { extent: covered, fileOffsetBytes: undefined }
      else yield* this.#runsOf(table, covered)
    }
  }

  /** What one table says, in runs as long as they lie together in the file. */
  *#runsOf(table: Uint32Array, covered: Extent): Iterable<Located> {
    let open: Located | undefined
    for (const extent of cut(covered, this.#grainBytes)) {
      const run = { extent, fileOffsetBytes: this.#find(table, extent) }
      if (open !== undefined && this.#continues(open, run)) {
        open = { ...open, extent: between(open.extent.offsetBytes, endOf(extent)) }
        continue
      }
      if (open !== undefined) yield open
      open = run
    }
    if (open !== undefined) yield open
  }

  #continues(before: Located, run: Located): boolean {
    if (before.fileOffsetBytes === undefined || run.fileOffsetBytes === undefined)
      return before.fileOffsetBytes === run.fileOffsetBytes
    return !isCompressed(this.header) && run.fileOffsetBytes === before.fileOffsetBytes + before.extent.lengthBytes
  }

  #find(table: Uint32Array, extent: Extent): number | undefined {
    const grain = Math.floor(extent.offsetBytes / this.#grainBytes)
    const sector = table[grain % tableEntries]!
    const zeroed = sector === 1 && (this.header.flags & sparseFlags.zeroedGrains) !== 0
    if (sector === 0 || zeroed) return undefined
    const insideBytes = isCompressed(this.header) ? 0 : extent.offsetBytes % this.#grainBytes
    const neededBytes = isCompressed(this.header) ? sectorSizeBytes : extent.lengthBytes
    const fileOffsetBytes = bytesOf(sector) + insideBytes
    if (fileOffsetBytes + neededBytes > this.#source.sizeBytes)
      throw damagedAt(
        this.#source,
        fileOffsetBytes,
        `grain ${grain} should be here, but the file has ${this.#source.sizeBytes} bytes`,
      )
    return fileOffsetBytes
  }

  async #table(index: number): Promise<Uint32Array | undefined> {
    const sector = this.#directory[index]!
    if (sector === 0) return undefined
    return await this.#tables.get(index, async () => {
      // the tables of a file that grows are all there, and most of them empty
      const bytes = await readBytes(this.#source, bytesOf(sector), tableEntries * 4)
      return isZero(bytes) ? undefined : decodedFrom(this.#source, bytesOf(sector), () => decodeEntries(bytes))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#source[Symbol.asyncDispose]()
  }
}
