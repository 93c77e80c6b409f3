/** The page is not in this layer: look below. */
export const absent = 0
/** The page reads as zeroes, whatever lies below: it was trimmed. */
export const zero = -1

const regionPages = 1024

/** Which slot of the page file holds which page of a layer. Sparse: a region of 64 MiB costs 4 KiB, from its first page on. */
export class PageTable {
  readonly #regions = new Map<number, Int32Array>()
  #ascending: number[] | undefined
  #dataPages = 0
  #entries = 0

  /** Pages with a slot. */
  get dataPages(): number {
    return this.#dataPages
  }

  /** Pages with a slot or known as zero. */
  get size(): number {
    return this.#entries
  }

  get(page: number): number {
    return this.#regions.get(Math.floor(page / regionPages))?.[page % regionPages] ?? absent
  }

  set(page: number, value: number): void {
    const region = this.#region(page, value !== absent)
    if (region === undefined) return
    const before = region[page % regionPages]!
    region[page % regionPages] = value
    this.#dataPages += Number(value > 0) - Number(before > 0)
    this.#entries += Number(value !== absent) - Number(before !== absent)
  }

  /** What is here from `firstPage` up to, not including, `endPage`, ascending. The table may change meanwhile, behind the cursor. */
  *entries(firstPage = 0, endPage = Infinity): Iterable<readonly [page: number, value: number]> {
    for (const number of this.regions()) {
      const base = number * regionPages
      if (base + regionPages <= firstPage || base >= endPage) continue
      const region = this.#regions.get(number)!
      const end = Math.min(regionPages, endPage - base)
      for (let i = Math.max(0, firstPage - base); i < end; i++) if (region[i] !== absent) yield [base + i, region[i]!]
    }
  }

  /** Numbers of the regions with entries, ascending. A region is {@link PageTable.regionPages} pages. */
  regions(): readonly number[] {
    this.#ascending ??= [...this.#regions.keys()].toSorted((a, b) => a - b)
    return this.#ascending
  }

  static readonly regionPages = regionPages

  clear(): void {
    this.#regions.clear()
    this.#ascending = undefined
    this.#dataPages = 0
    this.#entries = 0
  }

  #region(page: number, create: boolean): Int32Array | undefined {
    const number = Math.floor(page / regionPages)
    const found = this.#regions.get(number)
    if (found !== undefined || !create) return found
    const region = new Int32Array(regionPages)
    this.#regions.set(number, region)
    this.#ascending = undefined
    return region
  }
}
