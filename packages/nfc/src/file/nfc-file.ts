import assert from 'node:assert/strict'
import { forEachConcurrent, Limiter } from '@vmkeep/kit'
import type { Operation } from '../aio/operation.ts'
import { fail } from '../errors.ts'
import type { ChunkRun, OpenFileReply } from '../messages/index.ts'
import { allocatedExtents } from './allocated-extents.ts'
import { closeFile } from './close-file.ts'
import { type Extent, pieces } from './extent.ts'
import type { Handle } from './handle.ts'
import { allMetadata, ddbGet, type DiskMetadata, queryChunks } from './queries.ts'
import { ReadProgress } from './read-progress.ts'
import { sooner } from './sooner.ts'
import { submitRead, submitWrite } from './submit.ts'
import { isWholeSectors, readAnyBytes, type SectorWriter, writeAnyBytes } from './whole-sectors.ts'

/** Physical geometry, as the disk's descriptor has it. */
export interface Geometry {
  readonly cylinders: number
  readonly heads: number
  readonly sectors: number
}

/**
 * A VMDK on an ESXi host, open over one NFC connection.
 *
 * Calls may run in parallel. One that the host refuses fails alone; a broken connection fails all, and the file is of no
 * further use: see {@link openResumingNfcDisk} for one that comes back. Disposing drops the connection; `close` takes leave.
 */
export class NfcFile implements AsyncDisposable, SectorWriter {
  readonly path: string
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly geometry: Geometry
  readonly #handle: Handle
  /** A place is held until the host is done with the request, even if nobody waits for it any more. */
  readonly #places: Limiter
  readonly #edges = new Limiter(1)
  readonly #closing = new AbortController()
  #isFruitful = false
  #hasWritten = false

  constructor(handle: Handle, reply: OpenFileReply) {
    this.path = handle.settings.path
    this.capacityBytes = reply.capacityBytes
    this.sectorSizeBytes = reply.sectorSizeBytes
    this.geometry = { cylinders: reply.cylinders, heads: reply.heads, sectors: reply.sectors }
    this.#handle = handle
    this.#places = new Limiter(handle.settings.requestsInFlightMax)
  }

  /** Whether this connection was good for anything yet. */
  get isFruitful(): boolean {
    return this.#isFruitful
  }

