// A minimal NFC client for tests, written from nfc-wire.md with its own numbers: it shares no codec with the server.
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { ByteReader } from './byte-reader.ts'
import { DetachableStream } from './detachable-stream.ts'
import type { NfcTicket } from './model.ts'

const u32 = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i))
  return bytes
}
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
export const classic = (type: number, ...rest: Buffer[]) =>
  Buffer.concat([u32(type), ...rest, Buffer.alloc(264)]).subarray(0, 264)
export const aio = (type: number, opId: number, payload: Buffer, extra: Buffer = Buffer.alloc(0)) =>
  Buffer.concat([u32(0xa100da7a, type, payload.length, opId), payload, extra])
export const hello = () => Buffer.concat([classic(43, Buffer.from('PlainText')), classic(33)])
export const rest = () =>
  Buffer.concat([classic(54, u32(4, 7)), Buffer.from('vddknbdmode'), classic(55, u32(3)), classic(52)])

export interface Reply {
  readonly type: number
  readonly opId: number
  readonly payload: Buffer
}

export class TestNfcClient implements AsyncDisposable {
  readonly socket: Socket
  stream: Duplex
  reader: ByteReader
  #opId = 0
  /** Offsets of fragments in the order they came. */
  readonly fragmentsSeen: number[] = []
  /** Compression of fragments in the order they came. */
  readonly compressionsSeen: number[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    this.stream = socket
    this.reader = new ByteReader(socket)
  }

