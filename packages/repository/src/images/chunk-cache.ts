import { toHex } from '../formats/hex.ts'
import type { ChunkFetcher } from './chunk-fetcher.ts'

const bytesMax = 16 * 1024 * 1024

/** Plain chunks read a little at a time: whoever walks through an image in small steps opens each chunk once. */
export class ChunkCache {
  readonly #fetcher: ChunkFetcher
  /** The longest unused first. */
  readonly #chunks = new Map<string, { readonly bytes: Promise<Uint8Array>; readonly sizeBytes: number }>()
  #bytes = 0

  constructor(fetcher: ChunkFetcher) {
    this.#fetcher = fetcher
  }

  /** A shared chunk: do not change it. */
  async read(id: Uint8Array, chunkSizeBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    const key = toHex(id)
    const entry = this.#chunks.get(key) ?? { bytes: this.#load(id, chunkSizeBytes), sizeBytes: chunkSizeBytes }
    this.#forget(key)
    this.#chunks.set(key, entry)
    this.#bytes += entry.sizeBytes
    for (const oldest of this.#chunks.keys()) if (this.#bytes > bytesMax && oldest !== key) this.#forget(oldest)
    try {
      const bytes = await entry.bytes
      signal?.throwIfAborted()
      return bytes
    } catch (error) {
      if (this.#chunks.get(key) === entry && !signal?.aborted) this.#forget(key)
      throw error
    }
  }

  #forget(key: string): void {
    const entry = this.#chunks.get(key)
    if (entry === undefined) return
    this.#chunks.delete(key)
    this.#bytes -= entry.sizeBytes
  }

  /** Without a signal: others may be waiting for the same chunk. */
  async #load(id: Uint8Array, chunkSizeBytes: number): Promise<Uint8Array> {
    using fetched = await this.#fetcher.fetch([id], chunkSizeBytes)
    return fetched.bytes.slice()
  }
}
