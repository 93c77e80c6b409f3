// AIO QUERY_ALLOCATED_BLOCKS: which chunks of a disk are allocated.
// Source: cloudbase/OpenVixDiskLib docs. Evidence: observed there on ESXi 8.0.
import { type Decoded, FormatError, ignored, size64le, struct, u64le } from '@vmkeep/kit'

/** C → S. `startBytes` must be a multiple of `chunkBytes`, and the run must lie inside the disk, or the answer is ERROR. */
export const QueryAllocatedBlocks = struct('nfc.QUERY_ALLOCATED_BLOCKS', 48, {
  handle: u64le,
  zero: ignored(8),
  chunkBytes: size64le,
  startBytes: size64le,
  chunkCount: size64le,
  rest: ignored(8),
})
export type QueryAllocatedBlocks = Decoded<typeof QueryAllocatedBlocks>

/** S → C. Extra: a bitmap of {@link allocationBitmapBytes}. */
export const QueryAllocatedBlocksReply = struct('nfc.QUERY_ALLOCATED_BLOCKS reply', 48, {
  unknown: ignored(32),
  chunkCount: size64le, // echoed
  rest: ignored(8),
})
export type QueryAllocatedBlocksReply = Decoded<typeof QueryAllocatedBlocksReply>

/** A run of chunks. */
export interface ChunkRun {
  readonly first: number
  readonly count: number
}

/** The size of a bitmap for so many chunks: it is padded to a multiple of 4 bytes. */
export const allocationBitmapBytes = (chunkCount: number): number => Math.ceil(chunkCount / 32) * 4

/** The runs of allocated chunks, ascending and not touching. Least significant bit first; padding is not looked at. */
export function* decodeAllocationBitmap(bitmap: Uint8Array, chunkCount: number): Iterable<ChunkRun> {
  const needed = allocationBitmapBytes(chunkCount)
  if (bitmap.length < needed) throw new FormatError(`nfc allocation bitmap: ${bitmap.length} of ${needed} bytes`)
  for (let at = nextBit(bitmap, 0, chunkCount, 1); at < chunkCount;) {
    const end = nextBit(bitmap, at, chunkCount, 0)
    yield { first: at, count: end - at }
    at = nextBit(bitmap, end, chunkCount, 1)
  }
}

/** The padded bitmap of `chunkCount` chunks in which those of `runs` are allocated. */
export function encodeAllocationBitmap(runs: Iterable<ChunkRun>, chunkCount: number): Uint8Array {
  const bitmap = new Uint8Array(allocationBitmapBytes(chunkCount))
  for (const { first, count } of runs) {
    if (first < 0 || first + count > chunkCount)
      throw new FormatError(`chunks ${first} to ${first + count} are not among ${chunkCount}`)
    for (let chunk = first; chunk < first + count; chunk++) bitmap[chunk >> 3]! |= 1 << (chunk & 7)
  }
  return bitmap
}

/** The first chunk from `at` on whose bit is `wanted`, or `end`. */
function nextBit(bitmap: Uint8Array, at: number, end: number, wanted: 0 | 1): number {
  const nothing = wanted === 1 ? 0x00 : 0xff
  while (at < end) {
    const byte = bitmap[at >> 3]!
    if ((at & 7) === 0 && byte === nothing) at += 8
    else if (((byte >> (at & 7)) & 1) === wanted) return at
    else at++
  }
  return end
}
