import { chunkBitsOf, chunkCountOf, chunksUnder } from '../formats/map-geometry.ts'
import { type MapPage, slotsPerPage } from '../formats/map-page.ts'
import type { StoredImage } from '../restore-point.ts'
import { rootOf } from '../sessions/image-plan.ts'
import type { PageSource } from './map-difference.ts'

/** Pages read before they are asked for, on each level: a map of few chunks per page is as slow as its pages come. */
const pagesAheadMax = 16

/** A level-0 page and the number of its first chunk. */
export interface Leaf {
  readonly page: MapPage
  readonly firstChunk: number
}

/** One chunk that is not all zeroes. */
export interface MappedChunk {
  readonly chunk: number
  readonly id: Uint8Array
}

/** Reads the map of an image. */
export class MapReader {
  readonly chunks: number
  readonly #pages: PageSource
  readonly #root: Uint8Array | null
  readonly #height: number
  readonly #chunkBits: number

  /** @throws `repository.invalid-option` if the image contradicts itself */
  constructor(pages: PageSource, image: StoredImage) {
    const { root, height } = rootOf(image)
    this.chunks = chunkCountOf(image.capacityBytes, image.chunkSizeBytes)
    this.#pages = pages
    this.#root = root
    this.#height = height
    this.#chunkBits = chunkBitsOf(image.chunkSizeBytes)
  }

  /** Chunks of [from, to) that are not all zeroes, ascending. */
  async *mapped(from: number, to: number, signal?: AbortSignal): AsyncIterable<MappedChunk> {
    for await (const { page, firstChunk } of this.leaves(from, to, signal))
      for (let chunk = Math.max(from, firstChunk); chunk < Math.min(to, firstChunk + slotsPerPage); chunk++) {
        const id = page.get(chunk - firstChunk)
        if (id !== null) yield { chunk, id }
      }
  }

  /** The leaves that hold anything of [from, to), ascending. The next ones are read while the caller looks at one. */
  async *leaves(from: number, to: number, signal?: AbortSignal): AsyncIterable<Leaf> {
    const end = Math.min(to, this.chunks)
    if (this.#root === null || from >= end) return
    yield* this.#under(this.#root, this.#height - 1, 0, { from, to: end, signal })
  }

  async *#under(id: Uint8Array, level: number, first: number, range: Range): AsyncIterable<Leaf> {
    const page = await this.#pages.read(id, level, this.#chunkBits, range.signal)
    if (level === 0) return yield { page, firstChunk: first }
    const span = chunksUnder(level)
    const slots = slotsWithin(page, { firstSlot: (range.from - first) / span, endSlot: (range.to - first) / span })
    const prefetch = (slot: number) => this.#prefetch(page.get(slot)!, level - 1)
    slots.slice(1, pagesAheadMax).forEach(prefetch)
    for (const [i, slot] of slots.entries()) {
      slots.slice(i + pagesAheadMax, i + pagesAheadMax + 1).forEach(prefetch)
      yield* this.#under(page.get(slot)!, level - 1, first + slot * span, range)
    }
  }

  #prefetch(id: Uint8Array, level: number): void {
    this.#pages.read(id, level, this.#chunkBits).catch(() => {}) // asked for again when its turn comes
  }
}

interface Range {
  readonly from: number
  readonly to: number
  readonly signal: AbortSignal | undefined
}

function slotsWithin(page: MapPage, { firstSlot, endSlot }: { firstSlot: number; endSlot: number }): number[] {
  const slots: number[] = []
  for (let slot = Math.max(0, Math.floor(firstSlot)); slot < Math.min(slotsPerPage, Math.ceil(endSlot)); slot++)
    if (page.has(slot)) slots.push(slot)
  return slots
}
