import { FormatError } from '@vmkeep/kit'
import { AioHeader, aioType, classicFrameBytes, classicType, SessionComplete } from '@vmkeep/nfc/messages'
import { closeFile, ddbGet, openFile, queryAllocatedBlocks } from './file-requests.ts'
import { io } from './io-requests.ts'
import { Refusal } from './refusal.ts'
import { SessionContext, type SessionOptions } from './session-context.ts'
import { closeSession, openSession, setResPool, setSockOpts } from './session-requests.ts'

type Serve = (context: SessionContext, header: AioHeader) => Promise<void>

const requests: ReadonlyMap<number, Serve> = new Map([
  [aioType.OPEN_SESSION, openSession],
  [aioType.CLOSE_SESSION, closeSession],
  [aioType.OPEN_FILE, openFile],
  [aioType.CLOSE_FILE, closeFile],
  [aioType.IO, io],
  [aioType.SET_SOCK_OPTS, setSockOpts],
  [aioType.DDB_GET, ddbGet],
  [aioType.QUERY_ALLOCATED_BLOCKS, queryAllocatedBlocks],
  [aioType.SET_RES_POOL, setResPool],
])

/**
 * The AIO half of a connection, until the client says SESSION_COMPLETE: requests are taken in order, reads are answered as they
 * get ready.
 * Source: nfc-wire.md §4. Evidence: observed on 8.0; the text and code of refusals other than 5 and 0x0b: inferred.
 *
 * @throws FormatError for what can't be answered, `lab.nfc-peer-gone`
 */
export async function serveAio(options: SessionOptions): Promise<void> {
  await using context = new SessionContext(options)
  let nextOpId = 0
  for (;;) {
    const header = await nextHeader(context)
    if (header === undefined) return
    const continues = header.type === aioType.IO && context.writes.has(header.opId) // fragments of a write share their opId
    if (!continues && header.opId !== nextOpId++)
      throw new FormatError(`opId ${header.opId} where ${nextOpId - 1} is next`)
    await serve(context, header)
  }
}

async function nextHeader({ reader }: SessionContext): Promise<AioHeader | undefined> {
  const bytes = await reader.exactly(AioHeader.sizeBytes)
  if (bytes.readUInt32LE(0) !== classicType.SESSION_COMPLETE) return AioHeader.decode(bytes)
  const rest = await reader.exactly(classicFrameBytes - bytes.length)
  SessionComplete.decode(Buffer.concat([bytes, rest]))
  return undefined
}

async function serve(context: SessionContext, header: AioHeader): Promise<void> {
  const request = requests.get(header.type)
  if (request === undefined) throw new FormatError(`unknown type ${header.type}`)
  if (!context.isOpen && request !== openSession) throw new FormatError(`type ${header.type} before OPEN_SESSION`)
  try {
    await request(context, header)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    await context.writer.error(header.opId, error.code, error.message)
  }
}
