import { FormatError } from '@vmkeep/kit'
import {
  allocationBitmapBytes,
  type ChunkRun,
  DdbGet,
  DdbGetReply,
  type DdbKey,
  ddbKeys,
  ddbValueBytesMax,
  decodeAllocationBitmap,
  QueryAllocatedBlocks,
  QueryAllocatedBlocksReply,
} from '../messages/index.ts'
import { type Handle, refusedBy } from './handle.ts'

/** What is set of the descriptor's disk data base, without `ddb.` before the keys. */
export type DiskMetadata = Partial<Record<DdbKey, string>>

/** One value of the descriptor's disk data base, or `undefined` if it is not set. */
export async function ddbGet(handle: Handle, key: string): Promise<string | undefined> {
  const extra = Buffer.from(key, 'latin1')
  const { extra: value } = await handle.connection.request({
    type: 'DDB_GET',
    payload: DdbGet.encode({ handle: handle.id, keyBytes: extra.length }),
    extra,
    reply: DdbGetReply,
    replyExtraBytes({ valueBytes }) {
      if (valueBytes <= ddbValueBytesMax) return valueBytes
      throw new FormatError(`a value of ${valueBytes} bytes for ${key}, more than ${ddbValueBytesMax}`)
    },
    refused: refusedBy(handle, `reading ddb.${key}`),
  })
  return value.length === 0 ? undefined : value.toString('latin1')
}

export async function allMetadata(get: (key: DdbKey) => Promise<string | undefined>): Promise<DiskMetadata> {
  const entries = await Promise.all(ddbKeys.map(async (key) => [key, await get(key)] as const))
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** Which of `chunkCount` chunks from `startBytes` on are allocated. */
export async function queryChunks(
  handle: Handle,
  chunkBytes: number,
  startBytes: number,
  chunkCount: number,
): Promise<Iterable<ChunkRun>> {
  const { extra: bitmap } = await handle.connection.request({
    type: 'QUERY_ALLOCATED_BLOCKS',
    payload: QueryAllocatedBlocks.encode({ handle: handle.id, chunkBytes, startBytes, chunkCount }),
    reply: QueryAllocatedBlocksReply,
    replyExtraBytes({ chunkCount: echoed }) {
      if (echoed === chunkCount) return allocationBitmapBytes(chunkCount)
      throw new FormatError(`a bitmap of ${echoed} chunks, asked for ${chunkCount}`)
    },
    refused: refusedBy(handle, `asking what is allocated from byte ${startBytes} on`),
  })
  return decodeAllocationBitmap(bitmap, chunkCount)
}
