import { type ChunkRun, encodeAllocationBitmap, type QueryAllocatedBlocks } from '@vmkeep/nfc/messages'
import type { OpenDisk } from '../storage/model.ts'
import { Refusal } from './refusal.ts'

/** Source: VDDK, VixDiskLib_QueryAllocatedBlocks: chunks of 128 sectors or more, a power of two, 512 Ki at a time. Evidence: documented. */
const chunkBytesMin = 64 * 1024
const chunkCountMax = 512 * 1024

/** The bitmap a QUERY_ALLOCATED_BLOCKS is answered with. @throws Refusal for runs that are not aligned or leave the disk */
export async function allocatedBitmap(disk: OpenDisk, query: QueryAllocatedBlocks): Promise<Uint8Array> {
  const { chunkBytes, startBytes, chunkCount } = query
  const isChunk = chunkBytes >= chunkBytesMin && Number.isInteger(Math.log2(chunkBytes))
  const isInside =
    chunkCount > 0 && chunkCount <= chunkCountMax && startBytes + chunkCount * chunkBytes <= disk.capacityBytes
  if (!isChunk || startBytes % chunkBytes !== 0 || !isInside)
    throw new Refusal(1, `Invalid range: ${chunkCount} chunks of ${chunkBytes} bytes from byte ${startBytes}`)
  const within = { offsetBytes: startBytes, lengthBytes: chunkCount * chunkBytes }
  const runs: ChunkRun[] = []
  for await (const { offsetBytes, lengthBytes } of disk.reportedAllocated(within)) {
    const first = Math.floor((offsetBytes - startBytes) / chunkBytes)
    const end = Math.ceil((offsetBytes + lengthBytes - startBytes) / chunkBytes)
    runs.push({ first, count: end - first })
  }
  return encodeAllocationBitmap(runs, chunkCount)
}
