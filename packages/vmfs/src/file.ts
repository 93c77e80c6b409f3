import { checkRun, diskFail, type DiskReader, type Extent, joined } from '@vmkeep/disk'
import { forEachConcurrent } from '@vmkeep/kit'
import type { BlockMap, PlacedRun } from './block-map.ts'
import { decodeFileDescriptor, type FileDescriptor } from './file-descriptor-format.ts'
import type { Geometry } from './fs-header-format.ts'
import { explained, readBytes } from './read-at.ts'

interface FileParts {
  readonly bytes: DiskReader
  readonly geometry: Geometry
  readonly descriptor: FileDescriptor
  readonly descriptorAtBytes: number
  /** Missing where the descriptor holds the file's bytes. */
  readonly map: BlockMap | undefined
  readonly entryBytes: { readonly atBytes: number; readonly expected: Uint8Array } | undefined
}

const readsInFlightMax = 4

/** A file of a VMFS, as it was when it was opened. Closing it leaves the volume open. */
export class VmfsFile implements DiskReader {
  readonly name: string
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #parts: FileParts
  #closed = false

  constructor(name: string, parts: FileParts) {
    this.name = name
    this.#parts = parts
    this.capacityBytes = parts.descriptor.lengthBytes
    this.sectorSizeBytes = parts.bytes.sectorSizeBytes
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#check(offsetBytes, target.length)
    const { bytes, map, descriptor } = this.#parts
    if (map === undefined) return target.set(descriptor.body.subarray(offsetBytes, offsetBytes + target.length))
    await explained(this.name, () =>
      forEachConcurrent(
        map.runs({ offsetBytes, lengthBytes: target.length }, signal),
        readsInFlightMax,
        async (run) => {
          const start = run.extent.offsetBytes - offsetBytes
          const wanted = target.subarray(start, start + run.extent.lengthBytes)
          if (run.place === 'zeroes') wanted.fill(0)
          else await bytes.read(run.place, wanted, signal)
        },
      ),
    )
  }

  /** What has blocks that were written: neither holes nor blocks that are still to be zeroed. */
  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    yield* joined(dataOf(this.runs(within, signal)))
  }

  /** Every byte of `within` once, ascending: where it lies in the volume, or that it is zeroes. */
  async *runs(within: Extent, signal?: AbortSignal): AsyncIterable<PlacedRun> {
    this.#check(within.offsetBytes, within.lengthBytes)
    const { map } = this.#parts
    if (map === undefined) {
      if (within.lengthBytes > 0) yield { extent: within, place: 0 }
      return
    }
    const runs = map.runs(within, signal)[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await explained(this.name, () => runs.next())
      if (done === true) return
      yield value
    }
  }

  /**
   * What has changed since the file was opened, as one fact; `undefined` if it is the same file at the same blocks. Read afresh: bytes
   * that were read before it was asked, and the answer is `undefined`, are the file's.
   */
  async changed(): Promise<string | undefined> {
    const { bytes, geometry, descriptor, descriptorAtBytes, entryBytes } = this.#parts
    if (entryBytes !== undefined) {
      const { atBytes, expected } = entryBytes
      const now = await readBytes(bytes, atBytes, expected.length)
      if (!Buffer.from(now).equals(expected)) return 'its name is gone, or is now that of another file'
    }
    const now = decodeFileDescriptor(
      await readBytes(bytes, descriptorAtBytes, geometry.descriptorBytes),
      descriptor.address,
      geometry,
    )
    for (const key of lastingKeys)
      if (now[key] !== descriptor[key]) return `its ${key} was ${descriptor[key]} and is ${now[key]}`
    return Buffer.from(now.body).equals(descriptor.body) ? undefined : 'it has other blocks'
  }

  #check(offsetBytes: number, lengthBytes: number): void {
    if (this.#closed) throw diskFail('disk.closed', { disk: this.name })
    checkRun(this.name, this.capacityBytes, offsetBytes, lengthBytes)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
  }
}

/** What a file that nobody writes to keeps. Not times, and not the lock: hosts renew those. */
const lastingKeys = [
  'generation',
  'type',
  'lengthBytes',
  'blockBytes',
  'blocks',
  'addressing',
  'pointerBlocks',
  'toBeZeroedLow',
  'toBeZeroedHigh',
  'copyOnWriteLow',
  'copyOnWriteHigh',
] as const satisfies readonly (keyof FileDescriptor)[]

async function* dataOf(runs: AsyncIterable<PlacedRun>): AsyncIterable<Extent> {
  for await (const { extent, place } of runs) if (place !== 'zeroes') yield extent
}
