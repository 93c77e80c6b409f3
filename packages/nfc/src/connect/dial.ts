import { connect, type Socket } from 'node:net'
import { codeOf, type Clock, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { type NfcTicket, peerOf } from '../ticket.ts'
import { phase } from './phase.ts'

export interface DialOptions {
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/** A dead host is noticed by the operating system's probes as well as by our own timeouts. */
const keepAliveInitialDelayMs = 30_000

/** Opens the TCP connection. @throws `nfc.host-unknown`, `nfc.port-unreachable` */
export async function dial(ticket: NfcTicket, { timeoutMs, clock, signal }: DialOptions): Promise<Socket> {
  signal?.throwIfAborted()
  const { host, port } = ticket
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveInitialDelayMs })
  socket.on('error', () => {}) // each phase reports it with what it was doing; between phases `errored` keeps it
  const connected = new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  try {
    const phaseOptions = { peer: peerOf(ticket), during: 'connecting', stream: socket, timeoutMs, clock, signal }
    await phase(phaseOptions, () => connected)
    return socket
  } catch (error) {
    socket.destroy()
    signal?.throwIfAborted()
    throw unreachable(ticket, error, timeoutMs)
  }
}

function unreachable({ host, port }: NfcTicket, error: unknown, timeoutMs: number): unknown {
  if (codeOf(error) === 'nfc.timeout')
    return fail('nfc.port-unreachable', { host, port, reason: `no answer within ${timeoutMs} ms` }, error)
  const cause = error instanceof Error ? error.cause : undefined
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return fail('nfc.host-unknown', { host }, cause)
  return fail('nfc.port-unreachable', { host, port, reason: code ?? messageOf(cause) }, cause)
}
