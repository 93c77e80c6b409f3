import { checkRun, cut, diskFail, endOf, type Extent, intersection, joined, split } from '@vmkeep/disk'
import type { ByteSource } from './byte-source.ts'
import { dataOf, type HeldRun, type Layer } from './layer.ts'
import { sectorSizeBytes } from './sectors.ts'

/** One of the extents a disk is put together from, at its place on the disk. */
export interface Part {
  readonly extent: Extent
  /** `undefined` for an extent of zeroes. */
  readonly reader: Layer | undefined
}

/** Extents one after the other, as one disk. Takes the parts over. */
export class ExtentsReader implements Layer {
  readonly capacityBytes: number
  readonly sectorSizeBytes = sectorSizeBytes
  readonly #path: string
  readonly #parts: readonly Part[]
  #closed = false

  /** `parts` ascend and leave no gap. */
  constructor(path: string, parts: readonly Part[]) {
    this.#path = path
    this.#parts = parts
    this.capacityBytes = parts.reduce((endBytes, { extent }) => Math.max(endBytes, endOf(extent)), 0)
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#path })
    checkRun(this.#path, this.capacityBytes, offsetBytes, target.length)
    for (const { run, part } of this.#within({ offsetBytes, lengthBytes: target.length })) {
      const start = run.offsetBytes - offsetBytes
      const wanted = target.subarray(start, start + run.lengthBytes)
      if (part.reader === undefined) wanted.fill(0)
      else await part.reader.read(run.offsetBytes - part.extent.offsetBytes, wanted, signal)
    }
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    yield* joined(dataOf(this.holdings(within, signal)))
  }

  async *holdings(within: Extent, signal?: AbortSignal): AsyncIterable<HeldRun> {
    for (const { run, part } of this.#within(within)) {
      if (part.reader === undefined) {
        yield { extent: run, holding: 'zeroes' }
        continue
      }
      const startBytes = part.extent.offsetBytes
      const inside = { offsetBytes: run.offsetBytes - startBytes, lengthBytes: run.lengthBytes }
      for await (const { extent, holding } of part.reader.holdings(inside, signal))
        yield { extent: { ...extent, offsetBytes: extent.offsetBytes + startBytes }, holding }
    }
  }

  *#within(extent: Extent): Iterable<{ run: Extent; part: Part }> {
    for (const part of this.#parts) {
      const run = intersection(part.extent, extent)
      if (run !== undefined) yield { run, part }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const { reader } of this.#parts) await reader?.[Symbol.asyncDispose]()
  }
}

/** Bytes as they are: the `-flat.vmdk` of a VM, or a part of it. Takes `source` over. */
export class FlatReader implements Layer {
  readonly capacityBytes: number
  readonly sectorSizeBytes = sectorSizeBytes
  readonly #source: ByteSource
  readonly #startBytes: number
  #closed = false

  constructor(source: ByteSource, startBytes: number, capacityBytes: number) {
    this.#source = source
    this.#startBytes = startBytes
    this.capacityBytes = capacityBytes
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    checkRun(this.#source.path, this.capacityBytes, offsetBytes, target.length)
    const lengthBytesMax = 4 * 1024 * 1024 // so that an abort is heard
    for (const run of cut({ offsetBytes, lengthBytes: target.length }, lengthBytesMax)) {
      signal?.throwIfAborted()
      if (this.#closed) throw diskFail('disk.closed', { disk: this.#source.path })
      const start = run.offsetBytes - offsetBytes
      await this.#source.read(this.#startBytes + run.offsetBytes, target.subarray(start, start + run.lengthBytes))
    }
  }

  async *allocated(within: Extent): AsyncIterable<Extent> {
    yield* joined(dataOf(this.holdings(within)))
  }

  async *holdings(within: Extent): AsyncIterable<HeldRun> {
    if (within.lengthBytes <= 0) return
    if (this.#source.allocated === undefined) return yield { extent: within, holding: 'data' }
    const moved = ({ offsetBytes, lengthBytes }: Extent, byBytes: number) => ({
      offsetBytes: offsetBytes + byBytes,
      lengthBytes,
    })
    const inSource = moved(within, this.#startBytes)
    for await (const { extent, covered } of split([inSource], this.#source.allocated(inSource)))
      yield { extent: moved(extent, -this.#startBytes), holding: covered ? 'data' : 'zeroes' }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#source[Symbol.asyncDispose]()
  }
}
