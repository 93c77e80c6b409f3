import { FormatError } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { blobType } from '../formats/blob.ts'
import { toHex } from '../formats/hex.ts'
import { MapPage } from '../formats/map-page.ts'
import type { BlobReader } from '../packs/blob-reader.ts'

const pagesMax = 1024 // about 8 MiB: the maps of 64 GiB of images at 256 KiB per chunk

/** Map pages by id, read once and kept while they are in use. */
export class PageCache {
  readonly #reader: BlobReader
  /** The longest unused first. A page being read is there as a promise, so that it is read once. */
  readonly #pages = new Map<string, Promise<MapPage>>()

  constructor(reader: BlobReader) {
    this.#reader = reader
  }

  /** A shared page: do not change it. @throws `repository.map-corrupt`, and what {@link BlobReader.read} throws */
  async read(id: Uint8Array, level: number, chunkBits: number, signal?: AbortSignal): Promise<MapPage> {
    const key = toHex(id)
    const known = this.#pages.get(key)
    this.#pages.delete(key)
    const page = known ?? this.#load(id, level, chunkBits)
    this.#pages.set(key, page)
    if (this.#pages.size > pagesMax) this.#pages.delete(this.#pages.keys().next().value!)
    try {
      const found = await page
      signal?.throwIfAborted()
      return fitting(found, level, chunkBits)
    } catch (error) {
      if (this.#pages.get(key) === page) this.#pages.delete(key)
      if (error instanceof FormatError) throw fail('repository.map-corrupt', { id: key, reason: error.message }, error)
      throw error
    }
  }

  /** Without a signal: others may be waiting for the same page. */
  async #load(id: Uint8Array, level: number, chunkBits: number): Promise<MapPage> {
    return MapPage.decode(await this.#reader.read(id, blobType.mapPage), level, chunkBits)
  }
}

function fitting(page: MapPage, level: number, chunkBits: number): MapPage {
  if (page.level === level && page.chunkBits === chunkBits) return page
  throw new FormatError(`it is of level ${page.level} with chunks of 2^${page.chunkBits} bytes, and belongs elsewhere`)
}
