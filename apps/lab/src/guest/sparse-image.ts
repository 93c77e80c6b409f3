import {
  checkRun,
  diskFail,
  type DiskReader,
  endOf,
  type Extent,
  intersection,
  joined,
  openRawFile,
} from '@vmkeep/disk'
import type { Patch } from './partition-table.ts'

export interface SparseImageSpec {
  readonly path: string
  readonly capacityBytes: number
  /** Where the file is not zero. */
  readonly data: readonly Extent[]
  /** Laid over the file and what comes after it. */
  readonly patches: readonly Patch[]
}

/** A disk of any size made of a smaller image file, whose holes are known, and a few bytes here and there. */
export async function openSparseImage(spec: SparseImageSpec): Promise<DiskReader> {
  return new SparseImage(spec, await openRawFile(spec.path))
}

class SparseImage implements DiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes = 512
  readonly #spec: SparseImageSpec
  readonly #file: DiskReader
  #closed = false

  constructor(spec: SparseImageSpec, file: DiskReader) {
    this.#spec = spec
    this.#file = file
    this.capacityBytes = spec.capacityBytes
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#spec.path })
    checkRun(this.#spec.path, this.capacityBytes, offsetBytes, target.length)
    const inFile = Math.min(Math.max(this.#file.capacityBytes - offsetBytes, 0), target.length)
    target.fill(0, inFile)
    if (inFile > 0) await this.#file.read(offsetBytes, target.subarray(0, inFile), signal)
    for (const patch of this.#spec.patches) lay(patch, offsetBytes, target)
  }

  async *allocated(within: Extent): AsyncIterable<Extent> {
    const patches = this.#spec.patches.map(({ offsetBytes, bytes }) => ({ offsetBytes, lengthBytes: bytes.length }))
    const all = [...this.#spec.data, ...patches].toSorted((a, b) => a.offsetBytes - b.offsetBytes)
    yield* joined(all.flatMap((extent) => intersection(extent, within) ?? []))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#file[Symbol.asyncDispose]()
  }
}

function lay({ offsetBytes, bytes }: Patch, targetOffsetBytes: number, target: Uint8Array): void {
  const wanted = { offsetBytes: targetOffsetBytes, lengthBytes: target.length }
  const shared = intersection({ offsetBytes, lengthBytes: bytes.length }, wanted)
  if (shared === undefined) return
  target.set(
    bytes.subarray(shared.offsetBytes - offsetBytes, endOf(shared) - offsetBytes),
    shared.offsetBytes - targetOffsetBytes,
  )
}
