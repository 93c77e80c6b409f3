import { FormatError } from '@vmkeep/kit'
import {
  type AioHeader,
  CloseFile,
  DdbGet,
  DdbGetReply,
  ddbValueBytesMax,
  OpenFile,
  OpenFileReply,
  QueryAllocatedBlocks,
  QueryAllocatedBlocksReply,
} from '@vmkeep/nfc/messages'
import type { OpenDisk } from '../storage/model.ts'
import { allocatedBitmap } from './allocated-blocks.ts'
import type { SessionContext } from './session-context.ts'

const pathBytesMax = 4096

export async function openFile(context: SessionContext, header: AioHeader): Promise<void> {
  const request = await context.payload(header, OpenFile)
  if (request.pathBytes > pathBytesMax) throw new FormatError(`OPEN_FILE: a path of ${request.pathBytes} bytes`)
  const path = (await context.reader.exactly(request.pathBytes)).toString('utf8')
  await context.strike('nfc.open-file', path)
  const { handle, disk } = context.files.open(path, request)
  const { capacityBytes, sectorSizeBytes } = disk
  const { fileType, flags } = request
  const reply = { handle, fileType, flags, capacityBytes, sectorSizeBytes, ...geometryOf(disk) }
  await context.writer.reply(header.type, header.opId, OpenFileReply.encode(reply))
}

export async function closeFile(context: SessionContext, header: AioHeader): Promise<void> {
  const { handle } = await context.payload(header, CloseFile)
  await context.idle()
  await context.strike('nfc.close-file', context.files.get(handle).path)
  await context.files.close(handle)
  await context.writer.reply(header.type, header.opId, CloseFile.encode({ handle }))
}

export async function ddbGet(context: SessionContext, header: AioHeader): Promise<void> {
  const { handle, keyBytes } = await context.payload(header, DdbGet)
  if (keyBytes > ddbValueBytesMax) throw new FormatError(`DDB_GET: a key of ${keyBytes} bytes`)
  const key = (await context.reader.exactly(keyBytes)).toString('latin1')
  const disk = context.files.get(handle)
  await context.strike('nfc.ddb', disk.path)
  const value = Buffer.from(disk.database(key) ?? '', 'latin1')
  await context.writer.reply(header.type, header.opId, DdbGetReply.encode({ valueBytes: value.length }), value)
}

export async function queryAllocatedBlocks(context: SessionContext, header: AioHeader): Promise<void> {
  const query = await context.payload(header, QueryAllocatedBlocks)
  const disk = context.files.get(query.handle)
  await context.strike('nfc.allocated', disk.path)
  const bitmap = await allocatedBitmap(disk, query)
  const reply = QueryAllocatedBlocksReply.encode({ chunkCount: query.chunkCount })
  await context.writer.reply(header.type, header.opId, reply, bitmap)
}

function geometryOf(disk: OpenDisk): { cylinders: number; heads: number; sectors: number } {
  const value = (key: string) => Number(disk.database(`geometry.${key}`) ?? 0)
  return { cylinders: Math.min(value('cylinders'), 0xffff_ffff), heads: value('heads'), sectors: value('sectors') }
}
