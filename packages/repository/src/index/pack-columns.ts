import { packNameBytes } from '../formats/object-names.ts'

const pageBits = 14
/** What is known of so many packs lies together: a table that grows copies none of it, but for the first page. */
export const packsPerPage = 2 ** pageBits
const firstPacks = 64

/** What is known of some packs, a column per fact. */
export type PackPage = ReturnType<typeof pageOf>

const pageOf = (packs: number) => ({
  packs,
  name: new Uint8Array(packs * packNameBytes),
  sha256: new Uint8Array(packs * 32),
  sizeBytes: new Uint32Array(packs),
  listedBytes: new Uint32Array(packs),
  blobs: new Uint32Array(packs),
  plainBytes: new Float64Array(packs),
  keyGeneration: new Uint32Array(packs),
  since: new Uint32Array(packs),
  kind: new Uint8Array(packs),
  state: new Uint8Array(packs),
  flags: new Uint8Array(packs),
})

/** The columns of a pack table, in pages. The first page begins small and grows: most repositories have few packs. */
export class PackColumns {
  readonly #pages = [pageOf(firstPacks)]

  /** The page that holds a pack; {@link rowOf} says where. */
  pageOf(ordinal: number): PackPage {
    return this.#pages[ordinal >>> pageBits]!
  }

  get pages(): readonly PackPage[] {
    return this.#pages
  }

  /** Makes room for the pack that comes next. */
  reserve(ordinal: number): void {
    const page = this.#pages[ordinal >>> pageBits]
    if (page === undefined) this.#pages.push(pageOf(packsPerPage))
    else if (rowOf(ordinal) >= page.packs) this.#pages[ordinal >>> pageBits] = grown(page)
  }
}

export const rowOf = (ordinal: number): number => ordinal & (packsPerPage - 1)

function grown(page: PackPage): PackPage {
  const larger = pageOf(Math.min(packsPerPage, 2 * page.packs))
  for (const [name, column] of Object.entries(page))
    if (typeof column !== 'number') (larger[name as keyof PackPage] as Uint8Array).set(column as Uint8Array)
  return larger
}
