import { between, endOf, type Extent, intersection } from '@vmkeep/disk'
import { FormatError } from '@vmkeep/kit'
import { vixSectorBytes } from '../protocol/messages.ts'

// What QueryAllocatedBlocks may be asked: whole chunks of a power of two of at least 128 sectors, at most 512 Ki of them at once; the
// end of a disk that is no whole chunk cannot be asked for and counts as allocated.
// Source: VIXDISKLIB_MIN_CHUNK_SIZE, VIXDISKLIB_MAX_CHUNK_NUMBER; vadp.md §1.7. Evidence: documented, observed by others.

/** 256 KiB, as repositories cut their images. */
export const chunkSectors = 512
/** 16 GiB a query: the call is known to be slow, and its answer stays small. */
const chunksPerQueryMax = 64 * 1024
const chunkBytes = chunkSectors * vixSectorBytes

export interface AllocationQuery {
  readonly startSector: number
  readonly sectors: number
}

/** The queries that cover as much of `within` as can be asked for, and from where on the rest counts as allocated. */
export function allocationQueries(
  within: Extent,
  capacityBytes: number,
): { queries: Iterable<AllocationQuery>; unaskableFromBytes: number } {
  const unaskableFromBytes = Math.floor(capacityBytes / chunkBytes) * chunkBytes
  return { queries: queries(within, unaskableFromBytes), unaskableFromBytes }
}

function* queries(within: Extent, unaskableFromBytes: number): Iterable<AllocationQuery> {
  const lastChunk = Math.ceil(Math.min(endOf(within), unaskableFromBytes) / chunkBytes)
  for (let chunk = Math.floor(within.offsetBytes / chunkBytes); chunk < lastChunk;) {
    const chunks = Math.min(lastChunk - chunk, chunksPerQueryMax)
    yield { startSector: chunk * chunkSectors, sectors: chunks * chunkSectors }
    chunk += chunks
  }
}

/** The blocks of an answer: pairs of sector and number of sectors. @throws FormatError for what is outside of what was asked, or not in order */
export function* blocksOf(answer: Uint8Array, { startSector, sectors }: AllocationQuery): Iterable<Extent> {
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength)
  let from = BigInt(startSector)
  const end = from + BigInt(sectors)
  for (let at = 0; at + 16 <= answer.length; at += 16) {
    const [start, length] = [view.getBigUint64(at, true), view.getBigUint64(at + 8, true)]
    if (start < from || length === 0n || start + length > end)
      throw new FormatError(`allocated blocks ${start}+${length} where ${from} to ${end} were asked for`)
    from = start + length
    yield { offsetBytes: Number(start) * vixSectorBytes, lengthBytes: Number(length) * vixSectorBytes }
  }
}

/** The part of `within` that is not asked for: it counts as allocated. */
export const unaskable = (within: Extent, fromBytes: number, capacityBytes: number): Extent | undefined =>
  fromBytes < capacityBytes ? intersection(within, between(fromBytes, capacityBytes)) : undefined
