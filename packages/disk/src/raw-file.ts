import { type FileHandle, open } from 'node:fs/promises'
import { checkRun } from './check-run.ts'
import type { DiskReader, DiskWriter } from './disk.ts'
import { fail } from './errors.ts'
import type { Extent } from './extent.ts'
import { NewFile } from './new-file/new-file.ts'

/** A raw image file, read as a disk. It must not change while open. */
export async function openRawFile(path: string, sectorSizeBytes = 512): Promise<DiskReader> {
  const file = await open(path, 'r')
  const { size } = await file.stat()
  return new RawFileReader(path, file, size, sectorSizeBytes)
}

/**
 * Creates a sparse raw image, as a {@link NewFile}: nothing half-written ever has its name. Disposing it unfinished deletes it.
 *
 * @throws EEXIST, at the start or at the end, if `path` is there: nothing is ever overwritten
 */
export async function createRawFile(path: string, capacityBytes: number): Promise<DiskWriter> {
  const file = await NewFile.create(path)
  try {
    await file.resize(capacityBytes)
    return new RawFileWriter(file, capacityBytes)
  } catch (error) {
    await file[Symbol.asyncDispose]()
    throw error
  }
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
  readonly #file: NewFile
  readonly capacityBytes: number
  readonly ascending = false
  #closed = false

  constructor(file: NewFile, capacityBytes: number) {
    this.#file = file
    this.capacityBytes = capacityBytes
  }

  async write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check(offsetBytes, bytes.length, signal)
    await this.#file.write(offsetBytes, bytes)
  }

  async finish(signal?: AbortSignal): Promise<void> {
    this.#check(0, 0, signal)
    this.#closed = true
    await this.#file.publish()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#file[Symbol.asyncDispose]()
  }

  #check(offsetBytes: number, lengthBytes: number, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closed) throw fail('disk.closed', { disk: this.#file.path })
    checkRun(this.#file.path, this.capacityBytes, offsetBytes, lengthBytes)
  }
}
