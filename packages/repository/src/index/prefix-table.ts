import { prefixWords, readWords, shards, TableShard } from './table-shard.ts'

/**
 * A hash table from 16-byte prefixes of ids to a few 32-bit words, in typed arrays: about 40 bytes per entry with 3 words.
 * The prefixes are pseudo-random already, so that they are their own hash. Entries are never removed, only overwritten.
 *
 * It is cut into shards, each growing by itself, so that growth never copies everything at once.
 */
export class PrefixTable {
  readonly #valueWords: number
  readonly #shards: TableShard[]

  /** The first value word of an entry must never be 0: that marks a free slot. */
  constructor(valueWords: number) {
    this.#valueWords = valueWords
    const free = new Uint32Array(prefixWords + valueWords)
    this.#shards = Array.from({ length: shards }, () => new TableShard(free))
  }

  get size(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.size, 0)
  }

  get bytes(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.words.byteLength, 0)
  }

  /** Makes room for `entries` more, at once. */
  reserve(entries: number): void {
    for (const shard of this.#shards) shard.reserve(shard.size + Math.ceil((entries / shards) * 1.05))
  }

  /** Where the values of `prefix` are, or `undefined`. Valid until the next `set`. */
  find(prefix: Uint8Array): Uint32Array | undefined {
    const shard = this.#shardOf(prefix)
    const at = shard.locate(readWords(prefix))
    return shard.words[at + prefixWords] === 0 ? undefined : shard.valuesAt(at)
  }

  set(prefix: Uint8Array, ...values: readonly number[]): void {
    const shard = this.#shardOf(prefix)
    if (values.length !== this.#valueWords || values[0] === 0) throw new RangeError('values do not fit the table')
    const key = readWords(prefix)
    let at = shard.locate(key)
    if (shard.words[at + prefixWords] === 0) {
      if (shard.reserve(shard.size + 1)) at = shard.locate(key)
      shard.words.set(key, at)
      shard.size++
    }
    shard.words.set(values, at + prefixWords)
  }

  #shardOf(prefix: Uint8Array): TableShard {
    return this.#shards[prefix[15]! % shards]! // the last byte: the first four choose the slot
  }
}
