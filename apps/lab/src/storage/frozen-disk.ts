import { diskFail, type DiskReader, type Extent } from '@vmkeep/disk'
import { flattened, type Layer } from './layer.ts'
import { PageTable } from './page-table.ts'
import { allocatedPages, type PageView, readPages } from './page-view.ts'

/** The bytes of a chain as they are now, for ever: shares its pages, copies none. */
export class FrozenDisk implements DiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #name: string
  readonly #view: PageView
  readonly #table = new PageTable()
  #closed = false

  constructor(layer: Layer) {
    this.#name = `the frozen view of ${layer.fileName}`
    this.sectorSizeBytes = layer.sectorSizeBytes
    this.capacityBytes = layer.capacityBytes
    const live = layer.view()
    for (const [page, value] of flattened(live)) this.#table.set(page, value > 0 ? live.pages.share(value) : value)
    this.#view = { ...live, lookup: (page) => this.#table.get(page), regions: () => this.#table.regions() }
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#name })
    await readPages(this.#view, this.#name, offsetBytes, target, signal)
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#name })
    yield* allocatedPages(this.#view, within, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const [, value] of this.#table.entries()) if (value > 0) this.#view.pages.release(value)
  }
}
