const prefixWords = 4
const shards = 64
const slotsMin = 8
const loadMax = 0.85
const growth = 1.5

/**
 * A hash table from 16-byte prefixes of ids to a few 32-bit words, in typed arrays: about 40 bytes per entry with 3 words.
 * The prefixes are pseudo-random already, so that they are their own hash. Entries are never removed, only overwritten.
 *
 * It is cut into shards, each growing by itself, so that growth never copies everything at once.
 */
export class PrefixTable {
  readonly #valueWords: number
  readonly #shards: Shard[]

  /** The first value word of an entry must never be 0: that marks a free slot. */
  constructor(valueWords: number) {
    this.#valueWords = valueWords
    const free = new Uint32Array(prefixWords + valueWords)
    this.#shards = Array.from({ length: shards }, () => new Shard(free))
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
    const at = shard.locate(readPrefix(prefix))
    return shard.words[at + prefixWords] === 0 ? undefined : shard.valuesAt(at)
  }

  set(prefix: Uint8Array, ...values: readonly number[]): void {
    const shard = this.#shardOf(prefix)
    if (values.length !== this.#valueWords || values[0] === 0) throw new RangeError('values do not fit the table')
    const key = readPrefix(prefix)
    let at = shard.locate(key)
    if (shard.words[at + prefixWords] === 0) {
      if (shard.reserve(shard.size + 1)) at = shard.locate(key)
      shard.words.set(key, at)
      shard.size++
    }
    shard.words.set(values, at + prefixWords)
  }

  /** A mark per entry, none set. It costs a bit per slot, and follows the entries when the table grows. Dispose it. */
  marks(): Marks {
    const bits = this.#shards.map((shard) => shard.addBits())
    const placeOf = (prefix: Uint8Array) => {
      const index = prefix[15]! % shards
      const shard = this.#shards[index]!
      const at = shard.locate(readPrefix(prefix))
      return shard.words[at + prefixWords] === 0 ? undefined : { bits: bits[index]!, slot: shard.slotOf(at) }
    }
    return {
      add(prefix) {
        const place = placeOf(prefix)
        if (place === undefined) return 'unknown'
        return place.bits.add(place.slot) ? 'new' : 'known'
      },
      has(prefix) {
        const place = placeOf(prefix)
        return place !== undefined && place.bits.has(place.slot)
      },
      forEach: (visit) => {
        for (const [i, shard] of this.#shards.entries()) shard.forEach(bits[i]!, visit)
      },
      [Symbol.dispose]: () => {
        for (const [i, shard] of this.#shards.entries()) shard.removeBits(bits[i]!)
      },
    }
  }

  #shardOf(prefix: Uint8Array): Shard {
    return this.#shards[prefix[15]! % shards]! // the last byte: the first four choose the slot
  }
}

/** Which entries of a table were met. */
export interface Marks extends Disposable {
  add(prefix: Uint8Array): 'new' | 'known' | 'unknown'
  has(prefix: Uint8Array): boolean
  /** The values of every marked entry. They are valid during the call. */
  forEach(visit: (values: Uint32Array) => void): void
}

class Bits {
  #words: Uint8Array

  constructor(slots: number) {
    this.#words = new Uint8Array(Math.ceil(slots / 8))
  }

  has(slot: number): boolean {
    return (this.#words[slot >> 3]! & (1 << (slot & 7))) !== 0
  }

  /** Whether it was not there. */
  add(slot: number): boolean {
    if (this.has(slot)) return false
    this.#words[slot >> 3]! |= 1 << (slot & 7)
    return true
  }

  /** Starts over with room for `slots`, and gives what there was. */
  renew(slots: number): Bits {
    const old = new Bits(0)
    old.#words = this.#words
    this.#words = new Uint8Array(Math.ceil(slots / 8))
    return old
  }
}

class Shard {
  readonly #stride: number
  readonly #bits = new Set<Bits>()
  words: Uint32Array
  size = 0

  /** `free`: one free slot, shared by shards that have nothing in them. It is never written to: the first entry moves to words of its own. */
  constructor(free: Uint32Array) {
    this.#stride = free.length
    this.words = free
  }

  get #slots(): number {
    return this.words.length / this.#stride
  }

  slotOf(at: number): number {
    return at / this.#stride
  }

  addBits(): Bits {
    const bits = new Bits(this.#slots)
    this.#bits.add(bits)
    return bits
  }

  removeBits(bits: Bits): void {
    this.#bits.delete(bits)
  }

  forEach(bits: Bits, visit: (values: Uint32Array) => void): void {
    for (let slot = 0; slot < this.#slots; slot++) if (bits.has(slot)) visit(this.valuesAt(slot * this.#stride))
  }

  valuesAt(at: number): Uint32Array {
    return this.words.subarray(at + prefixWords, at + this.#stride)
  }

  /** The place of `key`, or the free place where it belongs. */
  locate(key: Prefix): number {
    const { words } = this
    const stride = this.#stride
    let at = Math.floor((key[0] / 2 ** 32) * this.#slots) * stride
    while (words[at + prefixWords] !== 0 && !matches(words, at, key))
      at = at + stride === words.length ? 0 : at + stride
    return at
  }

  /** Makes sure `size` entries fit. Says whether everything has moved. */
  reserve(size: number): boolean {
    if (size <= this.#slots * loadMax) return false
    const old = this.words
    const slots = Math.max(slotsMin, Math.ceil(size / loadMax) + 1, Math.ceil((old.length / this.#stride) * growth))
    this.words = new Uint32Array(slots * this.#stride)
    const moving = [...this.#bits].map((bits) => ({ from: bits.renew(slots), to: bits }))
    for (let from = 0; from < old.length; from += this.#stride) {
      if (old[from + prefixWords] === 0) continue
      const to = this.locate([old[from]!, old[from + 1]!, old[from + 2]!, old[from + 3]!])
      this.words.set(old.subarray(from, from + this.#stride), to)
      for (const bits of moving) if (bits.from.has(this.slotOf(from))) bits.to.add(this.slotOf(to))
    }
    return true
  }
}

type Prefix = readonly [number, number, number, number]

const readPrefix = (b: Uint8Array): Prefix => [wordAt(b, 0), wordAt(b, 4), wordAt(b, 8), wordAt(b, 12)]

const wordAt = (b: Uint8Array, at: number) =>
  (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0

const matches = (words: Uint32Array, at: number, key: Prefix) =>
  words[at] === key[0] && words[at + 1] === key[1] && words[at + 2] === key[2] && words[at + 3] === key[3]
