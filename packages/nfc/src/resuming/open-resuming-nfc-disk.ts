import { codeOf, Limiter } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { allocatedExtents } from '../file/allocated-extents.ts'
import type { Extent } from '../file/extent.ts'
import type { Geometry } from '../file/nfc-file.ts'
import type { DiskMetadata } from '../file/queries.ts'
import { ReadProgress } from '../file/read-progress.ts'
import { isWholeSectors, readAnyBytes, type SectorWriter, writeAnyBytes } from '../file/whole-sectors.ts'
import type { ChunkRun } from '../messages/index.ts'
import { Reconnector, type ReconnectorOptions } from './reconnector.ts'

export interface ResumingNfcDiskOptions extends ReconnectorOptions {
  /** In what pieces `allocated` asks, 256 KiB by default. A multiple of 64 KiB. */
  readonly allocatedChunkBytes?: number | undefined
  /** Stops the opening. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A VMDK on an ESXi host that outlives its connections: a `DiskReader` and `DiskWriter` in shape.
 *
 * A lost connection, a silent host, a dead ticket and refused buffers are mended by a new ticket and a new connection.
 * Reads then ask for the bytes they still miss, writes are sent again whole. `nfc.gave-up` says that nothing helped.
 */
export interface ResumingNfcDisk extends AsyncDisposable {
  readonly path: string
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly geometry: Geometry
  readonly ascending: false

  /** Fills `target`, which belongs to the disk until the promise settles. @throws `nfc.gave-up`, `nfc.request-failed`, `nfc.out-of-range`, `nfc.closed` */
  read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void>

  /** What may hold something other than zeroes; all of `within` where the host can't tell. */
  allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent>

  readDiskMetadata(signal?: AbortSignal): Promise<DiskMetadata>

  /** `bytes` must not change until the promise settles. @throws like {@link read}, and `nfc.read-only` */
  write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void>

  /** Has the host close the file. Until then nothing written is sure to be complete. */
  finish(signal?: AbortSignal): Promise<void>

  /**
   * Fails what is under way and lets go of the file: in order, and quickly, if it was open for reading, because a host that
   * still holds it hinders the removal of the snapshot; abruptly if it was open for writing and never finished.
   */
  [Symbol.asyncDispose](): Promise<void>
}

/** Opens the disk; a connection that can't be made is tried again like one that breaks. @throws what {@link openNfcFile} throws, and `nfc.gave-up` */
export async function openResumingNfcDisk({ signal, ...options }: ResumingNfcDiskOptions): Promise<ResumingNfcDisk> {
  const reconnector = new Reconnector(options)
  try {
    const { capacityBytes, sectorSizeBytes, geometry } = await reconnector.run(async (file) => file, signal)
    return new Disk(reconnector, options, { capacityBytes, sectorSizeBytes, geometry })
  } catch (error) {
    const file = await reconnector.stop(fail('nfc.closed', { path: options.path }))
    await file?.[Symbol.asyncDispose]()
    throw error
  }
}

type Shape = Pick<ResumingNfcDisk, 'capacityBytes' | 'sectorSizeBytes' | 'geometry'>

class Disk implements ResumingNfcDisk, SectorWriter {
  readonly path: string
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly geometry: Geometry
  readonly ascending = false
  readonly #options: ResumingNfcDiskOptions
  readonly #reconnector: Reconnector
  readonly #edges = new Limiter(1)
  #hasWritten = false
  #isClosed = false

  constructor(reconnector: Reconnector, options: ResumingNfcDiskOptions, shape: Shape) {
    this.path = options.path
    this.capacityBytes = shape.capacityBytes
    this.sectorSizeBytes = shape.sectorSizeBytes
    this.geometry = shape.geometry
    this.#options = options
    this.#reconnector = reconnector
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check({ offsetBytes, lengthBytes: target.length }, signal)
    await readAnyBytes(this, offsetBytes, target, signal)
  }

  async write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const extent = { offsetBytes, lengthBytes: bytes.length }
    this.#check(extent, signal)
    this.#hasWritten = true
    if (isWholeSectors(this.sectorSizeBytes, extent)) await this.writeSectors(offsetBytes, bytes, signal)
    else await this.#edges.run(() => writeAnyBytes(this, offsetBytes, bytes, signal), signal)
  }

  async readSectors(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const progress = new ReadProgress(offsetBytes, target) // outlives each connection
    await this.#reconnector.run((file) => file.fill(progress, signal), signal)
  }

  async writeSectors(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#reconnector.run((file) => file.write(offsetBytes, bytes, signal), signal)
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncGenerator<Extent, void, undefined> {
    this.#check(within, signal)
    const { allocatedChunkBytes: chunkBytes = 256 * 1024 } = this.#options
    if (within.lengthBytes === 0) return
    if (this.#hasWritten) return yield within // the host's answer may be stale
    const query = (startBytes: number, count: number) => this.#queryChunks(chunkBytes, startBytes, count, signal)
    yield* allocatedExtents({ within, chunkBytes, capacityBytes: this.capacityBytes, query })
  }

  readDiskMetadata(signal?: AbortSignal): Promise<DiskMetadata> {
    return this.#reconnector.run((file) => file.readDiskMetadata(signal), signal)
  }

  async finish(signal?: AbortSignal): Promise<void> {
    this.#check({ offsetBytes: 0, lengthBytes: 0 }, signal)
    await this.#reconnector.run((file) => file.close(signal), signal)
    await this[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const file = await this.#reconnector.stop(fail('nfc.closed', { path: this.path }))
    if (this.#options.access === 'read') await file?.close().catch(() => {}) // it is gone either way
    await file?.[Symbol.asyncDispose]()
  }

  async #queryChunks(
    chunkBytes: number,
    startBytes: number,
    chunkCount: number,
    signal: AbortSignal | undefined,
  ): Promise<Iterable<ChunkRun>> {
    try {
      return await this.#reconnector.run((file) => file.queryChunks(chunkBytes, startBytes, chunkCount, signal), signal)
    } catch (error) {
      if (codeOf(error) === 'nfc.request-failed') return [{ first: 0, count: chunkCount }] // a host that can't tell
      throw error
    }
  }

  #check({ offsetBytes, lengthBytes }: Extent, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    const { path, capacityBytes } = this
    if (this.#isClosed) throw fail('nfc.closed', { path })
    if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0 || offsetBytes + lengthBytes > capacityBytes)
      throw fail('nfc.out-of-range', { path, offsetBytes, lengthBytes, capacityBytes })
  }
}
