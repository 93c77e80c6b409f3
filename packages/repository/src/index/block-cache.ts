import { fail } from '../errors.ts'
import { blockBytes, isWhole } from '../formats/index-blocks.ts'
import type { IndexFile } from './index-cache.ts'

const fileFactor = 2 ** 20 // more blocks than an index object may have

/** A file whose blocks are kept. */
export interface CachedFile {
  /** Tells it from every other file of this process. */
  readonly number: number
  readonly name: string
  readonly file: IndexFile
}

/** The blocks of index objects that were read last, in one piece of memory, each checked when it was read. */
export class BlockCache {
  /** All blocks, one after the other. */
  readonly view: DataView
  readonly #bytes: Uint8Array
  readonly #slots: number
  readonly #slotOf = new Map<number, number>()
  readonly #keyOf: Float64Array
  readonly #used: Uint8Array
  readonly #onDamaged: (name: string) => void
  #hand = 0

  /** `onDamaged` hears of a file that is not what was written. */
  constructor(bytesMax: number, onDamaged: (name: string) => void) {
    this.#slots = Math.max(16, Math.floor(bytesMax / blockBytes))
    // The system gives the memory as it is touched. Shared, though with no one: V8 answers a plain ArrayBuffer of that size with two
    // collections of all its garbage. Source: Node 24. Evidence: observed.
    this.#bytes = new Uint8Array(new SharedArrayBuffer(this.#slots * blockBytes))
    this.view = new DataView(this.#bytes.buffer)
    this.#keyOf = new Float64Array(this.#slots).fill(-1)
    this.#used = new Uint8Array(this.#slots)
    this.#onDamaged = onDamaged
  }

  /**
   * Where in `view` a block lies. Valid until the next call.
   *
   * @throws `repository.index-cache-damaged`
   */
  locate({ number, name, file }: CachedFile, block: number): number {
    const key = number * fileFactor + block
    const known = this.#slotOf.get(key)
    if (known !== undefined) {
      this.#used[known] = 1
      return known * blockBytes
    }
    const slot = this.#free()
    const target = this.#bytes.subarray(slot * blockBytes, (slot + 1) * blockBytes)
    file.read(block * blockBytes, target)
    if (!isWhole(target)) {
      this.#onDamaged(name)
      throw fail('repository.index-cache-damaged', { name, block })
    }
    this.#slotOf.set(key, slot)
    this.#keyOf[slot] = key
    return slot * blockBytes
  }

  /** The next slot that was not used since the hand last passed. */
  #free(): number {
    while (this.#used[this.#hand] === 1) {
      this.#used[this.#hand] = 0
      this.#hand = (this.#hand + 1) % this.#slots
    }
    const slot = this.#hand
    this.#hand = (slot + 1) % this.#slots
    const key = this.#keyOf[slot]!
    if (key !== -1) this.#slotOf.delete(key)
    this.#keyOf[slot] = -1
    return slot
  }
}