  /**
   * Fills `target` from `offsetBytes` on, with several requests under way at once. Holes read as zeroes.
   * `target` belongs to the file until the promise settles.
   *
   * @throws `nfc.connection-lost`, `nfc.request-failed`, `nfc.out-of-range`, `nfc.closed`; `signal.reason` on abort
   */
  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check({ offsetBytes, lengthBytes: target.length }, signal)
    await readAnyBytes(this, offsetBytes, target, signal)
  }

  async readSectors(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.fill(new ReadProgress(offsetBytes, target), signal)
  }

  /** Reads what `progress` still misses. Whole sectors only. When it fails, `progress` knows what came. */
  async fill(progress: ReadProgress, signal?: AbortSignal): Promise<void> {
    const sink = {
      target: progress.target as Uint8Array | undefined,
      filled: (targetAt: number, lengthBytes: number) => {
        progress.filled(targetAt, lengthBytes)
        this.#isFruitful = true
      },
    }
    const { requestBytesMax, requestsInFlightMax } = this.#handle.settings
    try {
      await forEachConcurrent(progress.missing(requestBytesMax), requestsInFlightMax, (extent) =>
        this.#request(signal, () => submitRead(this.#handle, extent, extent.offsetBytes - progress.offsetBytes, sink)),
      )
    } finally {
      sink.target = undefined // the caller has its memory back
    }
  }

  /**
   * Writes all of `bytes`; resolves when the host has acknowledged them. `bytes` must not change until the promise settles.
   *
   * @throws like {@link read}, and `nfc.read-only` if the ticket was for reading
   */
  async write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const extent = { offsetBytes, lengthBytes: bytes.length }
    this.#check(extent, signal)
    this.#hasWritten = true
    if (isWholeSectors(this.sectorSizeBytes, extent)) await this.writeSectors(offsetBytes, bytes, signal)
    else await this.#edges.run(() => writeAnyBytes(this, offsetBytes, bytes, signal), signal)
  }

  /** One value of the descriptor's disk data base (key without `ddb.`), or `undefined` if it is not set. */
  ddbGet(key: string, signal?: AbortSignal): Promise<string | undefined> {
    return this.#answer(ddbGet(this.#handle, key), signal)
  }

  /** All values whose keys are known. */
  readDiskMetadata(signal?: AbortSignal): Promise<DiskMetadata> {
    return allMetadata((key) => this.ddbGet(key, signal))
  }

  /**
   * What is allocated inside `within`: ascending, not touching. What is left out reads as zeroes.
   * Once this file was written to, that is `within` itself: the host's answer may then be stale.
   * `chunkBytes` is a multiple of the sector size; at least 64 KiB is sure to be taken.
   */
  async *queryAllocatedBlocks(within: Extent, chunkBytes: number, signal?: AbortSignal): AsyncIterable<Extent> {
    this.#check(within, signal)
    if (this.#hasWritten) yield within
    else
      yield* allocatedExtents({
        within,
        chunkBytes,
        capacityBytes: this.capacityBytes,
        query: (startBytes, chunkCount) => this.queryChunks(chunkBytes, startBytes, chunkCount, signal),
      })
  }

  queryChunks(
    chunkBytes: number,
    startBytes: number,
    chunkCount: number,
    signal?: AbortSignal,
  ): Promise<Iterable<ChunkRun>> {
    assert(chunkBytes > 0 && chunkBytes % this.sectorSizeBytes === 0)
    return this.#answer(queryChunks(this.#handle, chunkBytes, startBytes, chunkCount), signal)
  }

  /** Closes in order: the host has let go of the file when this resolves. Calls in flight fail. */
  async close(signal?: AbortSignal): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort(fail('nfc.closed', { path: this.path }))
    await closeFile(this.#handle, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = fail('nfc.closed', { path: this.path })
    this.#closing.abort(closed)
    this.#handle.connection.fail(closed)
  }

  async writeSectors(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { requestBytesMax, requestsInFlightMax } = this.#handle.settings
    const requests = pieces({ offsetBytes, lengthBytes: bytes.length }, requestBytesMax)
    await forEachConcurrent(requests, requestsInFlightMax, async (extent) => {
      const at = extent.offsetBytes - offsetBytes
      await this.#request(signal, () =>
        submitWrite(this.#handle, extent, bytes.subarray(at, at + extent.lengthBytes), signal),
      )
      this.#isFruitful = true
    })
  }

  /** Waits for a place and for the answer. The place is free when the request is over, which an aborted caller does not see. */
  async #request(signal: AbortSignal | undefined, submit: () => Operation | Promise<Operation>): Promise<void> {
    const place = await this.#places.acquire(signal)
    const ended = this.#run(signal, submit).finally(() => place[Symbol.dispose]())
    await this.#heard(ended, signal)
  }

  async #run(signal: AbortSignal | undefined, submit: () => Operation | Promise<Operation>): Promise<void> {
    signal?.throwIfAborted()
    this.#closing.signal.throwIfAborted()
    const operation = await submit()
    await operation.ended
  }

  async #answer<T>(query: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const answer = await this.#heard(query, signal)
    this.#isFruitful = true
    return answer
  }

  #heard<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return sooner(answer, this.#closing.signal, signal)
  }

  #check({ offsetBytes, lengthBytes }: Extent, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    this.#closing.signal.throwIfAborted()
    const { path, capacityBytes } = this
    if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0 || offsetBytes + lengthBytes > capacityBytes)
      throw fail('nfc.out-of-range', { path, offsetBytes, lengthBytes, capacityBytes })
  }
}
