// A make-believe ESXi host for tests: TCP, authd, TLS twice, and then a ScriptedNfc.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { Secret } from '@vmkeep/kit'
import { DetachableStream } from '../connect/detachable-stream.ts'
import { StreamReader } from '../connect/stream-reader.ts'
import { authdBanner } from '../messages/index.ts'
import type { NfcTicket } from '../ticket.ts'
import { type Script, ScriptedNfc } from './scripted-nfc.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/${name}.pem`, import.meta.url))
const identity = { key: pem('host-key'), cert: pem('host-cert') }
const otherIdentity = { key: pem('other-key'), cert: pem('other-cert') }
const certificate = new X509Certificate(identity.cert)

export interface HostScript extends Script {
  /** The first line. */
  readonly banner?: string
  /** Takes the connection over before anything is sent. */
  onSocket?(socket: Socket): boolean
  /** Answers a line of authd instead of the usual reply; with nothing, if it says ''. */
  onLine?(line: string): string | undefined
  /** Shows another certificate in this TLS session, 1 or 2. */
  readonly wrongCertificateIn?: 1 | 2
  /** Takes the stream over when NFC should begin. */
  onNfc?(stream: Duplex): boolean
}

export class ScriptedHost implements AsyncDisposable {
  readonly lines: string[] = []
  readonly sessions: ScriptedNfc[] = []
  readonly sockets: Socket[] = []
  /** Session ids that were let in: each works once. */
  readonly #used = new Set<string>()
  readonly #image: Buffer
  /** May be changed between connections. */
  script: HostScript
  readonly #server: Server
  #tickets = 0

  private constructor(image: Buffer, script: HostScript) {
    this.#image = image
    this.script = script
    this.#server = createServer((socket) => {
      this.sockets.push(socket)
      socket.on('error', () => {})
      this.#accept(socket).catch(() => socket.destroy())
    })
  }

  static async start(image: Buffer, script: HostScript = {}): Promise<ScriptedHost> {
    const host = new ScriptedHost(image, script)
    await new Promise<void>((resolve) => host.#server.listen(0, '127.0.0.1', resolve))
    return host
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get session(): ScriptedNfc {
    return this.sessions.at(-1)!
  }

  ticket(change: Partial<NfcTicket> = {}): NfcTicket {
    return {
      host: '127.0.0.1',
      port: this.port,
      sslThumbprint: certificate.fingerprint,
      service: 'vpxa-nfc',
      serviceVersion: '1.1',
      sessionId: new Secret(`ticket-${this.#tickets++}`),
      ...change,
    }
  }

  get sha256(): string {
    return certificate.fingerprint256
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #accept(socket: Socket): Promise<void> {
    const { script } = this
    if (script.onSocket?.(socket) === true) return
    socket.write(`${script.banner ?? `220 ${authdBanner}`}\r\n`)
    const detachable = new DetachableStream(socket)
    const authd = server(detachable, script.wrongCertificateIn === 1)
    const service = await this.#authd(authd)
    if (service === undefined) return
    detachable.detach()
    const stream = service.endsWith('ssl') ? server(socket, script.wrongCertificateIn === 2) : socket
    if (script.onNfc?.(stream) !== true) this.sessions.push(new ScriptedNfc(stream, this.#image, script))
  }

  /** The service that was asked for and granted. */
  async #authd(stream: Duplex): Promise<string | undefined> {
    const reader = new StreamReader(stream)
    let isLoggedIn = false
    for (;;) {
      const line = await reader.line(1000)
      this.lines.push(line)
      const scripted = this.script.onLine?.(line)
      if (line.startsWith('SESSION ')) {
        isLoggedIn = !this.#used.has(line)
        this.#used.add(line)
        continue
      }
      const reply = scripted ?? (isLoggedIn ? authdReply(line) : '530 Please login with USER and PASS.')
      const written = new Promise<void>((resolve) => {
        if (reply === '') resolve()
        else stream.write(`${reply}\r\n`, () => resolve())
      })
      // Waiting for the last one as well would let this TLS session take what the client says next.
      if (reply.startsWith('200 Connect')) return line.slice('PROXY '.length)
      await written
    }
  }
}

function authdReply(line: string): string {
  if (line === 'BANNER ') return `220 ${authdBanner}`
  if (line === 'THUMBPRINT_SHA2 PlainText') return `200 ${certificate.fingerprint256}`
  const service = /^PROXY (?:vpxa-)?nfc(ssl)?$/.exec(line)
  return service === null ? '501 Invalid arguments' : `200 Connect ha-nfc${service[1] ?? ''}`
}

function server(stream: Duplex, isWrong: boolean): TLSSocket {
  // `isServer` on a plain socket takes its handle, on any other stream it works above it: as on the client's side.
  const session = new TLSSocket(stream as Socket, { isServer: true, ...(isWrong ? otherIdentity : identity) })
  session.on('error', () => {})
  return session
}
