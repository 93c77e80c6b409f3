import { codeOf, FormatError, Limiter, messageOf, type Struct } from '@vmkeep/kit'
import {
  AioHeader,
  aioType,
  classicFrameBytes,
  classicType,
  CloseFile,
  CloseSession,
  DdbGet,
  DdbGetReply,
  ddbValueBytesMax,
  encodeFragmentFrame,
  ioDirection,
  IoFragment,
  nfcErrorCode,
  OpenFile,
  OpenFileReply,
  OpenSession,
  OpenSessionReply,
  QueryAllocatedBlocks,
  QueryAllocatedBlocksReply,
  ReadRequest,
  SessionComplete,
  SetResPool,
  SetSockOpts,
  SetSockOptsReply,
} from '@vmkeep/nfc/messages'
import type { OpenDisk } from '../storage/model.ts'
import { allocatedBitmap } from './allocated-blocks.ts'
import { forever } from './authd.ts'
import type { ByteReader } from './byte-reader.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Host } from './host.ts'
import { type Strike, strikeAt } from './nfc-faults.ts'
import { OpenFiles } from './open-files.ts'
import { replyToRead } from './read-reply.ts'
import { Refusal } from './refusal.ts'
import type { Grant } from './ticket-book.ts'
import { WindowPool } from './window-pool.ts'
import { WriteRequest } from './write-request.ts'

const pathBytesMax = 4096
const bufferCountMax = 256
const writesOpenMax = 64
/** Source: OpenVixDiskLib docs. Evidence: observed in one lab. */
const sockOpts = { sendBytes: 1_675_000, receiveBytes: 1_675_000, flag: 1 }

export interface AioSessionOptions {
  readonly host: Host
  readonly grant: Grant
  readonly reader: ByteReader
  readonly writer: FrameWriter
  readonly signal: AbortSignal
  /** Cuts the connection, whatever the reader waits for. */
  readonly cut: () => void
}

interface Buffers extends Disposable {
  readonly bufferBytes: number
  readonly windows: WindowPool
}

/**
 * The AIO half of a connection: requests are taken in order, reads are answered as they get ready.
 * Source: nfc-wire.md §4. Evidence: observed on 8.0; the text and code of refusals other than 5 and 0x0b: inferred.
 */
export class AioSession implements AsyncDisposable {
  readonly #host: Host
  readonly #reader: ByteReader
  readonly #writer: FrameWriter
  readonly #signal: AbortSignal
  readonly #files: OpenFiles
  readonly #requests = new Limiter(bufferCountMax)
  readonly #writes = new Map<number, WriteRequest>()
  readonly #running = new Set<Promise<void>>()
  readonly #cut: () => void
  #buffers: Buffers | undefined
  #nextOpId = 0

  constructor({ host, grant, reader, writer, signal, cut }: AioSessionOptions) {
    this.#cut = cut
    this.#host = host
    this.#reader = reader
    this.#writer = writer
    this.#signal = signal
    this.#files = new OpenFiles(host.storage, grant)
  }

  /** Serves until the client says SESSION_COMPLETE. @throws FormatError, `lab.nfc-peer-gone` */
  async run(): Promise<void> {
    for (;;) {
      const header = await this.#nextHeader()
      if (header === undefined) return
      this.#checkOpId(header)
      await this.#serve(header)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#running)
    this.#buffers?.[Symbol.dispose]()
    await this.#files[Symbol.asyncDispose]()
  }

  async #nextHeader(): Promise<AioHeader | undefined> {
    const bytes = await this.#reader.exactly(AioHeader.sizeBytes)
    if (bytes.readUInt32LE(0) !== classicType.SESSION_COMPLETE) return AioHeader.decode(bytes)
    const rest = await this.#reader.exactly(classicFrameBytes - bytes.length)
    SessionComplete.decode(Buffer.concat([bytes, rest]))
    return undefined
  }

