import { MapPage, slotsPerPage } from '../formats/map-page.ts'
import { chunkBitsOf, chunksUnder, heightOf, chunkCountOf } from '../formats/map-geometry.ts'

/** Where pages come from and go to. */
export interface PageStore {
  read(id: Uint8Array, level: number, chunkBits: number): Promise<MapPage>
  /** Stores a page, unless it is known, and gives its id. */
  write(page: MapPage): Promise<Uint8Array>
}

interface Node {
  readonly page: MapPage
  readonly parent: Node | undefined
  readonly slot: number
  readonly children: Map<number, Node>
  changed: boolean
}

/** 2 MiB of pages: 16 GiB of image at 256 KiB per chunk, if it is written in no order at all. */
const pagesOpenMax = 256

export interface MapBase {
  readonly root: Uint8Array | null
  readonly height: number
  readonly capacityBytes: number
}

/**
 * Builds the map of an image from the map of another, or from nothing: see docs/formats/repository.md §8.
 *
 * Only the pages on the way to a change are read, and a bounded number of them is open at a time, whatever the size of the disk.
 * Changes may come in any order; a page that is closed too early is opened again. One call at a time.
 */
export class MapWriter {
  readonly #pages: PageStore
  readonly #chunkBits: number
  readonly #chunks: number
  readonly #root: Node
  /** Open nodes, the longest unused first. */
  readonly #open = new Set<Node>()

  private constructor(pages: PageStore, chunkBits: number, chunks: number, root: MapPage) {
    this.#pages = pages
    this.#chunkBits = chunkBits
    this.#chunks = chunks
    this.#root = { page: root, parent: undefined, slot: 0, children: new Map(), changed: true }
  }

  /** A map for an image of `capacityBytes`, which begins as a copy of `base`, cut off or grown by zeroes. */
  static async begin(
    pages: PageStore,
    {
      capacityBytes,
      chunkSizeBytes,
      base,
    }: { capacityBytes: number; chunkSizeBytes: number; base?: MapBase | undefined },
  ): Promise<MapWriter> {
    const chunkBits = chunkBitsOf(chunkSizeBytes)
    const height = heightOf(capacityBytes, chunkSizeBytes)
    const chunks = chunkCountOf(capacityBytes, chunkSizeBytes)
    const root = await fitted(pages, base ?? { root: null, height: 1, capacityBytes }, height, chunkBits)
    const writer = new MapWriter(pages, chunkBits, chunks, root.page)
    if (root.below !== undefined) writer.#addBelow(root.below)
    if (base !== undefined && base.capacityBytes > capacityBytes)
      await writer.#clear(writer.#root, 0, chunks, chunksUnder(height))
    return writer
  }

  get openPages(): number {
    return this.#open.size
  }

  /** Sets consecutive chunks, from `firstChunk` on. */
  async set(firstChunk: number, ids: readonly (Uint8Array | null)[]): Promise<void> {
    for (let i = 0; i < ids.length;) {
      const leaf = await this.#leafOf(firstChunk + i)
      do this.#change(leaf, (firstChunk + i) % slotsPerPage, ids[i++]!)
      while (i < ids.length && (firstChunk + i) % slotsPerPage !== 0)
      await this.#closeSome()
    }
  }

  /** Makes chunks from `fromChunk` up to, not including, `toChunk` zeroes. Costs pages, not chunks. */
  async clear(fromChunk: number, toChunk: number): Promise<void> {
    await this.#clear(this.#root, 0, fromChunk, Math.min(toChunk, this.#chunks))
    await this.#closeSome()
  }

  /** The id of a chunk as it stands. */
  async get(chunk: number): Promise<Uint8Array | null> {
    const leaf = await this.#leafOf(chunk)
    return leaf.page.get(chunk % slotsPerPage)?.slice() ?? null
  }

  /** Writes what is open and gives the root's id. Nothing may follow. */
  async finish(): Promise<Uint8Array | null> {
    await this.#settle(this.#root)
    return this.#root.page.size === 0 ? null : await this.#pages.write(this.#root.page)
  }

