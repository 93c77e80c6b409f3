import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { cut, diskFail, type DiskWriter, type Extent, isZero } from '@vmkeep/disk'
import type { DiskMetadata } from './disk-metadata.ts'
import { newDescriptor } from './new-descriptor.ts'
import { grainBytes } from './sparse-layout.ts'
import { type StreamSink, VmdkStream } from './vmdk-stream.ts'
import { WriterState } from './writer-state.ts'

const deflateAsync = promisify(deflate)

export interface StreamOptions {
  /** zlib's level, 1 to 9. 3 if left out: on real files 2 % larger than 6, for a third less processor time. */
  readonly compressionLevel?: number
  /** Grains compressed at once, on Node's thread pool. 8 if left out; each takes about 200 KiB. */
  readonly grainsInFlightMax?: number
}

export interface StreamDisk extends StreamOptions {
  /** The name the descriptor gives its only extent: the file's own. */
  readonly name: string
  readonly capacityBytes: number
  readonly metadata: DiskMetadata
}

/**
 * Writes a disk in one pass, compressed: what OVA files hold and hosts import. Grains of 64 KiB that are all zeroes are left out.
 * Memory is bounded by the grains in flight, whatever the disk.
 */
export class StreamOptimizedWriter implements DiskWriter {
  readonly capacityBytes: number
  readonly ascending = true
  readonly #sink: StreamSink
  readonly #stream: VmdkStream
  readonly #level: number
  readonly #inFlightMax: number
  readonly #state: WriterState
  readonly #inFlight: { readonly index: number; readonly deflated: Promise<Uint8Array> }[] = []
  #open: { readonly index: number; readonly bytes: Uint8Array } | undefined
  #writtenToBytes = 0

  /** Takes `sink` over. */
  static async create(sink: StreamSink, disk: StreamDisk): Promise<StreamOptimizedWriter> {
    try {
      const extent = { access: 'RW', type: 'SPARSE', fileName: disk.name } as const
      const writer = new StreamOptimizedWriter(sink, disk)
      await writer.#stream.begin(newDescriptor('streamOptimized', extent, disk.capacityBytes, disk.metadata))
      return writer
    } catch (error) {
      await sink[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(sink: StreamSink, { capacityBytes, compressionLevel = 3, grainsInFlightMax = 8 }: StreamDisk) {
    this.#sink = sink
    this.capacityBytes = capacityBytes
    this.#stream = new VmdkStream(sink, capacityBytes)
    this.#level = compressionLevel
    this.#inFlightMax = grainsInFlightMax
    this.#state = new WriterState(sink.path, capacityBytes)
  }

  async write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#state.check(offsetBytes, bytes.length, signal)
    const writtenToBytes = this.#writtenToBytes
    if (offsetBytes < writtenToBytes)
      throw diskFail('disk.not-ascending', { disk: this.#sink.path, offsetBytes, writtenToBytes })
    this.#writtenToBytes = offsetBytes + bytes.length
    await this.#state.attempt(async () => {
      for (const run of cut({ offsetBytes, lengthBytes: bytes.length }, grainBytes)) {
        const start = run.offsetBytes - offsetBytes
        await this.#fill(run, bytes.subarray(start, start + run.lengthBytes))
      }
    })
  }

  /** Puts a part of one grain where it belongs. A grain is done when another begins, or when it is full. */
  async #fill({ offsetBytes }: Extent, part: Uint8Array): Promise<void> {
    const index = Math.floor(offsetBytes / grainBytes)
    if (this.#open?.index !== index) await this.#endGrain()
    this.#open ??= { index, bytes: new Uint8Array(grainBytes) }
    this.#open.bytes.set(part, offsetBytes % grainBytes)
    if ((offsetBytes + part.length) % grainBytes === 0) await this.#endGrain()
  }

  async #endGrain(): Promise<void> {
    if (this.#open === undefined) return
    const { index, bytes } = this.#open
    this.#open = undefined
    if (isZero(bytes)) return
    const deflated = deflateAsync(bytes, { level: this.#level })
    deflated.catch(() => {}) // awaited in #addOldest; until then it must not count as unhandled
    this.#inFlight.push({ index, deflated })
    if (this.#inFlight.length >= this.#inFlightMax) await this.#addOldest()
  }

  async #addOldest(): Promise<void> {
    const { index, deflated } = this.#inFlight.shift()!
    await this.#stream.addGrain(index, await deflated)
  }

  async finish(signal?: AbortSignal): Promise<void> {
    this.#state.check(0, 0, signal)
    await this.#state.attempt(async () => {
      await this.#endGrain()
      while (this.#inFlight.length > 0) await this.#addOldest()
      await this.#stream.finish()
    })
    this.#state.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#state.close()
    await Promise.allSettled(this.#inFlight.map(({ deflated }) => deflated))
    await this.#sink[Symbol.asyncDispose]()
  }
}
