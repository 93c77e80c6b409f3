const regionBlocks = 32_768
const regionWords = regionBlocks / 32

/** A set of block numbers: a bitmap where there are any, nothing elsewhere. */
export class BlockSet {
  readonly #regions = new Map<number, Uint32Array>()

  add(firstBlock: number, endBlock: number): void {
    for (let block = firstBlock; block < endBlock;) {
      const number = Math.floor(block / regionBlocks)
      const end = Math.min(endBlock, (number + 1) * regionBlocks)
      setBits(this.#region(number), block - number * regionBlocks, end - number * regionBlocks)
      block = end
    }
  }

  /** Runs of blocks that are in at least one of `sets`, ascending, not touching, cut to the range. */
  static *runs(
    sets: readonly BlockSet[],
    firstBlock: number,
    endBlock: number,
  ): Iterable<readonly [firstBlock: number, endBlock: number]> {
    const numbers = [...new Set(sets.flatMap((set) => [...set.#regions.keys()]))].toSorted((a, b) => a - b)
    let open: [number, number] | undefined
    for (const number of numbers) {
      const base = number * regionBlocks
      if (base + regionBlocks <= firstBlock || base >= endBlock) continue
      const regions = sets.flatMap((set) => set.#regions.get(number) ?? [])
      for (const [first, end] of bitRuns(regions)) {
        const [from, to] = [Math.max(base + first, firstBlock), Math.min(base + end, endBlock)]
        if (from >= to) continue
        if (open?.[1] === from) open[1] = to
        else {
          if (open !== undefined) yield open
          open = [from, to]
        }
      }
    }
    if (open !== undefined) yield open
  }

  #region(number: number): Uint32Array {
    const region = this.#regions.get(number) ?? new Uint32Array(regionWords)
    this.#regions.set(number, region)
    return region
  }
}

function setBits(words: Uint32Array, first: number, end: number): void {
  for (let bit = first; bit < end;) {
    const word = bit >>> 5
    const last = Math.min(end, (word + 1) * 32)
    words[word]! |= maskOf(bit & 31, last - word * 32)
    bit = last
  }
}

/** Bits from `first` up to, not including, `end`, of one word. */
const maskOf = (first: number, end: number) => (end === 32 ? -1 : (1 << end) - 1) & (-1 << first)

function* bitRuns(regions: readonly Uint32Array[]): Iterable<[first: number, end: number]> {
  let first = -1
  for (let i = 0; i < regionWords; i++) {
    let word = 0
    for (const region of regions) word |= region[i]!
    if (word === 0 && first < 0) continue // by far the most common
    if (word === -1 && first >= 0) continue
    for (let bit = 0; bit < 32; bit++) {
      const isSet = ((word >>> bit) & 1) === 1
      if (isSet && first < 0) first = i * 32 + bit
      else if (!isSet && first >= 0) {
        yield [first, i * 32 + bit]
        first = -1
      }
    }
  }
  if (first >= 0) yield [first, regionBlocks]
}
