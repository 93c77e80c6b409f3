import assert from 'node:assert/strict'
import { cut, endOf, type Extent } from '@vmkeep/disk'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { toHex } from '../formats/hex.ts'
import { chunkCountOf, heightOf } from '../formats/map-geometry.ts'
import type { MapWriter } from '../map/map-writer.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import type { PackStream } from '../packs/pack-stream.ts'
import type { ImageProgress, ImageWriter } from '../repository.ts'
import type { StoredImage } from '../restore-point.ts'
import type { BlobWriter, StoredChunk } from '../sessions/blob-writer.ts'
import { CompressionChoice } from '../sessions/compression-choice.ts'

/** What one job works on: small enough to spread a lease over the threads, large enough that messages cost nothing. */
const jobBytes = 1024 * 1024
const leaseBytesMax = 8 * 1024 * 1024

export interface ImageSink {
  readonly capacityBytes: number
  readonly chunkSizeBytes: number
  readonly map: MapWriter
  readonly blobs: BlobWriter
  readonly reader: BlobReader
  readonly data: PackStream
  readonly signal: AbortSignal | undefined
  /** Where the base ends, if inside a chunk that the image cuts. */
  readonly inheritedTail: boolean
  /** Tells the session that it can only be abandoned. */
  readonly onFailure: (error: unknown) => void
  /** @throws what made the session fail */
  readonly checkAlive: () => void
}

/** Takes an image's bytes and makes chunks of them. Runs go through the threads as they come; the map follows in order. */
export class ChunkingImageWriter implements ImageWriter {
  readonly capacityBytes: number
  readonly chunkSizeBytes: number
  readonly #core: Core
  readonly #sink: ImageSink
  readonly #choice = new CompressionChoice()
  readonly #leases = new Set<Uint8Array>()
  readonly #progress = { zeroBytes: 0, knownBytes: 0, newBytes: 0, storedBytes: 0 }
  /** The end of everything accepted so far: map changes happen in the order of the calls. */
  #accepted: Promise<void> = Promise.resolve()
  #tailWritten: boolean
  #finished = false
  #closed = false

  constructor(core: Core, sink: ImageSink) {
    this.#core = core
    this.#sink = sink
    this.capacityBytes = sink.capacityBytes
    this.chunkSizeBytes = sink.chunkSizeBytes
    this.#tailWritten = !sink.inheritedTail
  }

  get finished(): boolean {
    return this.#finished
  }

