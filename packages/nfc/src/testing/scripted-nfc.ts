// The server's side of NFC for tests, written from the specification: strict about what it is sent, scripted in what it answers.
import type { Duplex } from 'node:stream'
import { deflateSync, inflateSync } from 'node:zlib'
import {
  AioHeader,
  aioMagic,
  AioSessionOpen,
  aioType,
  allocationBitmapBytes,
  classicFrameBytes,
  CloseFile,
  compressionKind,
  ConnectionData,
  DdbGet,
  DdbGetReply,
  encodeAllocationBitmap,
  encodeError,
  encodeSkipZ,
  decodeSkipZ,
  Handshake,
  IoFragment,
  nfcErrorCode,
  OpenFile,
  OpenFileReply,
  openFlags,
  OpenSession,
  OpenSessionReply,
  QueryAllocatedBlocks,
  QueryAllocatedBlocksReply,
  ReadRequest,
  SessionComplete,
  SessionFeatures,
  SessionParams,
  SessionParamsReply,
  SetSockOptsReply,
  Version,
} from '../messages/index.ts'

export interface ClientFrame {
  readonly type: number
  readonly opId: number
  readonly payload: Buffer
  readonly extra: Buffer
}

export interface Piece {
  readonly offset: number
  readonly length: number
  readonly compression?: keyof typeof compressionKind
}

/** What may be out of the ordinary. */
export interface Script {
  /** Sees every frame first; what returns true is answered. */
  onFrame?(frame: ClientFrame, nfc: ScriptedNfc): boolean | undefined
  /** How a read is answered. By default in order, in fragments of the session's buffer size, raw. */
  pieces?(request: { offsetBytes: number; lengthBytes: number }, bufferBytes: number): Piece[]
  /** 64 KiB chunks that are not allocated. */
  readonly holes?: ReadonlySet<number>
  readonly ddb?: Readonly<Record<string, string>>
  readonly version?: number
  readonly sectorSizeBytes?: number
}

const handle = 0x1122334455667788n

export class ScriptedNfc {
  readonly frames: ClientFrame[] = []
  /** Reads as [offset, length], in the order they came. */
  readonly reads: [number, number][] = []
  readonly names: string[] = []
  /** Resolves with true after SESSION_COMPLETE, with false when the client left without. */
  readonly left: Promise<boolean>
  readonly #stream: Duplex
  readonly #image: Buffer
  readonly #script: Script
  readonly #inbox: AsyncIterator<Buffer>
  #rest = Buffer.alloc(0)
  #bufferBytes = 0

