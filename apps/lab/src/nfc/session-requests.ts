import { FormatError } from '@vmkeep/kit'
import {
  type AioHeader,
  CloseSession,
  OpenSession,
  OpenSessionReply,
  SetResPool,
  SetSockOpts,
  SetSockOptsReply,
} from '@vmkeep/nfc/messages'
import { noMemory, Refusal } from './refusal.ts'
import type { SessionContext } from './session-context.ts'
import { WindowPool } from './window-pool.ts'

const bufferBytesMin = 512
const bufferCountMax = 256
/** Source: OpenVixDiskLib docs. Evidence: observed in one lab. */
const sockOpts = { sendBytes: 1_675_000, receiveBytes: 1_675_000, flag: 1 }

export async function openSession(context: SessionContext, header: AioHeader): Promise<void> {
  const { bufferBytes, bufferCount } = await context.payload(header, OpenSession)
  await context.strike('nfc.open-session', '')
  if (context.isOpen) throw new FormatError('a second OPEN_SESSION')
  if (bufferBytes < bufferBytesMin || bufferCount < 1 || bufferCount > bufferCountMax)
    throw new Refusal(1, `Invalid buffers: ${bufferCount} of ${bufferBytes} bytes`)
  const { limits, budget } = context.host
  const wanted = bufferBytes * bufferCount
  const share = bufferBytes > limits.sessionBufferBytesMax ? undefined : budget.take(wanted)
  if (share === undefined) throw noMemory(wanted)
  const windows = new WindowPool(bufferBytes)
  context.buffers = { bufferBytes, windows, [Symbol.dispose]: () => share[Symbol.dispose]() }
  await context.writer.reply(header.type, header.opId, OpenSessionReply.encode({}))
}

export async function closeSession(context: SessionContext, header: AioHeader): Promise<void> {
  await context.payload(header, CloseSession)
  await context.idle()
  context.buffers = undefined
  await context.writer.reply(header.type, header.opId, CloseSession.encode({}))
}

export async function setSockOpts(context: SessionContext, header: AioHeader): Promise<void> {
  await context.payload(header, SetSockOpts)
  await context.writer.reply(header.type, header.opId, SetSockOptsReply.encode(sockOpts))
}

export async function setResPool(context: SessionContext, header: AioHeader): Promise<void> {
  const { pool } = await context.payload(header, SetResPool)
  await context.writer.reply(header.type, header.opId, SetResPool.encode({ pool }))
}
