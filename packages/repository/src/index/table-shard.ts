export const prefixWords = 4
export const shards = 64
const slotsMin = 8
const loadMax = 0.85
const growth = 1.5

/** A bit per slot of a shard. */
export class SlotBits {
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
  renew(slots: number): SlotBits {
    const old = new SlotBits(0)
    old.#words = this.#words
    this.#words = new Uint8Array(Math.ceil(slots / 8))
    return old
  }
}

/** A part of a table: slots of a prefix and some values, found by open addressing. The first value of a slot in use is never 0. */
export class TableShard {
  readonly #stride: number
  readonly #bits = new Set<SlotBits>()
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

  addBits(): SlotBits {
    const bits = new SlotBits(this.#slots)
    this.#bits.add(bits)
    return bits
  }

  removeBits(bits: SlotBits): void {
    this.#bits.delete(bits)
  }

  /** Where every slot in use begins, ascending. */
  *places(): Iterable<number> {
    const { words } = this
    for (let at = 0; at < words.length; at += this.#stride) if (words[at + prefixWords] !== 0) yield at
  }

  /** Where every slot with this key begins, those added first coming first. */
  *placesOf(key: Words): Iterable<number> {
    const { words } = this
    for (let at = this.#startOf(key); words[at + prefixWords] !== 0; at = this.#after(at))
      if (matches(words, at, key)) yield at
  }

  valuesAt(at: number): Uint32Array {
    return this.words.subarray(at + prefixWords, at + this.#stride)
  }

  /** The place of `key`, or the free place where it belongs. */
  locate(key: Words): number {
    const { words } = this
    let at = this.#startOf(key)
    while (words[at + prefixWords] !== 0 && !matches(words, at, key)) at = this.#after(at)
    return at
  }

  /** The free place behind all that may be found on the way to it. */
  locateFree(key: Words): number {
    let at = this.#startOf(key)
    while (this.words[at + prefixWords] !== 0) at = this.#after(at)
    return at
  }

  #startOf(key: Words): number {
    return Math.floor((key[0] / 2 ** 32) * this.#slots) * this.#stride
  }

  #after(at: number): number {
    return at + this.#stride === this.words.length ? 0 : at + this.#stride
  }

  /** Makes sure `size` entries fit. Says whether everything has moved. */
  reserve(size: number): boolean {
    if (size <= this.#slots * loadMax) return false
    const old = this.words
    const slots = Math.max(slotsMin, Math.ceil(size / loadMax) + 1, Math.ceil((old.length / this.#stride) * growth))
    this.words = new Uint32Array(slots * this.#stride)
    const moving = [...this.#bits].map((bits) => ({ from: bits.renew(slots), to: bits }))
    const first = firstFree(old, this.#stride) // from there on, slots of one key come in the order in which they were added
    for (let i = 0; i < old.length; i += this.#stride) {
      const from = (first + i) % old.length
      if (old[from + prefixWords] === 0) continue
      const to = this.locateFree([old[from]!, old[from + 1]!, old[from + 2]!, old[from + 3]!])
      this.words.set(old.subarray(from, from + this.#stride), to)
      for (const bits of moving) if (bits.from.has(this.slotOf(from))) bits.to.add(this.slotOf(to))
    }
    return true
  }
}

/** A prefix as little-endian words. */
export type Words = readonly [number, number, number, number]

export const readWords = (b: Uint8Array): Words => [wordAt(b, 0), wordAt(b, 4), wordAt(b, 8), wordAt(b, 12)]

const firstFree = (words: Uint32Array, stride: number) => {
  let at = 0
  while (words[at + prefixWords] !== 0) at += stride // there is one: a table is never full
  return at
}

const wordAt = (b: Uint8Array, at: number) =>
  (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0

const matches = (words: Uint32Array, at: number, key: Words) =>
  words[at] === key[0] && words[at + 1] === key[1] && words[at + 2] === key[2] && words[at + 3] === key[3]