  constructor(stream: Duplex, image: Buffer, script: Script) {
    this.#stream = stream
    this.#image = image
    this.#script = script
    this.#inbox = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    stream.on('error', () => {})
    this.left = this.#serve().catch((error: unknown) => {
      if (error !== gone) this.failure = error
      stream.destroy()
      return false
    })
  }

  /** What the client did wrong. */
  failure: unknown

  get stream(): Duplex {
    return this.#stream
  }

  reply(frame: Pick<ClientFrame, 'type' | 'opId'>, payload: Uint8Array, extra: Uint8Array = Buffer.alloc(0)): void {
    const header = AioHeader.encode({ type: frame.type, size: payload.length, opId: frame.opId })
    this.#stream.write(Buffer.concat([header, payload, extra]))
  }

  refuse(frame: Pick<ClientFrame, 'opId'>, code: number, text = ''): void {
    this.reply({ type: aioType.ERROR, opId: frame.opId }, encodeError({ code, text }))
  }

  /** The bytes that answer a read with one fragment. */
  fragment(frame: ClientFrame, { offset, length, compression = 'none' }: Piece): Buffer {
    const request = ReadRequest.decode(frame.payload)
    const plain = this.#image.subarray(request.offsetBytes + offset, request.offsetBytes + offset + length)
    const packed =
      compression === 'zlib' ? deflateSync(plain) : compression === 'skipz' ? encodeSkipZ(plain) : undefined
    const shrunk = packed !== undefined && packed.length < plain.length
    const data = shrunk ? packed : plain
    const payload = IoFragment.encode({
      handle: 0n,
      direction: 1,
      compression: shrunk ? compressionKind[compression] : 0,
      offsetBytes: request.offsetBytes,
      totalBytes: request.lengthBytes,
      fragmentOffsetBytes: offset,
      fragmentBytes: length,
      wireBytes: data.length,
    })
    return Buffer.concat([AioHeader.encode({ type: aioType.IO, size: 44, opId: frame.opId }), payload, data])
  }

  async #serve(): Promise<boolean> {
    await this.#hello()
    for (let expectedOpId = 0; ;) {
      const first = await this.#take(4)
      if (first.readUInt32LE() === 4) {
        SessionComplete.decode(Buffer.concat([first, await this.#take(classicFrameBytes - 4)]))
        this.#stream.end()
        return true
      }
      check(first.readUInt32LE() === aioMagic, 'the magic')
      const frame = await this.#frame(Buffer.concat([first, await this.#take(12)]))
      // The fragments of one write repeat its opId; everything else counts up.
      check(frame.opId === expectedOpId || frame.opId === expectedOpId - 1, `opId ${frame.opId}, due ${expectedOpId}`)
      expectedOpId = frame.opId + 1
      this.frames.push(frame)
      if (this.#script.onFrame?.(frame, this) !== true) this.#answer(frame)
    }
  }

  async #hello(): Promise<void> {
    Handshake.decode(await this.#take(classicFrameBytes))
    SessionParams.decode(await this.#take(classicFrameBytes))
    this.#stream.write(SessionParamsReply.encode({ value: 1 }))
    check(Version.decode(await this.#take(classicFrameBytes)).version === 11, 'version 11')
    this.#stream.write(Version.encode({ version: this.#script.version ?? 11 }))
    const { nameBytes, operationIdBytes } = ConnectionData.decode(await this.#take(classicFrameBytes))
    this.names.push((await this.#take(nameBytes)).toString(), (await this.#take(operationIdBytes)).toString())
    check(SessionFeatures.decode(await this.#take(classicFrameBytes)).features === 3, 'features 3')
    AioSessionOpen.decode(await this.#take(classicFrameBytes))
    this.#stream.write(AioSessionOpen.encode({}))
  }

  async #frame(head: Buffer): Promise<ClientFrame> {
    const { type, size, opId } = AioHeader.decode(head)
    const payload = await this.#take(size)
    return { type, opId, payload, extra: await this.#take(extraBytes(type, payload)) }
  }

  #answer(frame: ClientFrame): void {
    const { type, payload } = frame
    if (type === aioType.OPEN_SESSION) this.#openSession(frame)
    else if (type === aioType.SET_SOCK_OPTS)
      this.reply(frame, SetSockOptsReply.encode({ sendBytes: 1_675_000, receiveBytes: 1_675_000, flag: 1 }))
    else if (type === aioType.OPEN_FILE) this.#openFile(frame)
    else if (type === aioType.IO) this.#io(frame)
    else if (type === aioType.DDB_GET) this.#ddbGet(frame)
    else if (type === aioType.QUERY_ALLOCATED_BLOCKS) this.#query(frame)
    else if (type === aioType.CLOSE_FILE) {
      check(CloseFile.decode(payload).handle === handle, 'the handle')
      this.reply(frame, payload)
    } else if (type === aioType.CLOSE_SESSION || type === aioType.SET_RES_POOL) this.reply(frame, payload)
    else throw new Error(`the client sent a frame of type ${type}`)
  }

  #openSession(frame: ClientFrame): void {
    const { bufferBytes } = OpenSession.decode(frame.payload)
    this.#bufferBytes = bufferBytes
    if (bufferBytes > 2 * 1024 * 1024) this.refuse(frame, nfcErrorCode.noMemory)
    else this.reply(frame, OpenSessionReply.encode({}))
  }

  #openFile(frame: ClientFrame): void {
    const { flags, fileType } = OpenFile.decode(frame.payload)
    const path = frame.extra.toString()
    check(fileType === 2 && (flags === openFlags.readOnly || flags === openFlags.readWrite), 'type and flags')
    if (path !== '[ds] vm/vm.vmdk') return this.refuse(frame, 0x0a, 'file not found')
    const reply = {
      handle,
      fileType,
      flags,
      capacityBytes: this.#image.length,
      sectorSizeBytes: this.#script.sectorSizeBytes ?? 512,
      cylinders: 8,
      heads: 16,
      sectors: 63,
    }
    this.reply(frame, OpenFileReply.encode(reply))
  }

  #io(frame: ClientFrame): void {
    if (frame.payload.readUInt32LE(8) === 0) return this.#write(frame)
    const request = ReadRequest.decode(frame.payload)
    check(request.handle === handle, 'the handle')
    check(
      request.lengthBytesAgain === request.lengthBytes && request.lengthBytesOnceMore === request.lengthBytes,
      'length',
    )
    check(request.offsetBytes % 512 === 0 && request.lengthBytes % 512 === 0, 'whole sectors')
    this.reads.push([request.offsetBytes, request.lengthBytes])
    const pieces = this.#script.pieces?.(request, this.#bufferBytes) ?? inOrder(request, this.#bufferBytes)
    for (const piece of pieces) this.#stream.write(this.fragment(frame, piece))
  }

  #write(frame: ClientFrame): void {
    const fragment = IoFragment.decode(frame.payload)
    const { offsetBytes, fragmentOffsetBytes, fragmentBytes, totalBytes, compression } = fragment
    check(fragment.handle === handle, 'the handle')
    check(fragmentBytes <= this.#bufferBytes && fragmentOffsetBytes + fragmentBytes <= totalBytes, 'the fragment')
    const target = this.#image.subarray(
      offsetBytes + fragmentOffsetBytes,
      offsetBytes + fragmentOffsetBytes + fragmentBytes,
    )
    if (compression === compressionKind.none) target.set(frame.extra)
    else if (compression === compressionKind.skipz) decodeSkipZ(frame.extra, target)
    else target.set(inflateSync(frame.extra))
    if (fragmentOffsetBytes + fragmentBytes < totalBytes) return
    const ack = { ...fragment, handle: 0n, fragmentOffsetBytes: 0, fragmentBytes: totalBytes, wireBytes: totalBytes }
    this.reply(frame, IoFragment.encode(ack))
  }

  #ddbGet(frame: ClientFrame): void {
    const value = Buffer.from(this.#script.ddb?.[frame.extra.toString()] ?? '')
    this.reply(frame, DdbGetReply.encode({ valueBytes: value.length }), value)
  }

  #query(frame: ClientFrame): void {
    const { chunkBytes, startBytes, chunkCount } = QueryAllocatedBlocks.decode(frame.payload)
    if (startBytes % chunkBytes !== 0 || startBytes + chunkCount * chunkBytes > this.#image.length)
      return this.refuse(frame, 0x01, 'not aligned')
    const runs = []
    for (let i = 0; i < chunkCount; i++) {
      const chunk = (startBytes + i * chunkBytes) / 65_536
      if (!this.#script.holes?.has(chunk)) runs.push({ first: i, count: 1 })
    }
    const bitmap = encodeAllocationBitmap(runs, chunkCount)
    check(bitmap.length === allocationBitmapBytes(chunkCount), 'the bitmap')
    this.reply(frame, QueryAllocatedBlocksReply.encode({ chunkCount }), bitmap)
  }

  async #take(sizeBytes: number): Promise<Buffer> {
    while (this.#rest.length < sizeBytes) {
      const { value, done } = await this.#inbox.next().catch(() => ({ done: true as const, value: undefined }))
      if (done === true) throw gone
      this.#rest = Buffer.concat([this.#rest, value])
    }
    const taken = this.#rest.subarray(0, sizeBytes)
    this.#rest = this.#rest.subarray(sizeBytes)
    return taken
  }
}

const gone = new Error('the client has left')

function extraBytes(type: number, payload: Buffer): number {
  if (type === aioType.OPEN_FILE) return OpenFile.decode(payload).pathBytes
  if (type === aioType.DDB_GET) return DdbGet.decode(payload).keyBytes
  if (type === aioType.IO && payload.readUInt32LE(8) === 0) return IoFragment.decode(payload).wireBytes
  return 0
}

function inOrder({ lengthBytes }: { lengthBytes: number }, bufferBytes: number): Piece[] {
  const pieces: Piece[] = []
  for (let offset = 0; offset < lengthBytes; offset += bufferBytes)
    pieces.push({ offset, length: Math.min(bufferBytes, lengthBytes - offset) })
  return pieces
}

function check(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(`the client got ${what} wrong`)
}
