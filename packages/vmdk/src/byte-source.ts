import { type FileHandle, open } from 'node:fs/promises'
import type { Extent } from '@vmkeep/disk'
import { FormatError, messageOf, type Struct } from '@vmkeep/kit'
import { fail } from './errors.ts'

/** Bytes that readers look into: a file, or memory in a test. */
export interface ByteSource extends AsyncDisposable {
  /** What errors call it: its path. */
  readonly path: string
  readonly sizeBytes: number
  /** Fills the whole of `target`. @throws `vmdk.damaged` if the source ends before */
  read(offsetBytes: number, target: Uint8Array): Promise<void>
  /** What may be something else than zeroes, ascending. Absent where nobody knows: Node has no SEEK_DATA. */
  allocated?(within: Extent): AsyncIterable<Extent>
}

/** @throws `vmdk.not-found`; `vmdk.read-failed`, also for what is not a plain file */
export async function openFileSource(path: string, neededBy = ''): Promise<ByteSource> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw fail('vmdk.not-found', { path, neededBy }, error)
    throw fail('vmdk.read-failed', { path, fact: error.message }, error)
  })
  const stats = await file.stat()
  if (!stats.isFile()) {
    await file.close()
    throw fail('vmdk.read-failed', { path, fact: 'it is not a plain file' })
  }
  return new FileSource(path, file, stats.size)
}

class FileSource implements ByteSource {
  readonly path: string
  readonly sizeBytes: number
  readonly #file: FileHandle

  constructor(path: string, file: FileHandle, sizeBytes: number) {
    this.path = path
    this.#file = file
    this.sizeBytes = sizeBytes
  }

  async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    for (let done = 0; done < target.length;) {
      const { bytesRead } = await this.#readSome(offsetBytes + done, target.subarray(done))
      if (bytesRead === 0)
        throw damagedAt(this, offsetBytes + done, `the file ends ${target.length - done} bytes early`)
      done += bytesRead
    }
  }

  #readSome(offsetBytes: number, target: Uint8Array): Promise<{ bytesRead: number }> {
    return this.#file.read(target, 0, target.length, offsetBytes).catch((error: unknown) => {
      throw fail('vmdk.read-failed', { path: this.path, fact: messageOf(error) }, error)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

export const damagedAt = (
  { path }: Pick<ByteSource, 'path'>,
  offsetBytes: number,
  fact: string,
  cause?: unknown,
): Error => fail('vmdk.damaged', { path, offsetBytes, fact }, cause)

/** Reads `sizeBytes`. Asks whether they are there before it makes room for them. @throws `vmdk.damaged` */
export async function readBytes(source: ByteSource, offsetBytes: number, sizeBytes: number): Promise<Uint8Array> {
  if (!(offsetBytes + sizeBytes <= source.sizeBytes))
    throw damagedAt(source, offsetBytes, `${sizeBytes} bytes are needed here, but the file has ${source.sizeBytes}`)
  const bytes = new Uint8Array(sizeBytes)
  await source.read(offsetBytes, bytes)
  return bytes
}

/** Reads a record. */
export async function readRecord<T>(source: ByteSource, offsetBytes: number, record: Struct<T>): Promise<T> {
  const bytes = await readBytes(source, offsetBytes, record.sizeBytes)
  return decodedFrom(source, offsetBytes, () => record.decode(bytes))
}

/** A codec says what is wrong; here the file and the place are added. @throws `vmdk.damaged` instead of FormatError */
export function decodedFrom<T>(source: Pick<ByteSource, 'path'>, offsetBytes: number, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof FormatError) throw damagedAt(source, offsetBytes, error.message, error)
    throw error
  }
}
