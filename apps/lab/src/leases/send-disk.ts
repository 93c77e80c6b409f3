import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { cut, type DiskReader, whole } from '@vmkeep/disk'
import { StreamOptimizedWriter, type StreamSink } from '@vmkeep/vmdk'
import type { LeaseFile, ManifestEntry } from './lease-file.ts'

export interface SendOptions {
  readonly signal: AbortSignal
  /** By rule: the connection ends when so much of the disk was sent. */
  readonly cutAtBytes?: number | undefined
  /** By rule: a byte on the way changes. */
  readonly garbled?: boolean
}

const pieceBytes = 1024 * 1024

/** Sends a disk as a stream-optimized VMDK, no faster than it is taken. `undefined`: it was cut. */
export async function sendDisk(
  response: ServerResponse,
  disk: DiskReader,
  file: LeaseFile,
  options: SendOptions,
): Promise<ManifestEntry | undefined> {
  const { signal, cutAtBytes = Infinity } = options
  const sink = new HttpSink(response, file.name, options)
  const { capacityBytes } = disk
  await using writer = await StreamOptimizedWriter.create(sink, {
    name: file.name,
    capacityBytes,
    metadata: {},
    compressionLevel: 1,
  })
  let populatedSize = 0
  for await (const extent of disk.allocated(whole(capacityBytes), signal))
    for (const piece of cut(extent, pieceBytes)) {
      if (signal.aborted || piece.offsetBytes >= cutAtBytes) return void response.destroy()
      const bytes = new Uint8Array(piece.lengthBytes)
      await disk.read(piece.offsetBytes, bytes, signal)
      await writer.write(piece.offsetBytes, bytes)
      populatedSize += bytes.length
    }
  if (cutAtBytes < Infinity) return void response.destroy()
  await writer.finish()
  const { sha1, sizeBytes } = sink.digest()
  return { key: file.key, sha1, size: sizeBytes, disk: true, capacity: capacityBytes, populatedSize }
}

/** A response as a place for a stream. */
class HttpSink implements StreamSink {
  readonly path: string
  readonly #response: ServerResponse
  readonly #hash = createHash('sha1')
  readonly #gone: AbortSignal
  #garble: boolean
  #sizeBytes = 0

  constructor(response: ServerResponse, path: string, { signal, garbled = false }: SendOptions) {
    this.#response = response
    this.#gone = signal
    this.path = path
    this.#garble = garbled
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes)
    this.#sizeBytes += bytes.length
    const sent = this.#garble && this.#sizeBytes > 128 * 1024 ? this.#garbled(bytes) : bytes
    if (this.#response.destroyed || this.#response.write(sent)) return
    await once(this.#response, 'drain', { signal: this.#gone }).catch(() => {})
  }

  #garbled(bytes: Uint8Array): Uint8Array {
    this.#garble = false
    const copy = Uint8Array.from(bytes)
    copy[Math.min(40, copy.length - 1)]! ^= 0x10 // inside a compressed grain
    return copy
  }

  digest(): { readonly sha1: string; readonly sizeBytes: number } {
    return { sha1: this.#hash.digest('hex'), sizeBytes: this.#sizeBytes }
  }

  async publish(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}