  /** TCP and the banner, nothing else. */
  static async dial(port: number): Promise<{ client: TestNfcClient; banner: string | undefined }> {
    const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true })
    socket.on('error', () => {})
    await once(socket, 'connect')
    const client = new TestNfcClient(socket)
    return { client, banner: await client.reader.line(1024) }
  }

  /** authd up to PROXY; returns what it answered. */
  async authd(sessionId: string, proxy: string, { thumbprint = 'PlainText' } = {}): Promise<string[]> {
    this.socket.removeAllListeners('readable')
    const raw = new DetachableStream(this.socket)
    const tls = connectTls({ socket: raw, rejectUnauthorized: false })
    tls.on('error', () => {})
    const reader = new ByteReader(tls)
    tls.write(`SESSION ${sessionId}\r\nBANNER \r\n`)
    const replies = [(await reader.line(1024))!]
    tls.write(`THUMBPRINT_SHA2 ${thumbprint}\r\n`)
    replies.push((await reader.line(1024))!)
    tls.write(`PROXY ${proxy}\r\n`)
    replies.push((await reader.line(1024))!)
    raw.detach()
    return replies
  }

  async secondTls(): Promise<void> {
    const tls = connectTls({ socket: this.socket, rejectUnauthorized: false })
    tls.on('error', () => {})
    await once(tls, 'secureConnect')
    this.use(tls)
  }

  use(stream: Duplex): void {
    this.stream = stream
    this.reader = new ByteReader(stream)
  }

  static async connect(
    ticket: NfcTicket,
    { secure = true, buffers = [65_536, 4] }: { secure?: boolean; buffers?: readonly [number, number] } = {},
  ): Promise<TestNfcClient> {
    const { client } = await TestNfcClient.dial(ticket.port)
    await client.authd(ticket.sessionId, ticket.service + (secure ? 'ssl' : ''))
    if (secure) await client.secondTls()
    else client.use(client.socket)
    await client.shakeHands()
    await client.call(2, Buffer.concat([u32(0, ...buffers, 0)]))
    return client
  }

  async shakeHands(): Promise<void> {
    this.stream.write(hello())
    await this.expectClassic(36)
    this.stream.write(classic(51, u32(11)))
    await this.expectClassic(51)
    this.stream.write(rest())
    await this.expectClassic(52)
  }

  async expectClassic(type: number): Promise<void> {
    const frame = await this.reader.exactly(264)
    if (frame.readUInt32LE(0) !== type) throw new Error(`classic ${frame.readUInt32LE(0)} where ${type} belongs`)
  }

  send(type: number, payload: Buffer, extra?: Buffer): number {
    const opId = this.#opId++
    this.stream.write(aio(type, opId, payload, extra))
    return opId
  }

  async reply(): Promise<Reply> {
    const header = await this.reader.exactly(16)
    if (header.readUInt32LE(0) !== 0xa100da7a) throw new Error('magic')
    const payload = await this.reader.exactly(header.readUInt32LE(8))
    const reply = { type: header.readUInt32LE(4), opId: header.readUInt32LE(12), payload }
    if (reply.type === 1) throw new NfcError(payload.readUInt32LE(0), payload.toString('latin1', 4))
    return reply
  }

  async call(type: number, payload: Buffer, extra?: Buffer): Promise<Buffer> {
    const opId = this.send(type, payload, extra)
    const reply = await this.reply()
    if (reply.type !== type || reply.opId !== opId)
      throw new Error(`reply ${reply.type}/${reply.opId} to ${type}/${opId}`)
    return reply.payload
  }

  async open(path: string, { flags = 0x1e } = {}) {
    const name = Buffer.from(path)
    const request = Buffer.concat([u32(name.length, 0, 0, 0, 2, flags), Buffer.alloc(36)])
    const reply = await this.call(4, request, name)
    return {
      handle: reply.readBigUInt64LE(8),
      capacityBytes: Number(reply.readBigUInt64LE(28)),
      sectorSizeBytes: reply.readUInt32LE(36),
      geometry: [reply.readUInt32LE(40), reply.readUInt32LE(44), reply.readUInt32LE(48)],
    }
  }

  requestRead(handle: bigint, offsetBytes: number, lengthBytes: number, compression = 0): number {
    return this.send(
      7,
      Buffer.concat([
        u64(handle),
        u32(1, compression),
        u64(offsetBytes),
        u64(lengthBytes),
        u32(lengthBytes, lengthBytes, 0),
      ]),
    )
  }

  /** Fragments of any of the reads asked for, until all are whole. */
  async collectReads(
    targets: ReadonlyMap<number, Buffer>,
    decode = (_kind: number, wire: Buffer, _length: number): Buffer => wire,
  ): Promise<void> {
    let missing = [...targets.values()].reduce((sum, target) => sum + target.length, 0)
    while (missing > 0) {
      const { opId, payload } = await this.reply()
      const [fragmentOffset, length, wireLength] = [28, 32, 36].map((at) => payload.readUInt32LE(at)) as [
        number,
        number,
        number,
      ]
      const wire = await this.reader.exactly(wireLength)
      this.fragmentsSeen.push(fragmentOffset)
      this.compressionsSeen.push(payload.readUInt32LE(12))
      decode(payload.readUInt32LE(12), wire, length).copy(targets.get(opId)!, fragmentOffset)
      missing -= length
    }
  }

  async read(handle: bigint, offsetBytes: number, lengthBytes: number): Promise<Buffer> {
    const target = Buffer.alloc(lengthBytes, 0xee)
    const opId = this.requestRead(handle, offsetBytes, lengthBytes)
    await this.collectReads(new Map([[opId, target]]))
    return target
  }

  async write(handle: bigint, offsetBytes: number, bytes: Buffer, { fragmentBytes = 65_536 } = {}): Promise<Buffer> {
    const opId = this.#opId++
    for (let at = 0; at < bytes.length; at += fragmentBytes) {
      const part = bytes.subarray(at, at + fragmentBytes)
      this.stream.write(aio(7, opId, fragment(handle, offsetBytes, bytes.length, at, part.length, part.length), part))
    }
    return (await this.reply()).payload
  }

  ddb(handle: bigint, key: string): Promise<string> {
    return this.call(11, Buffer.concat([u64(handle), u32(key.length, 0)]), Buffer.from(key)).then(async (reply) =>
      (await this.reader.exactly(reply.readUInt32LE(12))).toString(),
    )
  }

  async allocated(handle: bigint, chunkBytes: number, startBytes: number, chunkCount: number): Promise<Buffer> {
    const query = Buffer.concat([u64(handle), u64(0), u64(chunkBytes), u64(startBytes), u64(chunkCount), u64(0)])
    const reply = await this.call(13, query)
    if (Number(reply.readBigUInt64LE(32)) !== chunkCount) throw new Error('chunk count is not echoed')
    return this.reader.exactly(Math.ceil(chunkCount / 32) * 4)
  }

  /** Close as the vendor's client does: session, then the classic end. */
  async close(): Promise<void> {
    await this.call(3, u32(0))
    this.stream.write(classic(4))
    await this.ended()
  }

  /** The server has ended the connection; what it still sent is not looked at. */
  async ended(): Promise<void> {
    this.socket.removeAllListeners('readable')
    this.stream.removeAllListeners('readable')
    this.stream.resume()
    if (!this.socket.destroyed) await once(this.socket, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stream.destroy()
    this.socket.destroy()
  }
}

export const fragment = (
  handle: bigint,
  offsetBytes: number,
  total: number,
  at: number,
  length: number,
  wire: number,
  kind = 0,
) => Buffer.concat([u64(handle), u32(0, kind), u64(offsetBytes), u32(total, at, length, wire, 0)])

export class NfcError extends Error {
  readonly code: number

  constructor(code: number, text: string) {
    super(text)
    this.code = code
  }
}
