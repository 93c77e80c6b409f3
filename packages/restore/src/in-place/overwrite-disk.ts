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
  /** Bytes read from the disk and compared with the image. */
  readonly comparedBytes: number
  readonly writtenBytes: number
}

/** Where to look, and how. */
export interface Looking {
  /** Ascending. A function, because it is asked anew for every pass. */
  readonly extents: () => Extents
  /** Whether what both sides call unallocated is passed over: only where the disk's own map has been found true. */
  readonly skipHoles: boolean
  readonly signal: AbortSignal
}

const runBytes = 2 * 1024 * 1024
const writesInFlightMax = 4

/**
 * Makes a disk equal to an image inside the extents, and writes only where they differ: what was allocated since and was not then
 * becomes zeroes. Memory is constant.
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
  const differing = joined(differingPages(image, target, look, onCompared))
  await forEachConcurrent(runsOf(differing), writesInFlightMax, async (run) => {
    const bytes = new Uint8Array(run.lengthBytes)
    await image.read(run.offsetBytes, bytes, look.signal)
    await target.write(run.offsetBytes, bytes, look.signal)
    writtenBytes += run.lengthBytes
    tell()
  })
  return { comparedBytes, writtenBytes }
}

/** How much {@link overwriteDisk} would write. Writes nothing. */
export async function countDifferences(
  image: DiskReader,
  current: DiskReader,
  look: Looking,
  onCompared: (comparedBytes: number) => void,
): Promise<Overwritten> {
  let [comparedBytes, writtenBytes] = [0, 0]
  const tell = (bytes: number) => onCompared((comparedBytes = bytes))
  for await (const { lengthBytes } of differingPages(image, current, look, tell)) writtenBytes += lengthBytes
  return { comparedBytes, writtenBytes }
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
  { extents, skipHoles, signal }: Looking,
  onCompared: (comparedBytes: number) => void,
): AsyncIterable<Extent> {
  const all = whole(image.capacityBytes)
  const mapped = united(image.allocated(all, signal), current.allocated(all, signal))
  const looked = skipHoles ? intersected(joined(extents()), mapped) : joined(extents())
  return differences(looked, current, image, { onCompared, signal })
}

async function* runsOf(extents: AsyncIterable<Extent>): AsyncIterable<Extent> {
  for await (const extent of extents) yield* cut(extent, runBytes)
}
