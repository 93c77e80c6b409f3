import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import {
  authdBanner,
  authdCode,
  authdLineBytesMax,
  authdService,
  formatAuthdReply,
  parseAuthdCommand,
} from '@vmkeep/nfc/messages'
import { fail } from '../errors.ts'
import { ByteReader } from './byte-reader.ts'
import { DetachableStream } from './detachable-stream.ts'
import type { Host } from './host.ts'
import { garbage, strikeAt } from './nfc-faults.ts'
import type { Grant } from './ticket-book.ts'

/** Where NFC goes on after authd, and what the ticket allows there. */
export interface Admission {
  readonly grant: Grant
  readonly stream: Duplex
}

/**
 * Talks authd with a client until it is handed over to NFC.
 * Source: nfc-wire.md §2 (cloudbase/OpenVixDiskLib docs, nfc_auth). Evidence: observed on 8.0.
 *
 * @throws `lab.nfc-peer-gone`, `lab.nfc-protocol`
 */
export async function admit(socket: Socket, host: Host, signal: AbortSignal): Promise<Admission> {
  const fault = await strikeAt({ ...host, signal }, 'nfc.banner')
  if (fault?.do === 'stall') await forever(signal)
  if (fault?.do === 'disconnect') throw fail('lab.nfc-peer-gone', {})
  if (fault?.do === 'garbage') socket.write(garbage(host.random))
  const banner = formatAuthdReply({ code: authdCode.ready, text: authdBanner })
  if (fault?.do === 'truncate') return await endAfter(socket, banner.slice(0, banner.length / 2))
  socket.write(banner)
  const raw = new DetachableStream(socket)
  const tls = new TLSSocket(raw, { isServer: true, secureContext: host.secureContext })
  tls.on('error', () => {}) // a client that speaks before TLS: its connection ends, nothing else
  signal.addEventListener('abort', () => tls.destroy())
  const handOver = () => raw.hold()
  const { grant, isSecure } = await new AuthdDialogue({ tls, host, signal, handOver }).run()
  raw.detach()
  return { grant, stream: isSecure ? await secondTls(socket, host, signal) : socket }
}

/** A new TLS session on the same connection, not one inside the other. */
async function secondTls(socket: Socket, host: Host, signal: AbortSignal): Promise<TLSSocket> {
  const tls = new TLSSocket(socket, { isServer: true, secureContext: host.secureContext })
  await Promise.race([once(tls, 'secure', { signal }), once(tls, 'close', { signal }).then(gone)]) // rejects when the handshake fails
  return tls
}

interface DialogueOptions {
  readonly tls: TLSSocket
  readonly host: Host
  readonly signal: AbortSignal
  /** Called before the client hears that it may go on: what it sends from then on is not for authd. */
  readonly handOver: () => void
}

/** Lines inside the first TLS session, until PROXY succeeds. */
class AuthdDialogue {
  readonly #tls: TLSSocket
  readonly #host: Host
  readonly #signal: AbortSignal
  readonly #handOver: () => void
  readonly #reader: ByteReader
  #grant: Grant | undefined

  constructor({ tls, host, signal, handOver }: DialogueOptions) {
    this.#tls = tls
    this.#host = host
    this.#signal = signal
    this.#handOver = handOver
    this.#reader = new ByteReader(tls)
  }

  async run(): Promise<{ grant: Grant; isSecure: boolean }> {
    for (;;) {
      const line = await this.#reader.line(authdLineBytesMax)
      if (line === undefined) throw fail('lab.nfc-protocol', { peer: 'of authd', says: 'a line without an end' })
      const { name, argument } = parseAuthdCommand(line)
      if (name === 'SESSION') await this.#session(argument)
      else if (name === 'BANNER') await this.#reply(authdCode.ready, authdBanner)
      else if (name === 'THUMBPRINT_SHA2') await this.#thumbprint(argument)
      else if (name !== 'PROXY') await this.#reply(authdCode.invalidArguments, `Unknown command ${name}`)
      else {
        const isSecure = await this.#proxy(argument)
        if (isSecure !== undefined) return { grant: this.#grant!, isSecure }
      }
    }
  }

  /** Gets no reply of its own, good or bad: a dead ticket shows at PROXY. Source: nfc-wire.md §2. Evidence: inferred for the bad one. */
  async #session(sessionId: string): Promise<void> {
    const grant = this.#host.tickets.redeem(sessionId)
    const fault = await this.#strike('nfc.session', '')
    this.#grant = fault === undefined ? grant : undefined
  }

  #thumbprint(argument: string): Promise<void> {
    if (argument !== 'PlainText') return this.#reply(authdCode.invalidArguments, 'Invalid arguments')
    return this.#reply(authdCode.ok, this.#host.certificate.thumbprintSha256)
  }

  async #proxy(service: string): Promise<boolean | undefined> {
    const fault = await this.#strike('nfc.proxy', service)
    const grant = this.#grant
    if (grant === undefined || fault?.do === 'error') await this.#reply(authdCode.notLoggedIn, 'Login incorrect.')
    else if (service === grant.service) return await this.#connect('ha-nfc')
    else if (service === authdService(grant.service, 'nbdssl')) return await this.#connect('ha-nfcssl')
    else await this.#reply(authdCode.invalidArguments, `Unknown service ${service}`)
    return undefined
  }

  /**
   * The client may answer before our own socket has confirmed the write, and the first TLS session would then take the second
   * one's ClientHello for its own, and refuse it. A host reads record by record and leaves what follows in the socket.
   * Source: OpenSSL, SSL_CTX_set_read_ahead (off by default). Evidence: inferred for authd.
   */
  async #connect(service: 'ha-nfc' | 'ha-nfcssl'): Promise<boolean> {
    this.#handOver()
    await this.#reply(authdCode.ok, `Connect ${service}`)
    return service === 'ha-nfcssl'
  }

  async #strike(on: string, object: string): Promise<Awaited<ReturnType<typeof strikeAt>>> {
    const fault = await strikeAt({ ...this.#host, signal: this.#signal }, on, object)
    if (fault?.do === 'disconnect' || fault?.do === 'truncate') throw fail('lab.nfc-peer-gone', {})
    if (fault?.do === 'garbage') this.#tls.write(garbage(this.#host.random))
    if (fault?.do === 'stall') await forever(this.#signal)
    return fault
  }

  #reply(code: number, text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#tls.write(formatAuthdReply({ code, text }), (error) =>
        error ? reject(fail('lab.nfc-peer-gone', {}, error)) : resolve(),
      )
    })
  }
}

const gone = (): never => {
  throw fail('lab.nfc-peer-gone', {})
}

/** Until the connection ends. */
export function forever(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(fail('lab.nfc-peer-gone', {}))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

async function endAfter(socket: Socket, text: string): Promise<never> {
  await new Promise((resolve) => socket.write(text, resolve))
  throw fail('lab.nfc-peer-gone', {})
}
