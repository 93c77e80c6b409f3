import type { Extent } from '@vmkeep/disk'
import type { DatastoreFile, SparseBytes } from './model.ts'

/** A file that is opened for each look at it: nobody has to close it, and it may change. */
export class FileBytes implements SparseBytes {
  readonly sizeBytes: number
  readonly #open: () => DatastoreFile

  constructor(open: () => DatastoreFile) {
    this.#open = open
    const file = open()
    this.sizeBytes = file.sizeBytes
    void file[Symbol.asyncDispose]()
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    await using file = this.#open()
    await file.read(offsetBytes, target, signal)
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    await using file = this.#open()
    yield* file.allocated(within, signal)
  }
}