  async #leafOf(chunk: number): Promise<Node> {
    let node = this.#root
    while (node.page.level > 0)
      node = await this.#child(node, Math.floor(chunk / chunksUnder(node.page.level)) % slotsPerPage)
    return node
  }

  async #child(parent: Node, slot: number): Promise<Node> {
    const child = parent.children.get(slot) ?? (await this.#openChild(parent, slot))
    this.#open.delete(child)
    this.#open.add(child)
    return child
  }

  async #openChild(parent: Node, slot: number): Promise<Node> {
    const id = parent.page.get(slot)
    const level = parent.page.level - 1
    const page = id === null ? new MapPage(level, this.#chunkBits) : await this.#pages.read(id, level, this.#chunkBits)
    const child = { page, parent, slot, children: new Map(), changed: false }
    parent.children.set(slot, child)
    return child
  }

  #change(node: Node, slot: number, id: Uint8Array | null): void {
    node.page.set(slot, id)
    node.changed = true
  }

  /** Clears what of [from, to) lies under `node`, whose first chunk is `first`. */
  async #clear(node: Node, first: number, from: number, to: number): Promise<void> {
    const span = chunksUnder(node.page.level)
    const firstSlot = Math.max(0, Math.floor((from - first) / span))
    const lastSlot = Math.min(slotsPerPage, Math.ceil((to - first) / span))
    for (let slot = firstSlot; slot < lastSlot; slot++) {
      const start = first + slot * span
      if (!node.page.has(slot) && !node.children.has(slot)) continue
      if (from <= start && start + span <= to) this.#drop(node, slot)
      else await this.#clear(await this.#child(node, slot), start, from, to)
    }
  }

  /** Empties a slot and forgets what is open under it. */
  #drop(node: Node, slot: number): void {
    const child = node.children.get(slot)
    if (child !== undefined) this.#forget(child)
    this.#change(node, slot, null)
  }

  #forget(node: Node): void {
    for (const child of node.children.values()) this.#forget(child)
    node.parent?.children.delete(node.slot)
    this.#open.delete(node)
  }

  async #closeSome(): Promise<void> {
    for (const node of this.#open) {
      if (this.#open.size <= pagesOpenMax) return
      if (node.children.size === 0) await this.#close(node)
    }
  }

  async #settle(node: Node): Promise<void> {
    for (const child of node.children.values()) {
      await this.#settle(child)
      await this.#close(child)
    }
  }

  /** Writes a page whose children are closed, and puts its id into its parent. */
  async #close(node: Node): Promise<void> {
    if (node.changed)
      this.#change(node.parent!, node.slot, node.page.size === 0 ? null : await this.#pages.write(node.page))
    this.#forget(node)
  }

  /** Hangs the root of a lower base under the first slots of a new, higher tree. */
  #addBelow(page: MapPage): void {
    let node = this.#root
    while (node.page.level > page.level) {
      const level = node.page.level - 1
      const childPage = level === page.level ? page : new MapPage(level, this.#chunkBits)
      const child: Node = { page: childPage, parent: node, slot: 0, children: new Map(), changed: true }
      node.children.set(0, child)
      this.#open.add(child)
      node = child
    }
  }
}

/** The root page for a tree of `height`, made of a base of any height; and the base's own root, if it belongs below. */
async function fitted(
  pages: PageStore,
  base: MapBase,
  height: number,
  chunkBits: number,
): Promise<{ page: MapPage; below?: MapPage }> {
  let { root, height: baseHeight } = base
  for (; root !== null && baseHeight > height; baseHeight--)
    root = (await pages.read(root, baseHeight - 1, chunkBits)).get(0)?.slice() ?? null
  if (root === null) return { page: new MapPage(height - 1, chunkBits) }
  const page = await pages.read(root, baseHeight - 1, chunkBits)
  return baseHeight === height ? { page } : { page: new MapPage(height - 1, chunkBits), below: page }
}
