import assert from 'node:assert/strict'
import { checkRun, diskFail, type Extent } from '@vmkeep/disk'
import { databaseOf } from './descriptor.ts'
import type { Layer, LayerPin } from './layer.ts'
import type { DiskAccess, OpenDisk } from './model.ts'
import { allocatedPages, readPages } from './page-view.ts'

export interface OpenChainOptions {
  readonly access: DiskAccess
  /** Where writes go: the guest's way, so that they are tracked. */
  readonly write: (offsetBytes: number, bytes: Uint8Array) => Promise<void>
}

/** A chain held open: its layers can't be merged or deleted meanwhile. */
export class OpenChain implements OpenDisk {
  readonly path: string
  readonly access: DiskAccess
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #layer: Layer
  readonly #pin: LayerPin
  readonly #write: (offsetBytes: number, bytes: Uint8Array) => Promise<void>
  #closed = false

  constructor(layer: Layer, { access, write }: OpenChainOptions) {
    this.path = layer.fileName
    this.access = access
    this.capacityBytes = layer.capacityBytes
    this.sectorSizeBytes = layer.sectorSizeBytes
    this.#layer = layer
    this.#write = write
    this.#pin = { label: access === 'read' ? 'a reader' : 'a writer', isExclusive: access === 'write' }
    layer.pin(this.#pin)
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#checkOpen()
    await readPages(this.#layer.view(), this.path, offsetBytes, target, signal)
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    this.#checkOpen()
    yield* allocatedPages(this.#layer.view(), within, signal)
  }

  async *reportedAllocated(within: Extent): AsyncIterable<Extent> {
    this.#checkOpen()
    yield* reportedAllocated(this.#layer, within)
  }

  async write(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    this.#checkOpen()
    assert(this.access === 'write', `${this.path} is open for reading`)
    checkRun(this.path, this.capacityBytes, offsetBytes, bytes.length)
    await this.#write(offsetBytes, bytes)
  }

  database(key: string): string | undefined {
    return databaseOf(this.#layer).get(key)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#layer.unpin(this.#pin)
  }

  #checkOpen(): void {
    if (this.#closed) throw diskFail('disk.closed', { disk: this.path })
  }
}

/**
 * What a host can say about allocation: on VMFS the blocks a thin or lazy-zeroed disk has written, else everything.
 * Source: vadp.md §1.6 (VADP programming guide: relies on file holes and the VMFS LazyZero marker). Evidence: documented.
 */
export async function* reportedAllocated(layer: Layer, within: Extent): AsyncIterable<Extent> {
  const { allocation, files } = layer.root
  if (allocation === 'eagerZeroedThick' || files.datastore.type !== 'VMFS') yield within
  else yield* allocatedPages(layer.view(), within)
}
