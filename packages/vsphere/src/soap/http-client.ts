import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { TLSSocket } from 'node:tls'
import { AppError, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { type Address, connectTrusted } from '../tls/connect.ts'
import type { Trust } from '../tls/trust.ts'

/** Connections of one kind: a long poll must not hold up a call, nor a file transfer either of them. */
export type Pool = 'calls' | 'polls' | 'transfers'

const connectionsMax: Readonly<Record<Pool, number>> = { calls: 8, polls: 64, transfers: 8 }

// A server closes idle connections after a while, and a call that meets that moment is lost: we close first.
// Source: vCenter's and ESXi's proxies keep idle connections for a minute or more. Evidence: inferred.
const idleMs = 15_000
const connectTimeoutMs = 15_000

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** With its query, already encoded. */
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  /** A stream is sent chunked unless `headers` hold a content-length. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>
}

export interface HttpResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Must be read to its end, or destroyed: until then it holds a connection. */
  readonly body: Readable
}

export interface HttpOptions {
  readonly pool: Pool
  /** What is asked for, as errors name it. */
  readonly what: string
  /** How long the server may be silent. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/** HTTPS to one server that `trust` accepts, over kept connections. Knows no SOAP and no session. */
export class HttpClient implements Disposable {
  readonly address: Address
  readonly #agents: Readonly<Record<Pool, Agent>>

  /** SHA-1 of the certificate last shown and trusted; none before the first connection. */
  #thumbprintSha1: string | undefined

  constructor(address: Address, trust: Trust) {
    this.address = address
    const onTrusted = (socket: TLSSocket) => (this.#thumbprintSha1 = socket.getPeerX509Certificate()?.fingerprint)
    const agent = (pool: Pool) => new TrustingAgent(address, trust, connectionsMax[pool], onTrusted)
    this.#agents = { calls: agent('calls'), polls: agent('polls'), transfers: agent('transfers') }
  }

  get thumbprintSha1(): string | undefined {
    return this.#thumbprintSha1
  }

  /**
   * Sends a request and returns as soon as the answer begins.
   *
   * @throws what {@link connectTrusted} throws if nothing was sent yet; `vsphere.reply-lost` once something was;
   *   `vsphere.timed-out`, `vsphere.bad-answer`; `signal.reason`
   */
  request(request: HttpRequest, options: HttpOptions): Promise<HttpResponse> {
    const { signal, timeoutMs } = options
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const outgoing = httpsRequest({
        agent: this.#agents[options.pool],
        method: request.method,
        path: request.path,
        headers: { host: hostHeader(this.address), ...request.headers },
      })
      let incoming: IncomingMessage | undefined
      const end = (error: unknown) => {
        incoming?.destroy(error as Error) // first, so that whoever reads it gets this error and not "aborted"
        outgoing.destroy()
        reject(error as Error)
      }
      const abort = () => end(signal!.reason)
      const timedOut = () => {
        const isReaderSlow = (incoming?.readableLength ?? 0) > 0
        if (isReaderSlow || upload.isWaitedFor) silence.refresh()
        else end(fail('vsphere.timed-out', { host: this.address.host, what: options.what, timeoutMs }))
      }
      const silence = setTimeout(timedOut, timeoutMs)
      const upload = new Upload(() => silence.refresh())
      signal?.addEventListener('abort', abort, { once: true })
      outgoing.on('close', () => {
        clearTimeout(silence)
        signal?.removeEventListener('abort', abort)
      })
      outgoing.on('error', (error) => end(this.#explain(error, options.what)))
      outgoing.on('response', (response) => {
        incoming = response
        silence.refresh()
        response.on('error', () => {}) // its reader hears of it too; without a reader it must not end the process
        response.on('data', () => silence.refresh()).pause()
        resolve({ status: response.statusCode!, headers: response.headers, body: response })
      })
      send(outgoing, upload.of(request.body), end)
    })
  }

  [Symbol.dispose](): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  #explain(error: Error, what: string): Error {
    if (error instanceof AppError) return error
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
    const reason = code === undefined ? messageOf(error) : `${code}: ${messageOf(error)}`
    const isGarbage = code?.startsWith('HPE_') === true
    return fail(
      isGarbage ? 'vsphere.bad-answer' : 'vsphere.reply-lost',
      { host: this.address.host, what, reason },
      error,
    )
  }
}

/** A body on its way. A server that takes it is not silent, and while we have nothing to send it is not its turn to speak. */
class Upload {
  readonly #onSent: () => void
  #isWaitedFor = false

  /** @param onSent told whenever the server has taken so much that more is asked for */
  constructor(onSent: () => void) {
    this.#onSent = onSent
  }

  /** Whether the next piece is still to come from whoever makes them. */
  get isWaitedFor(): boolean {
    return this.#isWaitedFor
  }

  of(body: HttpRequest['body']): HttpRequest['body'] {
    return body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : this.#watch(body)
  }

  async *#watch(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.#isWaitedFor = true
    for await (const piece of pieces) {
      this.#isWaitedFor = false
      this.#onSent()
      yield piece
      this.#isWaitedFor = true
    }
    this.#isWaitedFor = false
    this.#onSent()
  }
}

function send(
  outgoing: NodeJS.WritableStream & { end(data?: string | Uint8Array): unknown },
  body: HttpRequest['body'],
  end: (error: unknown) => void,
): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) outgoing.end(body)
  else pipeline(body, outgoing).catch(end)
}

function hostHeader({ host, port }: Address): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return port === 443 ? name : `${name}:${port}`
}

/** An agent whose every connection was checked against `trust` before it carries a request. */
class TrustingAgent extends Agent {
  readonly #address: Address
  readonly #trust: Trust
  readonly #onTrusted: (socket: TLSSocket) => void
  readonly #closing = new AbortController()

  constructor(address: Address, trust: Trust, connections: number, onTrusted: (socket: TLSSocket) => void) {
    super({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections, timeout: idleMs })
    this.#address = address
    this.#trust = trust
    this.#onTrusted = onTrusted
  }

  override createConnection(
    _options: RequestOptions,
    done?: (error: Error | null, socket: Duplex) => void,
  ): Duplex | null | undefined {
    const signal = this.#closing.signal
    connectTrusted(this.#address, this.#trust, { timeoutMs: connectTimeoutMs, signal }).then(
      (socket) => {
        this.#onTrusted(socket)
        done?.(null, socket.setNoDelay(true).setKeepAlive(true, 30_000))
      },
      (error: Error) => done?.(error, undefined as unknown as Duplex),
    )
    return undefined
  }

  override destroy(): void {
    this.#closing.abort(fail('vsphere.session-closed', { host: this.#address.host }))
    super.destroy()
  }
}
