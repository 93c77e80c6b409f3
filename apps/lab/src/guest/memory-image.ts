import { createHash } from 'node:crypto'
import { between, cut, endOf, type Extent, intersection, joined } from '@vmkeep/disk'
import type { SparseBytes } from '../storage/model.ts'
import { SeededBytes } from './seeded-bytes.ts'

const pageSizeBytes = 64 * 1024
/** One page in so many is used; the first one always. */
const usedOf = 64

/** What a guest has in memory: computed where it is read, mostly zeroes, another one for every seed. */
export class MemoryImage implements SparseBytes {
  readonly sizeBytes: number
  readonly #seed: string
  readonly #shift: number

  constructor(seed: string, sizeBytes: number) {
    this.sizeBytes = sizeBytes
    this.#seed = seed
    this.#shift = createHash('sha256').update(seed).digest()[0]! % usedOf
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    target.fill(0)
    for (const run of cut({ offsetBytes, lengthBytes: target.length }, pageSizeBytes)) {
      const page = Math.floor(run.offsetBytes / pageSizeBytes)
      if (!this.#isUsed(page)) continue
      const start = page * pageSizeBytes
      const content = new SeededBytes(this.#seed, start).take(pageSizeBytes)
      target.set(content.subarray(run.offsetBytes - start, endOf(run) - start), run.offsetBytes - offsetBytes)
    }
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    signal?.throwIfAborted()
    yield* joined(this.#usedIn(within))
  }

  *#usedIn(within: Extent): Iterable<Extent> {
    const first = Math.floor(within.offsetBytes / pageSizeBytes)
    for (let page = first; page * pageSizeBytes < endOf(within); page++) {
      const extent = between(page * pageSizeBytes, (page + 1) * pageSizeBytes)
      const inside = this.#isUsed(page) ? intersection(extent, within) : undefined
      if (inside !== undefined) yield inside
    }
  }

  #isUsed(page: number): boolean {
    return page === 0 || page % usedOf === this.#shift
  }
}
