import { aligned, between, cut, endOf, type Extent, intersected, subtracted, whole } from '@vmkeep/disk'
import { hasCode } from '@vmkeep/kit'
import type { PageCache } from '../map/page-cache.ts'
import type { ImageReader, ImageRun, OnDamaged } from '../repository.ts'
import type { StoredImage } from '../restore-point.ts'
import { walkImage } from '../verify/walk-point.ts'

/** What is read in one go before a damaged chunk makes it necessary to look at each. */
const windowBytes = 64 * 1024 * 1024

/**
 * An image of which parts cannot be had: they read as zeroes, and whoever asked for that is told of each, in whole chunks, perhaps
 * more than once. What could merely not be read now fails as ever.
 */
export class DamagedImageReader implements ImageReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #inner: ImageReader
  readonly #image: StoredImage
  readonly #lostPages: readonly Extent[]
  readonly #onDamaged: OnDamaged

  private constructor(
    inner: ImageReader,
    { image, lostPages, onDamaged }: { image: StoredImage; lostPages: readonly Extent[]; onDamaged: OnDamaged },
  ) {
    this.capacityBytes = inner.capacityBytes
    this.sectorSizeBytes = inner.sectorSizeBytes
    this.#inner = inner
    this.#image = image
    this.#lostPages = lostPages
    this.#onDamaged = onDamaged
  }

  /** Walks the map, so that what hangs on a page that is lost is known at once. */
  static async open(
    inner: ImageReader,
    { image, pages, onDamaged }: { image: StoredImage; pages: PageCache; onDamaged: OnDamaged },
    signal?: AbortSignal,
  ): Promise<DamagedImageReader> {
    const lostPages: Extent[] = []
    let last = whole(0)
    const visitor = {
      visit: (_: Uint8Array, extent: Extent) => void (last = extent),
      enters: () => true,
      onLost(_: string, error: unknown) {
        if (!isLost(error)) throw error
        lostPages.push(last)
      },
    }
    await walkImage(pages, image, visitor, signal)
    return new DamagedImageReader(inner, { image, lostPages, onDamaged })
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { chunkSizeBytes } = this.#image
    const end = offsetBytes + target.length
    for (let at = offsetBytes; at < end;) {
      const next = Math.min(end, at - (at % chunkSizeBytes) + chunkSizeBytes)
      await this.#readOrZero(at, target.subarray(at - offsetBytes, next - offsetBytes), signal)
      at = next
    }
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    for await (const extent of subtracted([within], this.#lostPages)) yield* this.#inner.allocated(extent, signal)
  }

  async *runs(
    extents: AsyncIterable<Extent> | Iterable<Extent> = [whole(this.capacityBytes)],
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<ImageRun> {
    for await (const extent of aligned(extents, this.#image.chunkSizeBytes, this.capacityBytes)) {
      for await (const lost of intersected([extent], this.#lostPages)) this.#onDamaged(lost)
      for await (const rest of subtracted([extent], this.#lostPages))
        for (const window of cut(rest, windowBytes)) yield* this.#window(window, signal)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]()
  }

  async *#window(window: Extent, signal: AbortSignal | undefined): AsyncIterable<ImageRun> {
    let done = window.offsetBytes
    try {
      for await (const run of this.#inner.runs([window], { signal })) {
        done = run.offsetBytes + run.bytes.length
        yield run
      }
      return
    } catch (error) {
      if (!isLost(error)) throw error
    }
    for await (const extent of this.#inner.allocated(between(done, endOf(window)), signal))
      for (const chunk of cut(extent, this.#image.chunkSizeBytes)) {
        const bytes = new Uint8Array(chunk.lengthBytes)
        if (await this.#readOrZero(chunk.offsetBytes, bytes, signal))
          yield { offsetBytes: chunk.offsetBytes, bytes, [Symbol.dispose]: () => {} }
      }
  }

  /** Reads inside one chunk. False if it cannot be had. */
  async #readOrZero(offsetBytes: number, target: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.#inner.read(offsetBytes, target, signal)
      return true
    } catch (error) {
      if (!isLost(error)) throw error
      target.fill(0)
      const { chunkSizeBytes } = this.#image
      const start = offsetBytes - (offsetBytes % chunkSizeBytes)
      this.#onDamaged(between(start, Math.min(start + chunkSizeBytes, this.capacityBytes)))
      return false
    }
  }
}

/** Read whole, twice, and wrong; or not there. */
const isLost = (error: unknown) =>
  hasCode(
    error,
    'repository.chunk-corrupt',
    'repository.chunk-missing',
    'repository.pack-missing',
    'repository.pack-corrupt',
    'repository.map-corrupt',
  )
