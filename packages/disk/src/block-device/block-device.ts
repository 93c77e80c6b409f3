import { constants, type FileHandle, open } from 'node:fs/promises'
import { checkRun } from '../check-run.ts'
import type { DiskReader } from '../disk.ts'
import { fail } from '../errors.ts'
import type { Extent } from '../extent.ts'
import { AlignedPool, isAligned, pageBytes } from './aligned-memory.ts'
import { factsOfDevice } from './device-facts.ts'

/**
 * A block device or a plain file, read as it is: a hot-added disk, a LUN, the extent of a VMDK.
 *
 * Contract: that of {@link DiskReader}, and
 * - Any offset and length will do. Direct reads go in whole pages through lent memory; a target in `alignedMemory` at an aligned
 *   offset is filled without a copy.
 * - Errors of the system come as they are (EIO, ENXIO for a device that is gone …): whoever opened it knows what it means.
 */
export interface BlockDevice extends DiskReader {
  readonly path: string
  /** What offsets, lengths and addresses should be multiples of to be read without a copy. 1: buffered, it does not matter. */
  readonly alignmentBytes: number
  /** Whether the kernel's page cache is passed by (O_DIRECT). */
  readonly isDirect: boolean
}

export interface BlockDeviceOptions {
  /** `direct` where the file system can, else buffered. Default: direct. docs/benchmarks.md has both side by side. */
  readonly caching?: 'direct' | 'buffered'
  /** Where sysfs is; made up in tests. */
  readonly sysRoot?: string
}

/** At most 8 MiB for all devices of the process: eight reads at once keep any disk busy, and Node's threads are no more. */
const pool = new AlignedPool({ pieces: 8, pieceBytes: 1024 * 1024 })

/** @throws what `open` says; EACCES: only root, or the group `disk`, may read block devices */
export async function openBlockDevice(path: string, options: BlockDeviceOptions = {}): Promise<BlockDevice> {
  const { caching = 'direct', sysRoot = '/sys' } = options
  const direct = caching === 'direct' ? await openDirect(path) : undefined
  const file = direct ?? (await open(path, constants.O_RDONLY))
  try {
    const stats = await file.stat({ bigint: true })
    const facts = stats.isBlockDevice()
      ? await factsOfDevice(stats, sysRoot)
      : { capacityBytes: Number(stats.size), sectorSizeBytes: 512 }
    return new OpenDevice(path, file, { ...facts, isDirect: direct !== undefined })
  } catch (error) {
    await file.close()
    throw error
  }
}

/** `undefined` where the file system does not do it: it says so when opening, or only when reading (FUSE). */
async function openDirect(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle | undefined
  try {
    file = await open(path, constants.O_RDONLY | constants.O_DIRECT)
    using lent = await pool.lend()
    await file.read(lent.bytes, 0, pageBytes, 0)
    return file
  } catch (error) {
    await file?.close()
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return undefined
    throw error
  }
}

type Facts = Pick<BlockDevice, 'capacityBytes' | 'sectorSizeBytes' | 'isDirect'>

class OpenDevice implements BlockDevice {
  readonly path: string
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly alignmentBytes: number
  readonly isDirect: boolean
  readonly #file: FileHandle
  #closed = false

  constructor(path: string, file: FileHandle, { capacityBytes, sectorSizeBytes, isDirect }: Facts) {
    this.path = path
    this.#file = file
    this.capacityBytes = capacityBytes
    this.sectorSizeBytes = sectorSizeBytes
    this.isDirect = isDirect
    this.alignmentBytes = isDirect ? pageBytes : 1
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#checkOpen()
    checkRun(this.path, this.capacityBytes, offsetBytes, target.length)
    const asItIs = !this.isDirect || (isAligned(target) && offsetBytes % pageBytes === 0)
    if (asItIs) return await this.#fill(offsetBytes, target, target.length)
    for (let done = 0; done < target.length;)
      done += await this.#readThroughPool(offsetBytes + done, target.subarray(done), signal)
  }

  /** Everything may hold data. */
  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    signal?.throwIfAborted()
    this.#checkOpen()
    if (within.lengthBytes > 0) yield within
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#file.close()
  }

  /** Reads the pages around the start of what is wanted, as many as one piece holds. Returns how much of `target` is filled. */
  async #readThroughPool(offsetBytes: number, target: Uint8Array, signal: AbortSignal | undefined): Promise<number> {
    using lent = await pool.lend(signal)
    const lead = offsetBytes % pageBytes
    const wanted = Math.min(target.length, lent.bytes.length - lead)
    const pages = lent.bytes.subarray(0, Math.ceil((lead + wanted) / pageBytes) * pageBytes)
    await this.#fill(offsetBytes - lead, pages, lead + wanted)
    target.set(pages.subarray(lead, lead + wanted))
    return wanted
  }

  /** Reads at least the first `neededBytes` of `target`: where the last page reaches beyond the end there is no more. */
  async #fill(offsetBytes: number, target: Uint8Array, neededBytes: number): Promise<void> {
    for (let done = 0; done < neededBytes;) {
      this.#checkOpen()
      const { bytesRead } = await this.#file.read(target, done, target.length - done, offsetBytes + done)
      if (bytesRead === 0)
        throw fail('disk.short-read', {
          disk: this.path,
          offsetBytes: offsetBytes + done,
          missingBytes: neededBytes - done,
        })
      done += bytesRead
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw fail('disk.closed', { disk: this.path })
  }
}
