// Reed-Solomon over GF(2^8) with two check shards: any two shards of a group may be lost.
//
// The polynomial is x^8+x^4+x^3+x^2+1, α = 2, and the code words are those of the generator (x − 1)(x − α): with c the shards of a
// group in order, the two check shards last, Σ c_j = 0 and Σ c_j α^(n−1−j) = 0, byte by byte. A group has at most 255 shards.

export const checkShards = 2

const exp = new Uint8Array(512)
const log = new Uint8Array(256)
for (let i = 0, value = 1; i < 255; i++) {
  exp[i] = exp[i + 255] = value
  log[value] = i
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0)
}

const powerOf = (exponent: number) => exp[exponent % 255]!
const inverse = (value: number) => exp[255 - log[value]!]!

/** `value × factor` for every byte value. */
function products(factor: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) =>
    value === 0 || factor === 0 ? 0 : exp[log[value]! + log[factor]!]!,
  )
}

/** The two sums of a group, shard after shard, by Horner's rule, four bytes at a time. */
export class Syndromes {
  readonly #sum: Uint32Array
  readonly #weighted: Uint32Array
  #shards = 0

  /** @param shardBytes a multiple of 4 */
  constructor(shardBytes: number) {
    this.#sum = new Uint32Array(shardBytes / 4)
    this.#weighted = new Uint32Array(shardBytes / 4)
  }

  /** The next shard of the group; zeroes, if it is lost. It begins at a multiple of 4 of its buffer. */
  add(shard: Uint8Array): void {
    const words = new Uint32Array(shard.buffer, shard.byteOffset, shard.byteLength / 4)
    const [sum, weighted] = [this.#sum, this.#weighted]
    for (let i = 0; i < words.length; i++) {
      sum[i]! ^= words[i]!
      weighted[i] = twice(weighted[i]!) ^ words[i]!
    }
    this.#shards++
  }

  /** The check shards for what was added. */
  checks(): [Uint8Array, Uint8Array] {
    for (let i = 0; i < this.#weighted.length; i++) this.#weighted[i] = twice(twice(this.#weighted[i]!))
    this.#shards += checkShards
    return this.lost([this.#shards - 2, this.#shards - 1]) as [Uint8Array, Uint8Array]
  }

  /** The shards at these places, at most two, of a group of which all others were added, and zeroes in their places. */
  lost(places: readonly number[]): Uint8Array[] {
    const [sum, weighted] = [bytesOf(this.#sum), bytesOf(this.#weighted)]
    if (places.length === 1) return [sum.slice()]
    const [a, b] = places.map((place) => powerOf(this.#shards - 1 - place))
    const byB = products(b!)
    const divided = products(inverse(a! ^ b!))
    const first = sum.map((byte, i) => divided[weighted[i]! ^ byB[byte]!]!)
    return [first, sum.map((byte, i) => byte ^ first[i]!)]
  }
}

/** Four bytes times α at once. */
const twice = (word: number) => ((word & 0x7f7f7f7f) << 1) ^ (((word >>> 7) & 0x01010101) * 0x1d)

const bytesOf = (words: Uint32Array) => new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
