import type { ChunkRun } from '../messages/index.ts'
import type { Extent } from './extent.ts'

/** The vendor's limit of chunks per call is eight times this; a bitmap is then 8 KiB. Source: VDDK programming guide. */
const chunksPerQueryMax = 65_536

export interface AllocatedExtentsOptions {
  readonly within: Extent
  readonly chunkBytes: number
  readonly capacityBytes: number
  /** Asks about chunks that lie wholly inside the disk. */
  readonly query: (startBytes: number, chunkCount: number) => Promise<Iterable<ChunkRun>>
}

/** What is allocated inside `within`: ascending, not touching. A last chunk that is not whole can't be asked about and counts as allocated. */
export async function* allocatedExtents(options: AllocatedExtentsOptions): AsyncGenerator<Extent, void, undefined> {
  const { within, capacityBytes } = options
  const endBytes = Math.min(within.offsetBytes + within.lengthBytes, capacityBytes)
  let openStart = 0
  let openEnd = 0
  for await (const [start, end] of allocatedSpans(options, endBytes)) {
    if (start > openEnd && openEnd > openStart) yield { offsetBytes: openStart, lengthBytes: openEnd - openStart }
    if (start > openEnd || openEnd === openStart) openStart = Math.max(start, within.offsetBytes)
    openEnd = Math.min(end, endBytes)
  }
  if (openEnd > openStart) yield { offsetBytes: openStart, lengthBytes: openEnd - openStart }
}

/** The same with neither ends cut to `within` nor neighbours joined. */
async function* allocatedSpans(
  { within, chunkBytes, capacityBytes, query }: AllocatedExtentsOptions,
  endBytes: number,
): AsyncGenerator<readonly [start: number, end: number]> {
  const wholeChunks = Math.floor(capacityBytes / chunkBytes)
  const endChunk = Math.min(Math.ceil(endBytes / chunkBytes), wholeChunks)
  for (let chunk = Math.floor(within.offsetBytes / chunkBytes); chunk < endChunk; chunk += chunksPerQueryMax) {
    const runs = await query(chunk * chunkBytes, Math.min(chunksPerQueryMax, endChunk - chunk))
    for (const { first, count } of runs) yield [(chunk + first) * chunkBytes, (chunk + first + count) * chunkBytes]
  }
  const tailStart = Math.max(wholeChunks * chunkBytes, within.offsetBytes)
  if (tailStart < endBytes) yield [tailStart, endBytes]
}
