import { codeOf } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { toHex } from '../formats/hex.ts'
import type { BlobLocation } from '../index/chunk-index.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import { type BlobToOpen, regionOf } from '../workers/jobs.ts'
import { once } from './once.ts'
import { type PackRead, planReads } from './plan-reads.ts'

/** What one job opens: small enough to spread a fetch over the threads. */
const chunksPerJob = 8
/** What is fetched at once, plain: a few neighbours in a pack. */
const fetchBytesMax = 2 * 1024 * 1024

/** Plain bytes in shared memory, on loan until disposed. */
export interface FetchedChunks extends Disposable {
  /** One chunk after the other, in the order they were asked for. */
  readonly bytes: Uint8Array
}

/** Fetches many chunks at once: neighbours in a pack in one read, opened by the threads. */
export class ChunkFetcher {
  readonly #core: Core
  readonly #reader: BlobReader

  constructor(core: Core, reader: BlobReader) {
    this.#core = core
    this.#reader = reader
  }

  get inFlightMax(): number {
    return this.#core.readsInFlightMax
  }

  /** How much to fetch at once: as many fetches as may be in flight fit the memory, even if nothing in them compresses. */
  fetchBytesFor(chunkSizeBytes: number): number {
    const share = Math.floor(this.#core.memory.reads.sizeBytes / this.inFlightMax / 2)
    const chunks = Math.floor(Math.min(share, fetchBytesMax) / chunkSizeBytes)
    return Math.max(1, chunks) * chunkSizeBytes
  }

  /**
   * The chunks with these ids, whole, authenticated and matching their ids. Waits while there is no memory for them.
   *
   * @throws what {@link BlobReader.read} throws, for the first chunk that cannot be had
   */
  async fetch(ids: readonly Uint8Array[], chunkSizeBytes: number, signal?: AbortSignal): Promise<FetchedChunks> {
    const { reads } = this.#core.memory
    const locations = await this.#locate(ids, signal)
    const plan = planReads(locations)
    const plainBytes = ids.length * chunkSizeBytes
    const memory = await reads.allocate(plainBytes + plan.reduce((sum, read) => sum + read.lengthBytes, 0), signal)
    try {
      const fetched = await this.#fill(memory, { ids, chunkSizeBytes, plan, plainBytes }, signal)
      reads.shrink(memory, plainBytes)
      return fetched
    } catch (error) {
      reads.release(memory)
      throw error
    }
  }

  async #fill(
    memory: Uint8Array,
    {
      ids,
      chunkSizeBytes,
      plan,
      plainBytes,
    }: { ids: readonly Uint8Array[]; chunkSizeBytes: number; plan: readonly PackRead[]; plainBytes: number },
    signal: AbortSignal | undefined,
  ): Promise<FetchedChunks> {
    const bytes = memory.subarray(0, plainBytes)
    const targetOf = (i: number) => bytes.subarray(i * chunkSizeBytes, (i + 1) * chunkSizeBytes)
    const missing = new Set(ids.keys())
    let sourceAt = plainBytes
    const settled = await Promise.allSettled(
      plan.map(async (read) => {
        const source = memory.subarray(sourceAt, (sourceAt += read.lengthBytes))
        await this.#core.objects.getRange(read.packKey, read.offsetBytes, source, signal)
        const blobs = read.blobs.map(({ index, offsetBytes, storedBytes }) => ({
          index,
          blob: regionOf(source.subarray(offsetBytes - read.offsetBytes, offsetBytes - read.offsetBytes + storedBytes)),
          id: ids[index]!,
          target: regionOf(targetOf(index)),
        }))
        for (const index of await this.#open(blobs)) missing.delete(index)
      }),
    ) // all of them, even after a failure: until then they write to the memory
    signal?.throwIfAborted()
    for (const outcome of settled)
      if (outcome.status === 'rejected' && !isOfStorage(outcome.reason)) throw outcome.reason as Error
    for (const index of missing) await this.#single(ids[index]!, targetOf(index), signal)
    return { bytes, [Symbol.dispose]: once(() => this.#core.memory.reads.release(bytes)) }
  }

  /** Opens blobs in place; returns the indexes of those that were right. */
  async #open(blobs: readonly (BlobToOpen & { index: number })[]): Promise<number[]> {
    const right: number[] = []
    const jobs: Promise<void>[] = []
    for (let at = 0; at < blobs.length; at += chunksPerJob) {
      const some = blobs.slice(at, at + chunksPerJob)
      jobs.push(
        this.#core.jobs
          .run('open', { blobs: some.map(({ blob, id, target }) => ({ blob, id, target: target! })) })
          .then(({ wrong }) => {
            const failed = new Set(wrong.map(({ index }) => index))
            right.push(...some.flatMap(({ index }, i) => (failed.has(i) ? [] : [index])))
          }),
      )
    }
    const outcomes = await Promise.allSettled(jobs)
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason as Error
    return right
  }

  /** What the fast way could not get: again, alone, and with a precise error. */
  async #single(id: Uint8Array, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const plain = await this.#reader.read(id, undefined, signal)
    if (plain.length !== target.length)
      throw fail('repository.map-corrupt', {
        id: toHex(id),
        reason: `a chunk of ${plain.length} bytes, not ${target.length}`,
      })
    target.set(plain)
  }

  async #locate(ids: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<BlobLocation[]> {
    const locations: BlobLocation[] = []
    for (const id of ids)
      locations.push(this.#core.indexStore.index.find(id) ?? (await this.#reader.locate(id, signal)))
    return locations
  }
}

const isOfStorage = (error: unknown) => codeOf(error)?.startsWith('storage.') === true
