import { cut, type DiskReader, type DiskWriter, type Extent, isZero, whole } from '@vmkeep/disk'
import { forEachConcurrent } from '@vmkeep/kit'
import type { ImageReader } from '@vmkeep/repository'
import { fail } from './errors.ts'

export interface WriteProgress {
  /** Bytes that are not holes, read from the repository and written so far. */
  readonly writtenBytes: number
}

const writesInFlightMax = 4

/**
 * Writes all of an image that may hold data to an empty disk. Holes are left out: they cost nothing and stay holes.
 * Runs come in order with read-ahead; a disk that takes them in any order gets several at once.
 */
export async function writeImage(
  image: ImageReader,
  target: DiskWriter,
  onProgress: (progress: WriteProgress) => void,
  signal: AbortSignal,
): Promise<number> {
  let writtenBytes = 0
  const write = async (run: { readonly offsetBytes: number; readonly bytes: Uint8Array } & Disposable) => {
    using held = run
    await target.write(held.offsetBytes, held.bytes, signal)
    onProgress({ writtenBytes: (writtenBytes += held.bytes.length) })
  }
  await forEachConcurrent(image.runs(undefined, { signal }), target.ascending ? 1 : writesInFlightMax, write)
  return writtenBytes
}

const compareBytes = 1024 * 1024

/**
 * Reads the whole target back and compares it with the image, holes included.
 *
 * @throws `restore.verify-failed` naming the disk and the first byte that differs
 */
export async function compareWithImage(
  image: ImageReader,
  target: DiskReader,
  disk: string,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const buffer = new Uint8Array(compareBytes)
  let checkedTo = 0
  for await (const run of image.runs(undefined, { signal })) {
    using held = run
    await requireZeroes(target, { offsetBytes: checkedTo, lengthBytes: held.offsetBytes - checkedTo }, disk, signal)
    for (const piece of cut({ offsetBytes: held.offsetBytes, lengthBytes: held.bytes.length }, compareBytes)) {
      const found = buffer.subarray(0, piece.lengthBytes)
      await target.read(piece.offsetBytes, found, signal)
      const start = piece.offsetBytes - held.offsetBytes
      requireEqual(held.bytes.subarray(start, start + piece.lengthBytes), found, piece.offsetBytes, disk)
    }
    checkedTo = held.offsetBytes + held.bytes.length
    onProgress(checkedTo)
  }
  await requireZeroes(target, { offsetBytes: checkedTo, lengthBytes: image.capacityBytes - checkedTo }, disk, signal)
  onProgress(whole(image.capacityBytes).lengthBytes)
}

/** What the target calls unallocated reads as zeroes by its contract; only the rest must be looked at. */
async function requireZeroes(target: DiskReader, gap: Extent, disk: string, signal: AbortSignal): Promise<void> {
  if (gap.lengthBytes <= 0) return
  const buffer = new Uint8Array(compareBytes)
  for await (const extent of target.allocated(gap, signal))
    for (const piece of cut(extent, compareBytes)) {
      const found = buffer.subarray(0, piece.lengthBytes)
      await target.read(piece.offsetBytes, found, signal)
      if (!isZero(found))
        throw fail('restore.verify-failed', {
          disk,
          offsetBytes: piece.offsetBytes + found.findIndex((byte) => byte !== 0),
        })
    }
}

function requireEqual(expected: Uint8Array, found: Uint8Array, offsetBytes: number, disk: string): void {
  if (Buffer.compare(expected, found) === 0) return
  throw fail('restore.verify-failed', {
    disk,
    offsetBytes: offsetBytes + found.findIndex((byte, i) => byte !== expected[i]),
  })
}
