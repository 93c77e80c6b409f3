// A small HTTPS server on the loopback, for tests: it does exactly what its handler says.
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeCertificate, type TestCertificate } from './certificates.ts'

export type Handler = (request: IncomingMessage & { readonly body: string }, response: ServerResponse) => void

export const loopbackCertificate: TestCertificate = makeCertificate({
  subject: 'vcenter.example',
  names: ['localhost', '127.0.0.1'],
})

export class TestHttpsServer implements AsyncDisposable {
  readonly #server: Server
  readonly thumbprint: string
  /** Connections accepted so far. */
  connections = 0

  private constructor(server: Server, certificate: TestCertificate) {
    this.#server = server
    this.thumbprint = new X509Certificate(certificate.certificatePem).fingerprint256
    server.on('secureConnection', () => this.connections++)
  }

  static async start(handler: Handler, certificate: TestCertificate = loopbackCertificate): Promise<TestHttpsServer> {
    const server = createServer(
      { cert: certificate.certificatePem, key: certificate.privateKeyPem },
      (request, response) => void readBody(request).then((body) => handler(Object.assign(request, { body }), response)),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new TestHttpsServer(server, certificate)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Cuts every connection, as a crash would. */
  cut(): void {
    this.#server.closeAllConnections()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    // the client went away: what came is all there is
  }
  return Buffer.concat(chunks).toString()
}
