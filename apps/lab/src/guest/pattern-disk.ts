import { checkRun, cut, diskFail, type DiskReader, type Extent, joined } from '@vmkeep/disk'
import { createHash } from 'node:crypto'
import { SeededBytes } from './seeded-bytes.ts'

const pieceBytes = 1024 * 1024

export interface PatternDiskSpec {
  readonly capacityBytes: number
  readonly seed: string
  /** How much of it holds anything, 0 to 1. */
  readonly allocatedShare: number
  /** How much of that can be compressed, 0 to 1. */
  readonly compressibleShare: number
}

/** A disk whose bytes are computed when they are read: as large as you like, and no file. No file system either. */
export class PatternDisk implements DiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes = 512
  readonly #spec: PatternDiskSpec
  #closed = false

  constructor(spec: PatternDiskSpec) {
    this.#spec = spec
    this.capacityBytes = spec.capacityBytes
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: 'a pattern disk' })
    checkRun('a pattern disk', this.capacityBytes, offsetBytes, target.length)
    for (const run of cut({ offsetBytes, lengthBytes: target.length }, pieceBytes))
      this.#fill(run, target.subarray(run.offsetBytes - offsetBytes).subarray(0, run.lengthBytes))
  }

  async *allocated(within: Extent): AsyncIterable<Extent> {
    yield* joined(this.#allocated(within))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
  }

  *#allocated(within: Extent): Iterable<Extent> {
    for (const run of cut(within, pieceBytes)) if (this.#kindOf(run) !== 'empty') yield run
  }

  #fill(run: Extent, target: Uint8Array): void {
    const kind = this.#kindOf(run)
    if (kind === 'empty') return void target.fill(0)
    const skip = run.offsetBytes % 16
    const bytes = new SeededBytes(this.#spec.seed, run.offsetBytes - skip).take(skip + target.length)
    target.set(bytes.subarray(skip))
    if (kind === 'compressible') this.#flatten(run.offsetBytes, target)
  }

  /** The first 3 KiB of every 4 KiB hold one byte only, which depends on the place. */
  #flatten(offsetBytes: number, target: Uint8Array): void {
    for (const { offsetBytes: at, lengthBytes } of cut({ offsetBytes, lengthBytes: target.length }, 1024))
      if (at % 4096 < 3072) target.fill(Math.floor(at / 4096) & 0xff, at - offsetBytes, at - offsetBytes + lengthBytes)
  }

  #kindOf({ offsetBytes }: Extent): 'empty' | 'noise' | 'compressible' {
    const hash = createHash('sha256')
      .update(`${this.#spec.seed}:${Math.floor(offsetBytes / pieceBytes)}`)
      .digest()
    if (hash.readUInt32LE(0) / 2 ** 32 >= this.#spec.allocatedShare) return 'empty'
    return hash.readUInt32LE(4) / 2 ** 32 < this.#spec.compressibleShare ? 'compressible' : 'noise'
  }
}
