import { type FileHandle, open } from 'node:fs/promises'
import { checkRun } from './check-run.ts'
import type { DiskReader, DiskWriter } from './disk.ts'
import { fail } from './errors.ts'
import type { Extent } from './extent.ts'

/** A raw image file, read as a disk. It must not change while open. */
export async function openRawFile(path: string, sectorSizeBytes = 512): Promise<DiskReader> {
  const file = await open(path, 'r')
  const { size } = await file.stat()
  return new RawFileReader(path, file, size, sectorSizeBytes)
}

/** Creates a sparse raw image. @throws EEXIST if the file is there: nothing is ever overwritten */
export async function createRawFile(path: string, capacityBytes: number): Promise<DiskWriter> {
  const file = await open(path, 'wx')
  await file.truncate(capacityBytes)
  return new RawFileWriter(path, file, capacityBytes)
}

class RawFileReader implements DiskReader {
  readonly #path: string
  readonly #file: FileHandle
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  #closed = false

  constructor(path: string, file: FileHandle, capacityBytes: number, sectorSizeBytes: number) {
    this.#path = path
    this.#file = file
    this.capacityBytes = capacityBytes
    this.sectorSizeBytes = sectorSizeBytes
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw fail('disk.closed', { disk: this.#path })
    checkRun(this.#path, this.capacityBytes, offsetBytes, target.length)
    for (let done = 0; done < target.length;) {
      const { bytesRead } = await this.#file.read(target, done, target.length - done, offsetBytes + done)
      if (bytesRead === 0)
        throw fail('disk.short-read', {
          disk: this.#path,
          offsetBytes: offsetBytes + done,
          missingBytes: target.length - done,
        })
      done += bytesRead
    }
  }

  /** Node has no SEEK_DATA: everything may hold data. */
  async *allocated(within: Extent): AsyncIterable<Extent> {
    if (within.lengthBytes > 0) yield within
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#file.close()
  }
}

class RawFileWriter implements DiskWriter {
  readonly #path: string
  readonly #file: FileHandle
  readonly capacityBytes: number
  readonly ascending = false
  #closed = false

  constructor(path: string, file: FileHandle, capacityBytes: number) {
    this.#path = path
    this.#file = file
    this.capacityBytes = capacityBytes
  }

  async write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw fail('disk.closed', { disk: this.#path })
    checkRun(this.#path, this.capacityBytes, offsetBytes, bytes.length)
    for (let done = 0; done < bytes.length;)
      done += (await this.#file.write(bytes, done, bytes.length - done, offsetBytes + done)).bytesWritten
  }

  async finish(): Promise<void> {
    await this.#file.sync()
    await this[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#file.close()
  }
}
