import { mapConcurrent } from '@vmkeep/kit'
import type { DiskReader } from './disk.ts'
import { cut, type Extent } from './extent.ts'

/** What a difference is told in: the coarsest block that change tracking of any version reports is a multiple of it. */
const pageBytes = 64 * 1024
const runBytes = 2 * 1024 * 1024
const runsInFlightMax = 4

export interface DifferencesOptions {
  /** Told how many bytes of the extents have been compared so far. */
  readonly onCompared?: ((bytes: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

type Readable = Pick<DiskReader, 'read'>

/** Where two disks hold other bytes, inside ascending extents: in pages of 64 KiB, ascending. Four pairs of buffers of 2 MiB at the most. */
export async function* differences(
  extents: AsyncIterable<Extent> | Iterable<Extent>,
  one: Readable,
  other: Readable,
  { onCompared, signal }: DifferencesOptions = {},
): AsyncIterable<Extent> {
  const compare = async (run: Extent) => ({ run, pages: await differingPages(run, one, other, signal) })
  let comparedBytes = 0
  for await (const { run, pages } of mapConcurrent(runsInFlightMax, compare)(runsOf(extents))) {
    onCompared?.((comparedBytes += run.lengthBytes))
    yield* pages
  }
}

async function* runsOf(extents: AsyncIterable<Extent> | Iterable<Extent>): AsyncIterable<Extent> {
  for await (const extent of extents) yield* cut(extent, runBytes)
}

async function differingPages(
  run: Extent,
  one: Readable,
  other: Readable,
  signal: AbortSignal | undefined,
): Promise<Extent[]> {
  const [a, b] = [new Uint8Array(run.lengthBytes), new Uint8Array(run.lengthBytes)]
  await Promise.all([one.read(run.offsetBytes, a, signal), other.read(run.offsetBytes, b, signal)])
  if (Buffer.compare(a, b) === 0) return []
  return [...cut(run, pageBytes)].filter(({ offsetBytes, lengthBytes }) => {
    const [from, to] = [offsetBytes - run.offsetBytes, offsetBytes - run.offsetBytes + lengthBytes]
    return Buffer.compare(a.subarray(from, to), b.subarray(from, to)) !== 0
  })
}
