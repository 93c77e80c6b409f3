import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import { silent } from '@vmkeep/kit'
import { noFaults } from '../storage/faults.ts'
import { BufferBudget } from './buffer-budget.ts'
import type { Host } from './host.ts'
import type { NfcLimits, NfcServer, NfcServerOptions, NfcTicket, NfcTicketRequest } from './model.ts'
import { serveConnection } from './nfc-connection.ts'
import { TicketBook } from './ticket-book.ts'

const defaultLimits: NfcLimits = {
  connectionsMax: 52,
  buffersBytesMax: 48 * 1024 * 1024,
  sessionBufferBytesMax: 2 * 1024 * 1024,
  requestBytesMax: Infinity,
  idleMs: 10 * 60_000,
}

/** Listens as a host's authd and NFC service do, behind one port. */
export async function startNfcServer(options: NfcServerOptions): Promise<NfcServer> {
  const host = hostOf(options)
  const server = createServer({ pauseOnConnect: true, noDelay: true })
  server.listen(options.port ?? 0, options.address ?? '127.0.0.1')
  await once(server, 'listening')
  return new Listener(server, host, options.onConnection)
}

function hostOf({ faults = noFaults, log = silent, ...options }: NfcServerOptions): Host {
  const { storage, certificate, random, clock } = options
  const limits = { ...defaultLimits, ...options.limits }
  const { certificatePem: cert, privateKeyPem: key } = certificate
  const budget = new BufferBudget({ bytesMax: limits.buffersBytesMax, sessionsMax: limits.connectionsMax })
  const tickets = new TicketBook({ clock, random })
  const secureContext = createSecureContext({ cert, key })
  return { storage, certificate, random, clock, faults, log, limits, budget, tickets, secureContext }
}

class Listener implements NfcServer {
  readonly address: string
  readonly port: number
  readonly #server: Server
  readonly #host: Host
  readonly #onConnection: NfcServerOptions['onConnection']
  readonly #sockets = new Set<Socket>()
  readonly #serving = new Set<Promise<void>>()
  readonly #ended = { received: 0, sent: 0 }

  constructor(server: Server, host: Host, onConnection: NfcServerOptions['onConnection']) {
    this.#onConnection = onConnection
    const { address, port } = server.address() as AddressInfo
    this.address = address
    this.port = port
    this.#server = server
    this.#host = host
    server.on('connection', (socket) => this.#accept(socket))
  }

  get connections(): number {
    return this.#sockets.size
  }

  get bytesReceived(): number {
    return [...this.#sockets].reduce((sum, { bytesRead }) => sum + bytesRead, this.#ended.received)
  }

  get bytesSent(): number {
    return [...this.#sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, this.#ended.sent)
  }

  issueTicket(request: NfcTicketRequest): NfcTicket {
    return {
      port: this.port,
      sslThumbprint: this.#host.certificate.thumbprintSha1,
      service: request.service,
      serviceVersion: '1.1',
      sessionId: this.#host.tickets.issue(request),
    }
  }

  occupy(connections: number): void {
    this.#host.budget.foreignSessions = connections
  }

  disconnectAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.disconnectAll()
    await Promise.all([closed, ...this.#serving])
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    this.#onConnection?.(this.#sockets.size)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#ended.received += socket.bytesRead
      this.#ended.sent += socket.bytesWritten
    })
    const serving = serveConnection(socket, this.#host).finally(() => this.#serving.delete(serving))
    this.#serving.add(serving)
  }
}
