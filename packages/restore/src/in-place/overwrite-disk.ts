import {
  cut,
  differences,
  type DiskReader,
  type DiskWriter,
  type Extent,
  intersected,
  joined,
  united,
  whole,
} from '@vmkeep/disk'
import { forEachConcurrent } from '@vmkeep/kit'
import { fail } from '../errors.ts'

type Extents = AsyncIterable<Extent> | Iterable<Extent>

/** What was done, or so far. */
export interface Overwritten {
  /** Bytes read from the disk and compared with the image before anything is written. */
  readonly comparedBytes: number
  readonly writtenBytes: number
}

/** Where to look, and how. */
export interface Looking {
  /** Ascending. A function, because it is asked anew for every pass. */
  readonly extents: () => Extents
  /** Whether what both sides call unallocated is passed over: only where the disk's own map has been found true. */
  readonly skipHoles: boolean
  /** Whether to look at all: what differs is found by comparing, or all of the extents is written as the image has it. */
  readonly compareFirst: boolean
  readonly signal: AbortSignal
}

const runBytes = 2 * 1024 * 1024
const writesInFlightMax = 4

/**
 * Makes a disk equal to an image inside the extents: what was allocated since and was not then becomes zeroes. Compared first, only
 * what differs is written. Memory is constant.
 */
export async function overwriteDisk(
  image: DiskReader,
  target: DiskReader & DiskWriter,
  look: Looking,
  onProgress: (done: Overwritten) => void,
): Promise<Overwritten> {
  let [comparedBytes, writtenBytes] = [0, 0]
  const tell = () => onProgress({ comparedBytes, writtenBytes })
  const onCompared = (bytes: number) => {
    comparedBytes = bytes
    tell()
  }
  await forEachConcurrent(runsOf(toWrite(image, target, look, onCompared)), writesInFlightMax, async (run) => {
    const bytes = new Uint8Array(run.lengthBytes)
    await image.read(run.offsetBytes, bytes, look.signal)
    await target.write(run.offsetBytes, bytes, look.signal)
    writtenBytes += run.lengthBytes
    tell()
  })
  return { comparedBytes, writtenBytes }
}

/** How much {@link overwriteDisk} would compare and write. Writes nothing. */
export async function countOverwrites(image: DiskReader, current: DiskReader, look: Looking): Promise<Overwritten> {
  let [comparedBytes, writtenBytes] = [0, 0]
  const onCompared = (bytes: number) => void (comparedBytes = bytes)
  for await (const { lengthBytes } of toWrite(image, current, look, onCompared)) writtenBytes += lengthBytes
  return { comparedBytes, writtenBytes }
}

function toWrite(
  image: DiskReader,
  current: DiskReader,
  look: Looking,
  onCompared: (comparedBytes: number) => void,
): AsyncIterable<Extent> {
  return look.compareFirst ? joined(differingPages(image, current, look, onCompared)) : lookedAt(image, current, look)
}

/** @throws `restore.verify-failed` naming the first page that differs inside the extents */
export async function requireSame(
  image: DiskReader,
  current: DiskReader,
  look: Looking & { readonly disk: string },
  onCompared: (comparedBytes: number) => void,
): Promise<void> {
  for await (const { offsetBytes } of differingPages(image, current, look, onCompared))
    throw fail('restore.verify-failed', { disk: look.disk, offsetBytes })
}

function differingPages(
  image: DiskReader,
  current: DiskReader,
  look: Looking,
  onCompared: (comparedBytes: number) => void,
): AsyncIterable<Extent> {
  return differences(lookedAt(image, current, look), current, image, { onCompared, signal: look.signal })
}

function lookedAt(image: DiskReader, current: DiskReader, { extents, skipHoles, signal }: Looking) {
  const all = whole(image.capacityBytes)
  const mapped = united(image.allocated(all, signal), current.allocated(all, signal))
  return skipHoles ? intersected(joined(extents()), mapped) : joined(extents())
}

async function* runsOf(extents: AsyncIterable<Extent>): AsyncIterable<Extent> {
  for await (const extent of extents) yield* cut(extent, runBytes)
}
