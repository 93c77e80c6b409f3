import { between, checkRun, endOf, type Extent } from '@vmkeep/disk'
import { FormatError } from '@vmkeep/kit'
import { readAddress, type Target } from './address-format.ts'
import { addressing, type FileDescriptor } from './file-descriptor-format.ts'
import type { Geometry } from './fs-header-format.ts'

/** A run of a file: where its bytes lie in the volume, or that it is zeroes. */
export interface PlacedRun {
  readonly extent: Extent
  readonly place: number | 'zeroes'
}

/** What resolving a file's addresses takes of its volume. */
export interface Resources {
  readonly geometry: Geometry
  readonly capacityBytes: number
  /** The bytes of the pointer block that an address leads to. */
  pointers(target: Target): Promise<Uint8Array>
  /** Where a sub-block lies in the volume, and its size. */
  subBlock(target: Target): Promise<{ readonly volumeOffsetBytes: number; readonly blockBytes: number }>
}

/** Where the bytes of a file lie. docs/formats/vmfs.md §6. */
export class BlockMap {
  readonly lengthBytes: number
  readonly #file: FileDescriptor
  readonly #resources: Resources

  constructor(file: FileDescriptor, resources: Resources) {
    this.#file = file
    this.#resources = resources
    this.lengthBytes = file.lengthBytes
    const { addressesMax, pointersPerBlock } = resources.geometry
    const levels = {
      [addressing.pointerBlocks]: 1,
      [addressing.pointerBlocks2]: 1,
      [addressing.doublePointerBlocks]: 2,
    }
    const levelsOfFile = levels[file.addressing as keyof typeof levels] ?? 0
    const reachBytes = addressesMax * pointersPerBlock ** levelsOfFile * file.blockBytes
    if (file.lengthBytes > reachBytes && file.addressing !== addressing.inline)
      throw new FormatError(`a file of ${file.lengthBytes} bytes whose addresses reach ${reachBytes}`)
  }

  /** Every byte of `within` once, ascending, joined where runs follow each other in the volume. */
  async *runs(within: Extent, signal?: AbortSignal): AsyncIterable<PlacedRun> {
    checkRun('a file', this.lengthBytes, within.offsetBytes, within.lengthBytes)
    let open: PlacedRun | undefined
    for (let at = within.offsetBytes; at < endOf(within);) {
      signal?.throwIfAborted()
      const run = await this.#runAt(at, endOf(within))
      at = endOf(run.extent)
      if (open !== undefined && follows(open, run)) {
        open = { place: open.place, extent: between(open.extent.offsetBytes, at) }
        continue
      }
      if (open !== undefined) yield open
      open = run
    }
    if (open !== undefined) yield open
  }

  /** The run that begins at a byte: to the end of its block at most, or of the part of the disk that a missing pointer block would tell of. */
  async #runAt(atBytes: number, endBytes: number): Promise<PlacedRun> {
    const { blockBytes } = this.#file
    const { target, holeBytes } = await this.#resolve(Math.floor(atBytes / blockBytes))
    if (target.kind === 'hole') {
      const nextBytes = (Math.floor(atBytes / holeBytes) + 1) * holeBytes
      return { extent: between(atBytes, Math.min(nextBytes, endBytes)), place: 'zeroes' }
    }
    const extent = between(atBytes, Math.min((Math.floor(atBytes / blockBytes) + 1) * blockBytes, endBytes))
    if (target.kind === 'block' && target.isZero) return { extent, place: 'zeroes' }
    const block = target.kind === 'block' ? target : await this.#resources.subBlock(target)
    const place = block.volumeOffsetBytes + (atBytes % block.blockBytes)
    if (place + extent.lengthBytes <= this.#resources.capacityBytes) return { extent, place }
    throw new FormatError(
      `byte ${atBytes} of a file lies at ${place}, beyond the volume's ${this.#resources.capacityBytes}`,
    )
  }

  /** What the address of block `number` says; for a hole, how much of the file has none. */
  async #resolve(number: number): Promise<{ target: Target; holeBytes: number }> {
    const { body, blockBytes } = this.#file
    const per = this.#resources.geometry.pointersPerBlock
    switch (this.#file.addressing) {
      case addressing.fileBlocks:
      case addressing.subBlocks:
        return { target: this.#address(body, number), holeBytes: blockBytes }
      case addressing.pointerBlocks:
      case addressing.pointerBlocks2: {
        const first = this.#address(body, Math.floor(number / per))
        if (first.kind === 'hole') return { target: first, holeBytes: per * blockBytes }
        return { target: this.#address(await this.#resources.pointers(first), number % per), holeBytes: blockBytes }
      }
      case addressing.doublePointerBlocks: {
        const first = this.#address(body, Math.floor(number / per ** 2))
        if (first.kind === 'hole') return { target: first, holeBytes: per ** 2 * blockBytes }
        const second = this.#address(await this.#resources.pointers(first), Math.floor(number / per) % per)
        if (second.kind === 'hole') return { target: second, holeBytes: per * blockBytes }
        return { target: this.#address(await this.#resources.pointers(second), number % per), holeBytes: blockBytes }
      }
      default:
        throw new FormatError(`blocks addressed in the way 0x${this.#file.addressing.toString(16)}`)
    }
  }

  #address(table: Uint8Array, index: number): Target {
    return readAddress(table, index, this.#resources.geometry, 2 ** Math.min(this.#file.zeroGranularityShift, 40))
  }
}

function follows(before: PlacedRun, run: PlacedRun): boolean {
  if (before.place === 'zeroes' || run.place === 'zeroes') return before.place === run.place
  return run.place === before.place + before.extent.lengthBytes
}
