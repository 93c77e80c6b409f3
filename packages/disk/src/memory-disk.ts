import { checkRun } from './check-run.ts'
import type { DiskReader, DiskWriter } from './disk.ts'
import { cut, type Extent, intersection } from './extent.ts'
import { joined } from './extent-streams.ts'
import { fail } from './errors.ts'

const pageSizeBytes = 64 * 1024

/** A sparse disk in memory: for tests, and the model that others are compared with. */
export class MemoryDisk implements DiskReader, DiskWriter {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly ascending = false
  readonly #pages = new Map<number, Uint8Array>()
  #closed = false

  constructor(capacityBytes: number, sectorSizeBytes = 512) {
    this.capacityBytes = capacityBytes
    this.sectorSizeBytes = sectorSizeBytes
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check(offsetBytes, target.length, signal)
    for (const run of cut({ offsetBytes, lengthBytes: target.length }, pageSizeBytes)) {
      const page = this.#pages.get(Math.floor(run.offsetBytes / pageSizeBytes))
      const part = target.subarray(run.offsetBytes - offsetBytes, run.offsetBytes - offsetBytes + run.lengthBytes)
      if (page === undefined) part.fill(0)
      else part.set(page.subarray(run.offsetBytes % pageSizeBytes, (run.offsetBytes % pageSizeBytes) + run.lengthBytes))
    }
  }

  async write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check(offsetBytes, bytes.length, signal)
    for (const run of cut({ offsetBytes, lengthBytes: bytes.length }, pageSizeBytes)) {
      const number = Math.floor(run.offsetBytes / pageSizeBytes)
      const page = this.#pages.get(number) ?? new Uint8Array(pageSizeBytes)
      this.#pages.set(number, page)
      page.set(
        bytes.subarray(run.offsetBytes - offsetBytes, run.offsetBytes - offsetBytes + run.lengthBytes),
        run.offsetBytes % pageSizeBytes,
      )
    }
  }

  async *allocated(within: Extent): AsyncIterable<Extent> {
    const pages = [...this.#pages.keys()].toSorted((a, b) => a - b)
    const extents = pages.map((number) =>
      intersection({ offsetBytes: number * pageSizeBytes, lengthBytes: pageSizeBytes }, within),
    )
    yield* joined(extents.filter((extent) => extent !== undefined))
  }

  async finish(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
  }

  #check(offsetBytes: number, lengthBytes: number, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closed) throw fail('disk.closed', { disk: 'memory disk' })
    checkRun('memory disk', this.capacityBytes, offsetBytes, lengthBytes)
  }
}
