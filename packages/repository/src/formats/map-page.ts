import { bytes, FormatError, struct, u8, u16le } from '@vmkeep/kit'
import { idBytes } from './blob.ts'

export const slotsPerPage = 256

/** docs/formats/repository.md §8; the ids follow. */
const PageHead = struct('repository.map-page', 36, { level: u8, chunkBits: u8, ids: u16le, bitmap: bytes(32) })

/** A page of a map, open: 256 slots, each with an id or none. */
export class MapPage {
  readonly level: number
  readonly chunkBits: number
  readonly #ids = new Uint8Array(slotsPerPage * idBytes)
  readonly #bitmap = new Uint8Array(slotsPerPage / 8)

  constructor(level: number, chunkBits: number) {
    this.level = level
    this.chunkBits = chunkBits
  }

  /** How many slots hold an id. */
  get size(): number {
    let size = 0
    for (const byte of this.#bitmap) for (let bits = byte; bits !== 0; bits &= bits - 1) size++
    return size
  }

  has(slot: number): boolean {
    return (this.#bitmap[slot >> 3]! & (1 << (slot & 7))) !== 0
  }

  /** The id in `slot`, as a view that changes with the page, or `null`. */
  get(slot: number): Uint8Array | null {
    return this.has(slot) ? this.#ids.subarray(slot * idBytes, (slot + 1) * idBytes) : null
  }

  set(slot: number, id: Uint8Array | null): void {
    const bit = 1 << (slot & 7)
    if (id === null) this.#bitmap[slot >> 3]! &= ~bit
    else {
      this.#bitmap[slot >> 3]! |= bit
      this.#ids.set(id, slot * idBytes)
    }
  }

  copy(): MapPage {
    const page = new MapPage(this.level, this.chunkBits)
    page.#ids.set(this.#ids)
    page.#bitmap.set(this.#bitmap)
    return page
  }

  encode(): Uint8Array {
    const size = this.size
    const encoded = new Uint8Array(PageHead.sizeBytes + size * idBytes)
    encoded.set(PageHead.encode({ level: this.level, chunkBits: this.chunkBits, ids: size, bitmap: this.#bitmap }))
    let at = PageHead.sizeBytes
    for (let slot = 0; slot < slotsPerPage; slot++) {
      const id = this.get(slot)
      if (id === null) continue
      encoded.set(id, at)
      at += idBytes
    }
    return encoded
  }

  /** @throws FormatError if it is not the one encoding of a page of this level and chunk size */
  static decode(source: Uint8Array, level: number, chunkBits: number): MapPage {
    const head = PageHead.decode(source)
    if (head.level !== level) throw new FormatError(`it is of level ${head.level}, not ${level}`)
    if (head.chunkBits !== chunkBits)
      throw new FormatError(`its chunks have 2^${head.chunkBits} bytes, not 2^${chunkBits}`)
    const page = new MapPage(level, chunkBits)
    page.#bitmap.set(head.bitmap)
    const { size } = page
    if (size === 0 || size !== head.ids) throw new FormatError(`it states ${head.ids} ids and marks ${size}`)
    if (source.length !== PageHead.sizeBytes + size * idBytes)
      throw new FormatError(`it has ${source.length} bytes for ${size} ids`)
    let at = PageHead.sizeBytes
    for (let slot = 0; slot < slotsPerPage; slot++) {
      if (!page.has(slot)) continue
      page.#ids.set(source.subarray(at, at + idBytes), slot * idBytes)
      at += idBytes
    }
    return page
  }
}
