import { type FileHandle, link, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
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

/**
 * Creates a sparse raw image. It is written as `<path>.partial` and gets its name when finished, so that nothing half-written
 * ever looks whole. Disposing it unfinished deletes it.
 *
 * @throws EEXIST, at the start or at the end, if `path` is there: nothing is ever overwritten
 */
export async function createRawFile(path: string, capacityBytes: number): Promise<DiskWriter> {
  await requireAbsent(path)
  const file = await open(`${path}.partial`, 'w') // what a killed run has left under this name is ours to replace
  await file.truncate(capacityBytes)
  return new RawFileWriter(path, file, capacityBytes)
}

async function requireAbsent(path: string): Promise<void> {
  const file = await open(path, 'r').catch(() => undefined)
  await file?.close()
  if (file !== undefined) throw Object.assign(new Error(`EEXIST: ${path} is already there`), { code: 'EEXIST', path })
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
    await link(`${this.#path}.partial`, this.#path) // unlike rename, never over another file
    await this[Symbol.asyncDispose]()
    await using folder = await open(dirname(this.#path), 'r')
    await folder.sync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#file.close()
    await unlink(`${this.#path}.partial`)
  }
}