  /** Every message has the next opId; the fragments of one write share theirs. */
  #checkOpId({ type, opId }: AioHeader): void {
    if (type === aioType.IO && this.#writes.has(opId)) return
    if (opId !== this.#nextOpId) throw new FormatError(`opId ${opId} where ${this.#nextOpId} is next`)
    this.#nextOpId++
  }

  async #serve(header: AioHeader): Promise<void> {
    try {
      await this.#dispatch(header)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      await this.#writer.error(header.opId, error.code, error.message)
    }
  }

  #dispatch(header: AioHeader): Promise<void> {
    const { type } = header
    if (type === aioType.OPEN_SESSION) return this.#openSession(header)
    if (this.#buffers === undefined) throw new FormatError(`type ${type} before OPEN_SESSION`)
    if (type === aioType.IO) return this.#io(header)
    if (type === aioType.OPEN_FILE) return this.#openFile(header)
    if (type === aioType.CLOSE_FILE) return this.#closeFile(header)
    if (type === aioType.CLOSE_SESSION) return this.#closeSession(header)
    if (type === aioType.SET_SOCK_OPTS) return this.#setSockOpts(header)
    if (type === aioType.SET_RES_POOL) return this.#setResPool(header)
    if (type === aioType.DDB_GET) return this.#ddbGet(header)
    if (type === aioType.QUERY_ALLOCATED_BLOCKS) return this.#queryAllocatedBlocks(header)
    throw new FormatError(`unknown type ${type}`)
  }

  async #payload<T>({ size }: AioHeader, record: Struct<T>): Promise<T> {
    if (size !== record.sizeBytes)
      throw new FormatError(`${record.name}: ${size} bytes where ${record.sizeBytes} belong`)
    return record.decode(await this.#reader.exactly(size))
  }

  /** Delays, error codes, cuts and stalls by rule. @throws Refusal, `lab.nfc-peer-gone` */
  async #strike(on: string, object: string): Promise<void> {
    const strike = await strikeAt({ ...this.#host, signal: this.#signal }, on, object)
    if (strike === undefined) return
    if (strike.do === 'error') throw new Refusal(strike.code, 'The operation failed')
    if (strike.do === 'stall') await forever(this.#signal)
    await this.#writer.spoil(strike, [AioHeader.encode({ type: aioType.ERROR, size: 4, opId: 0 })])
  }

  async #openSession(header: AioHeader): Promise<void> {
    const { bufferBytes, bufferCount } = await this.#payload(header, OpenSession)
    await this.#strike('nfc.open-session', '')
    if (this.#buffers !== undefined) throw new FormatError('a second OPEN_SESSION')
    if (bufferBytes < 512 || bufferCount < 1 || bufferCount > bufferCountMax)
      throw new Refusal(1, `Invalid buffers: ${bufferCount} of ${bufferBytes} bytes`)
    const wanted = bufferBytes * bufferCount
    const share = bufferBytes > this.#host.limits.sessionBufferBytesMax ? undefined : this.#host.budget.take(wanted)
    if (share === undefined) throw noMemory(wanted)
    this.#buffers = {
      bufferBytes,
      windows: new WindowPool(bufferBytes),
      [Symbol.dispose]: () => share[Symbol.dispose](),
    }
    await this.#writer.reply(header.type, header.opId, OpenSessionReply.encode({}))
  }

  async #setSockOpts(header: AioHeader): Promise<void> {
    await this.#payload(header, SetSockOpts)
    await this.#writer.reply(header.type, header.opId, SetSockOptsReply.encode(sockOpts))
  }

