import {
  aligned,
  between,
  checkRun,
  cut,
  diskFail,
  endOf,
  type Extent,
  intersection,
  joined,
  whole,
} from '@vmkeep/disk'
import { forEachConcurrent, mapConcurrent } from '@vmkeep/kit'
import type { MappedChunk, MapReader } from '../map/map-reader.ts'
import type { ImageReader, ImageRun } from '../repository.ts'
import type { StoredImage } from '../restore-point.ts'
import type { ChunkCache } from './chunk-cache.ts'
import type { ChunkFetcher, FetchedChunks } from './chunk-fetcher.ts'
import { runsOf } from './image-runs.ts'

export interface ImageSource {
  readonly image: StoredImage
  readonly map: MapReader
  readonly fetcher: Pick<ChunkFetcher, 'fetch' | 'fetchBytesFor' | 'inFlightMax'>
  readonly cache: ChunkCache
}

/** An image of a restore point, as a disk. */
export class MappedImageReader implements ImageReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes = 512
  readonly #source: ImageSource
  readonly #chunkBytes: number
  readonly #fetchBytes: number
  #closed = false

  constructor(source: ImageSource) {
    this.#source = source
    this.capacityBytes = source.image.capacityBytes
    this.#chunkBytes = source.image.chunkSizeBytes
    this.#fetchBytes = source.fetcher.fetchBytesFor(this.#chunkBytes)
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check(signal)
    checkRun('the image', this.capacityBytes, offsetBytes, target.length)
    const runs = cut({ offsetBytes, lengthBytes: target.length }, this.#fetchBytes)
    await forEachConcurrent(runs, this.#source.fetcher.inFlightMax, async (run) => {
      const at = run.offsetBytes - offsetBytes
      await this.#readRun(run, target.subarray(at, at + run.lengthBytes), signal)
    })
    this.#check(signal)
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    this.#check(signal)
    yield* joined(this.#mappedExtents(within, signal))
  }

  async *runs(
    extents: AsyncIterable<Extent> | Iterable<Extent> = [whole(this.capacityBytes)],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<ImageRun> {
    const stop = new AbortController()
    const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
    const ahead = new Set<FetchedChunks>()
    const { fetcher } = this.#source
    const fetchAhead = mapConcurrent(fetcher.inFlightMax, async (chunks: readonly MappedChunk[]) => {
      const fetched = await this.#fetch(chunks, either)
      ahead.add(fetched)
      return { chunks, fetched }
    })
    try {
      for await (const { chunks, fetched } of fetchAhead(this.#batches(extents, either))) {
        ahead.delete(fetched) // now it belongs to its runs
        let handedOver = false
        try {
          yield* runsOf(chunks, fetched, this.#source.image)
          handedOver = true
        } finally {
          if (!handedOver) stop.abort() // the caller stopped early: fetches may wait for memory it still holds
        }
        this.#check(signal)
      }
    } finally {
      for (const fetched of ahead) fetched[Symbol.dispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
  }

  async *#batches(
    extents: AsyncIterable<Extent> | Iterable<Extent>,
    signal: AbortSignal,
  ): AsyncIterable<readonly MappedChunk[]> {
    const chunksMax = this.#fetchBytes / this.#chunkBytes
    let batch: MappedChunk[] = []
    for await (const extent of aligned(extents, this.#chunkBytes, this.capacityBytes))
      for await (const chunk of this.#mapped(extent, signal)) {
        batch.push(chunk)
        if (batch.length < chunksMax) continue
        yield batch
        batch = []
      }
    if (batch.length > 0) yield batch
  }

  async #readRun(run: Extent, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    target.fill(0)
    const wholeChunks: MappedChunk[] = []
    const copy = ({ chunk }: MappedChunk, bytes: Uint8Array) => {
      const start = chunk * this.#chunkBytes
      const part = intersection(run, between(start, start + this.#chunkBytes))!
      target.set(bytes.subarray(part.offsetBytes - start, endOf(part) - start), part.offsetBytes - run.offsetBytes)
    }
    for await (const mapped of this.#mapped(run, signal))
      if (this.#covers(run, mapped)) wholeChunks.push(mapped)
      else copy(mapped, await this.#source.cache.read(mapped.id, this.#chunkBytes, signal))
    if (wholeChunks.length === 0) return
    using fetched = await this.#fetch(wholeChunks, signal)
    wholeChunks.forEach((mapped, i) =>
      copy(mapped, fetched.bytes.subarray(i * this.#chunkBytes, (i + 1) * this.#chunkBytes)),
    )
  }

  #covers(run: Extent, { chunk }: MappedChunk): boolean {
    const start = chunk * this.#chunkBytes
    return run.offsetBytes <= start && endOf(run) >= Math.min(start + this.#chunkBytes, this.capacityBytes)
  }

  async *#mappedExtents(within: Extent, signal: AbortSignal | undefined): AsyncIterable<Extent> {
    for await (const { chunk } of this.#mapped(within, signal)) {
      const extent = { offsetBytes: chunk * this.#chunkBytes, lengthBytes: this.#chunkBytes }
      const inside = intersection(within, extent)
      if (inside !== undefined) yield inside
    }
  }

  #mapped(within: Extent, signal: AbortSignal | undefined): AsyncIterable<MappedChunk> {
    const first = Math.floor(within.offsetBytes / this.#chunkBytes)
    return this.#source.map.mapped(first, Math.ceil(endOf(within) / this.#chunkBytes), signal)
  }

  #fetch(chunks: readonly MappedChunk[], signal: AbortSignal | undefined): Promise<FetchedChunks> {
    return this.#source.fetcher.fetch(
      chunks.map(({ id }) => id),
      this.#chunkBytes,
      signal,
    )
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: 'the image' })
  }
}
