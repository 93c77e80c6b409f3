import { codeOf, FormatError } from '@vmkeep/kit'
import {
  type AioHeader,
  encodeFragmentFrame,
  ioDirection,
  IoFragment,
  nfcErrorCode,
  ReadRequest,
} from '@vmkeep/nfc/messages'
import type { OpenDisk } from '../storage/model.ts'
import { replyToRead } from './read-reply.ts'
import { noMemory, Refusal, refusalOf } from './refusal.ts'
import type { SessionContext } from './session-context.ts'
import { WriteRequest } from './write-request.ts'

const writesOpenMax = 64

export async function io(context: SessionContext, header: AioHeader): Promise<void> {
  if (header.size !== IoFragment.sizeBytes) throw new FormatError(`IO: ${header.size} bytes where 44 belong`)
  const payload = await context.reader.exactly(IoFragment.sizeBytes)
  const direction = payload.readUInt32LE(8)
  if (direction === ioDirection.read) return await read(context, header, ReadRequest.decode(payload))
  if (direction !== ioDirection.write) throw new FormatError(`IO: direction ${direction}`)
  await write(context, header, IoFragment.decode(payload))
}

async function read(context: SessionContext, { opId }: AioHeader, request: ReadRequest): Promise<void> {
  const { lengthBytes, lengthBytesAgain, lengthBytesOnceMore } = request
  if (lengthBytesAgain !== lengthBytes || lengthBytesOnceMore !== lengthBytes)
    throw new FormatError(`IO read: lengths ${lengthBytes}, ${lengthBytesAgain} and ${lengthBytesOnceMore} differ`)
  const disk = context.files.get(request.handle)
  await context.strike('nfc.io', disk.path)
  if (lengthBytes > context.host.limits.requestBytesMax) throw noMemory(lengthBytes)
  checkRange(disk, request.offsetBytes, lengthBytes)
  await context.runBeside(() => answer(context, opId, request, disk))
}

/** Beside the requests that follow, so nothing may be thrown: the client hears of it, or is cut off. */
async function answer(context: SessionContext, opId: number, request: ReadRequest, disk: OpenDisk): Promise<void> {
  const { writer, signal, host } = context
  const { bufferBytes: fragmentBytesMax, windows } = context.buffers
  const strike = () => context.strikeFrame('nfc.fragment', disk.path)
  try {
    await replyToRead(request, { disk, opId, fragmentBytesMax, windows, strike, writer, signal, random: host.random })
  } catch (error) {
    if (codeOf(error) === 'lab.nfc-peer-gone') return context.cut()
    const { code, message } = refusalOf(error)
    await writer.error(opId, code, message).catch(() => context.cut())
  }
}

async function write(context: SessionContext, { opId }: AioHeader, fragment: IoFragment): Promise<void> {
  const { bufferBytes } = context.buffers
  if (fragment.wireBytes > bufferBytes || fragment.fragmentBytes > bufferBytes)
    throw new FormatError(`IO write: a fragment of ${fragment.wireBytes} bytes, buffers have ${bufferBytes}`)
  const wire = await context.reader.exactly(fragment.wireBytes)
  const request = context.writes.get(opId) ?? (await startWrite(context, opId, fragment))
  request.check(fragment)
  await request.write(fragment, wire)
  if (!request.isComplete) return
  context.writes.delete(opId)
  if (request.failure !== undefined) throw refusalOf(request.failure)
  await context.writer.send(acknowledgement(opId, fragment))
}

async function startWrite(context: SessionContext, opId: number, fragment: IoFragment): Promise<WriteRequest> {
  if (context.writes.size >= writesOpenMax) throw new FormatError(`more than ${writesOpenMax} writes at once`)
  const disk = context.files.get(fragment.handle)
  const request = new WriteRequest(disk, fragment)
  context.writes.set(opId, request)
  try {
    await context.strike('nfc.io', disk.path)
    if (disk.access === 'read') throw new Refusal(nfcErrorCode.fileReadOnly, 'The file is read-only')
    checkRange(disk, fragment.offsetBytes, fragment.totalBytes)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    request.failure = error
  }
  return request
}

function checkRange(disk: OpenDisk, offsetBytes: number, lengthBytes: number): void {
  if (lengthBytes < 1 || offsetBytes + lengthBytes > disk.capacityBytes)
    throw new Refusal(1, `Bytes ${offsetBytes} to ${offsetBytes + lengthBytes} are not inside ${disk.capacityBytes}`)
}

function acknowledgement(opId: number, { offsetBytes, totalBytes }: IoFragment): Uint8Array {
  const nothing = { compression: 0, fragmentOffsetBytes: 0, fragmentBytes: 0, wireBytes: 0 }
  return encodeFragmentFrame(opId, 0n, { direction: ioDirection.write, offsetBytes, totalBytes, ...nothing })
}