  async #setResPool(header: AioHeader): Promise<void> {
    const { pool } = await this.#payload(header, SetResPool)
    await this.#writer.reply(header.type, header.opId, SetResPool.encode({ pool }))
  }

  async #openFile(header: AioHeader): Promise<void> {
    const request = await this.#payload(header, OpenFile)
    if (request.pathBytes > pathBytesMax) throw new FormatError(`OPEN_FILE: a path of ${request.pathBytes} bytes`)
    const path = (await this.#reader.exactly(request.pathBytes)).toString('utf8')
    await this.#strike('nfc.open-file', path)
    const { handle, disk } = this.#files.open(path, request)
    const { capacityBytes, sectorSizeBytes } = disk
    const { fileType, flags } = request
    const reply = { handle, fileType, flags, capacityBytes, sectorSizeBytes, ...geometryOf(disk) }
    await this.#writer.reply(header.type, header.opId, OpenFileReply.encode(reply))
  }

  async #closeFile(header: AioHeader): Promise<void> {
    const { handle } = await this.#payload(header, CloseFile)
    await this.#idle()
    await this.#strike('nfc.close-file', this.#files.get(handle).path)
    await this.#files.close(handle)
    await this.#writer.reply(header.type, header.opId, CloseFile.encode({ handle }))
  }

  async #closeSession(header: AioHeader): Promise<void> {
    await this.#payload(header, CloseSession)
    await this.#idle()
    this.#buffers?.[Symbol.dispose]()
    this.#buffers = undefined
    await this.#writer.reply(header.type, header.opId, CloseSession.encode({}))
  }

  async #ddbGet(header: AioHeader): Promise<void> {
    const { handle, keyBytes } = await this.#payload(header, DdbGet)
    if (keyBytes > ddbValueBytesMax) throw new FormatError(`DDB_GET: a key of ${keyBytes} bytes`)
    const key = (await this.#reader.exactly(keyBytes)).toString('latin1')
    const disk = this.#files.get(handle)
    await this.#strike('nfc.ddb', disk.path)
    const value = Buffer.from(disk.database(key) ?? '', 'latin1')
    await this.#writer.reply(header.type, header.opId, DdbGetReply.encode({ valueBytes: value.length }), value)
  }

  async #queryAllocatedBlocks(header: AioHeader): Promise<void> {
    const query = await this.#payload(header, QueryAllocatedBlocks)
    const disk = this.#files.get(query.handle)
    await this.#strike('nfc.allocated', disk.path)
    const bitmap = await allocatedBitmap(disk, query)
    const reply = QueryAllocatedBlocksReply.encode({ chunkCount: query.chunkCount })
    await this.#writer.reply(header.type, header.opId, reply, bitmap)
  }

  async #io(header: AioHeader): Promise<void> {
    if (header.size !== IoFragment.sizeBytes) throw new FormatError(`IO: ${header.size} bytes where 44 belong`)
    const payload = await this.#reader.exactly(IoFragment.sizeBytes)
    const direction = payload.readUInt32LE(8)
    if (direction === ioDirection.read) return this.#read(header, ReadRequest.decode(payload))
    if (direction !== ioDirection.write) throw new FormatError(`IO: direction ${direction}`)
    await this.#write(header, IoFragment.decode(payload))
  }

  async #read({ opId }: AioHeader, request: ReadRequest): Promise<void> {
    const { lengthBytes, lengthBytesAgain, lengthBytesOnceMore } = request
    if (lengthBytesAgain !== lengthBytes || lengthBytesOnceMore !== lengthBytes)
      throw new FormatError(`IO read: lengths ${lengthBytes}, ${lengthBytesAgain} and ${lengthBytesOnceMore} differ`)
    const disk = this.#files.get(request.handle)
    await this.#strike('nfc.io', disk.path)
    if (lengthBytes > this.#host.limits.requestBytesMax) throw noMemory(lengthBytes)
    checkRange(disk, request.offsetBytes, lengthBytes)
    const place = await this.#requests.acquire(this.#signal)
    const running = this.#answer(opId, request, disk).finally(() => {
      place[Symbol.dispose]()
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  async #answer(opId: number, request: ReadRequest, disk: OpenDisk): Promise<void> {
    const { bufferBytes: fragmentBytesMax, windows } = this.#buffers!
    const strike = () => this.#strikeFragment(disk.path)
    const context = { disk, opId, fragmentBytesMax, strike, windows }
    try {
      await replyToRead(request, { ...context, random: this.#host.random, writer: this.#writer, signal: this.#signal })
    } catch (error) {
      if (codeOf(error) === 'lab.nfc-peer-gone') return this.#cut()
      const { code, message } = refusalOf(error)
      await this.#writer.error(opId, code, message).catch(() => this.#cut())
    }
  }

  async #strikeFragment(path: string): Promise<Strike | undefined> {
    const strike = await strikeAt({ ...this.#host, signal: this.#signal }, 'nfc.fragment', path)
    if (strike?.do === 'error') throw new Refusal(strike.code, 'The operation failed')
    if (strike?.do === 'stall') await forever(this.#signal)
    return strike
  }

  async #write({ opId }: AioHeader, fragment: IoFragment): Promise<void> {
    const { bufferBytes } = this.#buffers!
    if (fragment.wireBytes > bufferBytes || fragment.fragmentBytes > bufferBytes)
      throw new FormatError(`IO write: a fragment of ${fragment.wireBytes} bytes, buffers have ${bufferBytes}`)
    const wire = await this.#reader.exactly(fragment.wireBytes)
    const request = this.#writes.get(opId) ?? (await this.#startWrite(opId, fragment))
    request.check(fragment)
    await request.write(fragment, wire)
    if (!request.isComplete) return
    this.#writes.delete(opId)
    if (request.failure !== undefined) throw refusalOf(request.failure)
    await this.#writer.send(acknowledgement(opId, fragment))
  }

  async #startWrite(opId: number, fragment: IoFragment): Promise<WriteRequest> {
    if (this.#writes.size >= writesOpenMax) throw new FormatError(`more than ${writesOpenMax} writes at once`)
    const disk = this.#files.get(fragment.handle)
    const request = new WriteRequest(disk, fragment)
    this.#writes.set(opId, request)
    try {
      await this.#strike('nfc.io', disk.path)
      if (disk.access === 'read') throw new Refusal(nfcErrorCode.fileReadOnly, 'The file is read-only')
      checkRange(disk, fragment.offsetBytes, fragment.totalBytes)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      request.failure = error
    }
    return request
  }

  /** All reads are answered. */
  async #idle(): Promise<void> {
    await Promise.all(this.#running)
  }
}

function checkRange(disk: OpenDisk, offsetBytes: number, lengthBytes: number): void {
  if (lengthBytes < 1 || offsetBytes + lengthBytes > disk.capacityBytes)
    throw new Refusal(1, `Bytes ${offsetBytes} to ${offsetBytes + lengthBytes} are not inside ${disk.capacityBytes}`)
}

/** Source: VMware, NBD performance notes. Evidence: documented. */
const noMemory = (bytes: number) =>
  new Refusal(nfcErrorCode.noMemory, `Failed to allocate the requested ${bytes} bytes`)

const refusalOf = (error: unknown) => (error instanceof Refusal ? error : new Refusal(1, messageOf(error), error))

function geometryOf(disk: OpenDisk): { cylinders: number; heads: number; sectors: number } {
  const value = (key: string) => Number(disk.database(`geometry.${key}`) ?? 0)
  return { cylinders: Math.min(value('cylinders'), 0xffff_ffff), heads: value('heads'), sectors: value('sectors') }
}

function acknowledgement(opId: number, { offsetBytes, totalBytes }: IoFragment): Uint8Array {
  return encodeFragmentFrame(opId, 0n, {
    direction: ioDirection.write,
    compression: 0,
    offsetBytes,
    totalBytes,
    fragmentOffsetBytes: 0,
    fragmentBytes: 0,
    wireBytes: 0,
  })
}
