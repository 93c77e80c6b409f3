import type { Socket } from 'node:net'
import { codeOf, FormatError, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { serveAio } from './aio-session.ts'
import { admit } from './authd.ts'
import { ByteReader } from './byte-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { shakeHands } from './handshake.ts'
import type { Host } from './host.ts'
import { watchIdle } from './idle-watch.ts'
import { strikeAt } from './nfc-faults.ts'

/** Serves one TCP connection from the first banner to its end. Never throws: what a client does wrong is logged and ends it. */
export async function serveConnection(socket: Socket, host: Host): Promise<void> {
  const gone = new AbortController()
  socket.on('close', () => gone.abort(fail('lab.nfc-peer-gone', {})))
  socket.on('error', () => {}) // a reset is an end like any other
  socket.setNoDelay(true)
  void endIfIdle(socket, host)
  try {
    await serve(socket, host, gone.signal)
  } catch (error) {
    report(error, socket, host)
    socket.destroy()
  } finally {
    gone.abort(fail('lab.nfc-peer-gone', {}))
  }
}

/** Also after the last frame: a client may never close its half. */
async function endIfIdle(socket: Socket, { limits, clock, log }: Host): Promise<void> {
  const closed = new AbortController()
  socket.once('close', () => closed.abort())
  const { idleMs } = limits
  const peer = peerOf(socket)
  if (!(await watchIdle(socket, { idleMs, clock, signal: closed.signal }))) return
  log({
    level: 'warn',
    message: `nothing moved between NFC client ${peer} and the host for ${idleMs} ms`,
    about: { peer },
  })
  socket.destroy()
}

async function serve(socket: Socket, host: Host, signal: AbortSignal): Promise<void> {
  if ((await strikeAt({ ...host, signal }, 'nfc.connect')) !== undefined) throw fail('lab.nfc-peer-gone', {})
  const { grant, stream } = await admit(socket, host, signal)
  const [reader, writer] = [new ByteReader(stream), new FrameWriter(stream, host.random)]
  stream.on('error', () => {})
  try {
    if ((await strikeAt({ ...host, signal }, 'nfc.handshake')) !== undefined) throw fail('lab.nfc-peer-gone', {})
    await shakeHands(reader, writer)
    await serveAio({ host, grant, reader, writer, signal, cut: () => void stream.destroy() })
    stream.end()
  } finally {
    if (!stream.writableEnded) stream.destroy()
  }
}

function report(error: unknown, socket: Socket, host: Host): void {
  if (codeOf(error) === 'lab.nfc-peer-gone') return
  const peer = peerOf(socket)
  const isTheirs = error instanceof FormatError || codeOf(error) === 'lab.nfc-protocol'
  const said = isTheirs ? fail('lab.nfc-protocol', { peer, says: messageOf(error) }, error) : error
  host.log({ level: 'warn', message: messageOf(said), about: { peer } })
}

const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress ?? 'unknown'}:${remotePort ?? 0}`
