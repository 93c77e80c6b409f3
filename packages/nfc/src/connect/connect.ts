import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '@vmkeep/kit'
import { type NfcTicket, peerOf } from '../ticket.ts'
import { logInToAuthd, readAuthdBanner } from './authd.ts'
import { classicHandshake } from './classic-handshake.ts'
import { DetachableStream } from './detachable-stream.ts'
import { dial } from './dial.ts'
import { phase } from './phase.ts'
import { tlsHandshake } from './tls-handshake.ts'

export interface ConnectOptions {
  readonly transport: 'nbdssl' | 'nbd'
  /** For the TCP connection. */
  readonly connectTimeoutMs: number
  /** For each step after it. */
  readonly phaseTimeoutMs: number
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

type Step = <T>(during: string, work: () => Promise<T>) => Promise<T>

/** Uses the ticket up and returns a stream on which AIO frames may be sent. The caller destroys it. */
export async function connectNfc(ticket: NfcTicket, options: ConnectOptions): Promise<Duplex> {
  const { clock, signal } = options
  const peer = peerOf(ticket)
  const socket = await dial(ticket, { timeoutMs: options.connectTimeoutMs, clock, signal })
  const step: Step = (during, work) =>
    phase({ peer, during, stream: socket, timeoutMs: options.phaseTimeoutMs, clock, signal }, work)
  try {
    await step('waiting for its authd banner', () => readAuthdBanner(socket, ticket))
    await passAuthd(socket, ticket, options.transport, step)
    const stream = options.transport === 'nbd' ? socket : await secured(socket, ticket, step)
    await step('starting NFC', () => classicHandshake(stream, peer))
    return stream
  } catch (error) {
    socket.destroy()
    throw error
  }
}

async function passAuthd(socket: Socket, ticket: NfcTicket, transport: 'nbdssl' | 'nbd', step: Step): Promise<void> {
  const detachable = new DetachableStream(socket)
  const during = 'starting TLS with authd'
  const session = await step(during, () => tlsHandshake(detachable, ticket, during))
  await step('presenting the ticket', () => logInToAuthd(session, ticket, transport))
  detachable.detach()
  session.destroy()
}

/** nbdssl: a new TLS handshake on the same TCP connection, not inside the first. */
async function secured(socket: Socket, ticket: NfcTicket, step: Step): Promise<Duplex> {
  const during = 'starting TLS with the NFC service'
  return await step(during, () => tlsHandshake(socket, ticket, during))
}