  get progress(): ImageProgress {
    return { ...this.#progress }
  }

  get leaseBytesMax(): number {
    const halfBytes = this.#core.memory.leases.sizeBytes / 2 // so that one can be filled while one is worked on
    const bytes = Math.min(leaseBytesMax, halfBytes)
    return bytes - (bytes % this.chunkSizeBytes)
  }

  async lease(lengthBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    this.#check()
    assert(lengthBytes > 0 && lengthBytes <= this.leaseBytesMax, `a lease of ${lengthBytes} bytes`)
    const whole = Math.ceil(lengthBytes / this.chunkSizeBytes) * this.chunkSizeBytes
    const signals = [this.#sink.signal, signal].filter((given) => given !== undefined)
    const lease = await this.#core.memory.leases.allocate(
      whole,
      signals.length > 1 ? AbortSignal.any(signals) : signals[0],
    )
    this.#leases.add(lease)
    if (this.#closed) this.#giveBack(lease) // abandoned while it waited
    this.#check()
    return lease.subarray(0, lengthBytes)
  }

  release(bytes: Uint8Array): void {
    this.#giveBack(this.#leaseOf(bytes))
  }

  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    const lease = this.#leaseOf(bytes)
    try {
      this.#check()
      this.#checkRun({ offsetBytes, lengthBytes: bytes.length })
    } catch (error) {
      this.#giveBack(lease)
      throw error
    }
    const whole = lease.subarray(0, Math.ceil(bytes.length / this.chunkSizeBytes) * this.chunkSizeBytes)
    whole.fill(0, bytes.length) // the last chunk of the image is padded
    const stored = this.#store(whole).finally(() => this.#giveBack(lease))
    this.#then(async () => {
      const chunks = await stored
      this.#count(chunks, bytes.length)
      await this.#sink.map.set(
        offsetBytes / this.chunkSizeBytes,
        chunks.map(({ id }) => id),
      )
    })
    stored.catch(() => {}) // reported by the chain
    this.#touchTail({ offsetBytes, lengthBytes: bytes.length })
  }

  async zero(extent: Extent): Promise<void> {
    this.#check()
    this.#checkRun(extent)
    this.#then(async () => {
      this.#progress.zeroBytes += extent.lengthBytes
      await this.#sink.map.clear(
        extent.offsetBytes / this.chunkSizeBytes,
        Math.ceil(endOf(extent) / this.chunkSizeBytes),
      )
    })
    this.#touchTail(extent)
  }

  async finish(signal?: AbortSignal): Promise<StoredImage> {
    this.#check()
    await this.#cutTail(signal)
    this.#closed = true
    await this.#accepted
    signal?.throwIfAborted()
    this.#sink.checkAlive()
    const { capacityBytes, chunkSizeBytes } = this
    const root = await this.#sink.map.finish()
    this.#sink.data.close()
    this.#finished = true
    return { capacityBytes, chunkSizeBytes, height: heightOf(capacityBytes, chunkSizeBytes), root: root && toHex(root) }
  }

  /** Waits for what was accepted, whatever comes of it, and gives back what was leased. Nothing may follow. */
  async end(): Promise<void> {
    this.#closed = true
    await this.#accepted
    for (const lease of this.#leases) this.#giveBack(lease)
    this.#sink.data.close()
  }

  /** An image cut inside a chunk it inherits must not keep what lay beyond its end: it would come back if the image grew again. */
  async #cutTail(signal: AbortSignal | undefined): Promise<void> {
    if (this.#tailWritten) return
    const chunk = chunkCountOf(this.capacityBytes, this.chunkSizeBytes) - 1
    await this.#accepted
    const id = await this.#sink.map.get(chunk)
    if (id === null) return
    const offsetBytes = chunk * this.chunkSizeBytes
    const plain = await this.#sink.reader.read(id, undefined, signal)
    const lease = await this.lease(this.capacityBytes - offsetBytes, signal)
    lease.set(plain.subarray(0, lease.length))
    await this.write(offsetBytes, lease)
  }

  async #store(run: Uint8Array): Promise<StoredChunk[]> {
    const { blobs, data } = this.#sink
    const pieceBytes = Math.max(jobBytes, this.chunkSizeBytes)
    const pieces = [...cut({ offsetBytes: 0, lengthBytes: run.length }, pieceBytes)]
    const stored = await Promise.allSettled(
      pieces.map(({ offsetBytes, lengthBytes }) =>
        blobs.putChunks(run.subarray(offsetBytes, offsetBytes + lengthBytes), this.chunkSizeBytes, data, this.#choice),
      ),
    ) // all of them, even after a failure: until then threads may work on the run
    return stored.flatMap((piece) => {
      if (piece.status === 'rejected') throw piece.reason
      return piece.value
    })
  }

  #then(work: () => Promise<void>): void {
    this.#accepted = this.#accepted.then(work).catch((error: unknown) => this.#sink.onFailure(error))
  }

  #count(chunks: readonly StoredChunk[], lengthBytes: number): void {
    let left = lengthBytes
    for (const { id, storedBytes } of chunks) {
      const plainBytes = Math.min(left, this.chunkSizeBytes)
      left -= plainBytes
      if (id === null) this.#progress.zeroBytes += plainBytes
      else if (storedBytes === 0) this.#progress.knownBytes += plainBytes
      else this.#progress.newBytes += plainBytes
      this.#progress.storedBytes += storedBytes
    }
  }

  #touchTail(extent: Extent): void {
    if (endOf(extent) === this.capacityBytes) this.#tailWritten = true
  }

  #leaseOf(bytes: Uint8Array): Uint8Array {
    for (const lease of this.#leases)
      if (lease.byteOffset === bytes.byteOffset && lease.buffer === bytes.buffer && bytes.length <= lease.length)
        return lease
    assert.fail('bytes must be a lease of this image, or its beginning')
  }

  #giveBack(lease: Uint8Array): void {
    if (this.#leases.delete(lease)) this.#core.memory.leases.release(lease)
  }

  #check(): void {
    this.#sink.checkAlive()
    this.#sink.signal?.throwIfAborted()
    assert(!this.#closed, 'the image is finished')
  }

  #checkRun({ offsetBytes, lengthBytes }: Extent): void {
    const endBytes = offsetBytes + lengthBytes
    const whole = offsetBytes % this.chunkSizeBytes === 0 && offsetBytes >= 0 && lengthBytes > 0
    const wholeEnd = endBytes % this.chunkSizeBytes === 0 || endBytes === this.capacityBytes
    if (!whole || !wholeEnd || endBytes > this.capacityBytes)
      throw fail('repository.invalid-option', {
        option: `bytes ${offsetBytes} to ${endBytes}`,
        reason: `no whole chunks of ${this.chunkSizeBytes} bytes inside the image's ${this.capacityBytes}`,
      })
  }
}
