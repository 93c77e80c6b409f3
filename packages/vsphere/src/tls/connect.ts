import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { type AppError, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { checkCertificate, type Trust } from './trust.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * Opens a TLS connection to a server that `trust` accepts. Nothing of ours is sent before its certificate was judged.
 *
 * @throws `vsphere.unknown-host`, `.unreachable`, `.tls-failed`, `.timed-out` and what {@link checkCertificate} throws
 */
export async function connectTrusted(
  address: Address,
  trust: Trust,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<TLSSocket> {
  const ca = trust.by === 'authority' ? trust.ca : undefined
  const socket = await handshake(address, { ...options, ca })
  try {
    checkCertificate(socket, address.host, trust)
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Shakes hands with whoever is there, and leaves the judging to the caller, who must do it before sending anything. */
export function handshake(
  { host, port }: Address,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined; readonly ca?: string | undefined },
): Promise<TLSSocket> {
  const { timeoutMs, signal, ca } = options
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const name = host.replace(/^\[(.*)\]$/, '$1')
    const socket = connect({
      host: name,
      port,
      servername: isIP(name) === 0 ? name : '',
      ALPNProtocols: ['http/1.1'],
      // Not a way around the check: Node verifies all the same and leaves its verdict on the socket, where our callers
      // read it. Had Node closed the socket, nobody could tell the operator which certificate was shown.
      rejectUnauthorized: false,
      ...(ca === undefined ? {} : { ca }),
    })
    const end = (error: unknown) => {
      stop()
      socket.on('error', () => {}) // what a destroyed socket still has to say
      socket.destroy()
      reject(error as Error)
    }
    const abort = () => end(signal!.reason)
    const broke = (error: Error) => end(connectionError(error, { host, port }))
    const closed = () => broke(Object.assign(new Error('closed during the handshake'), { code: 'ECONNRESET' }))
    const timer = setTimeout(
      () => end(fail('vsphere.timed-out', { host, what: 'the connection attempt', timeoutMs })),
      timeoutMs,
    )
    const stop = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      socket.off('error', broke).off('close', closed)
    }
    signal?.addEventListener('abort', abort, { once: true })
    socket.on('error', broke).on('close', closed)
    socket.once('secureConnect', () => {
      stop()
      resolve(socket)
    })
  })
}

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  ETIMEDOUT: 'no answer',
  EPIPE: 'connection closed',
  EAI_AGAIN: 'the name server does not answer',
}

/** What a failed attempt to connect means. Nothing had been sent. */
export function connectionError(error: Error & { readonly code?: string }, { host, port }: Address): AppError {
  const code = error.code ?? ''
  if (code === 'ENOTFOUND') return fail('vsphere.unknown-host', { host }, error)
  const reason = unreachable[code]
  if (reason !== undefined) return fail('vsphere.unreachable', { host, port, reason }, error)
  if (code.startsWith('ERR_SSL') || code === 'EPROTO')
    return fail('vsphere.tls-failed', { host, port, reason: messageOf(error).trim() }, error)
  return fail('vsphere.unreachable', { host, port, reason: code === '' ? messageOf(error) : code }, error)
}
