import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { answerAutomation, isAutomation } from '../automation/answer-automation.ts'
import type { Certificate } from '../certificates/certificate.ts'
import type { World } from '../inventory/world.ts'
import type { Dispatcher } from '../soap/dispatcher.ts'
import { answerFolder } from './folder-endpoint.ts'
import { answerGuestFile, guestFilePath } from './guest-file-endpoint.ts'
import { answerLease } from './lease-endpoint.ts'
import { answerPbm } from './pbm-endpoint.ts'
import { nfcServiceVersions, vimServiceVersions } from './service-versions.ts'
import { answerSoap } from './soap-endpoint.ts'

export interface LabServerOptions {
  readonly world: World
  readonly dispatcher: Dispatcher
  /** That of storage policies, on a vCenter. */
  readonly policies: Dispatcher
  readonly certificate: Certificate
  readonly address: string
  readonly port: number
}

export interface LabServer extends AsyncDisposable {
  readonly port: number
}

/** The HTTPS side: /sdk and /folder; of a host by itself also its leases. */
export function startLabServer(options: LabServerOptions): Promise<LabServer> {
  return serve(options, (request, response) => route(request, response, options))
}

/** Answers over HTTPS until it is disposed. What an answer throws is a mistake of the lab, unless its client has gone. */
export async function serve(
  { certificate, address, port, world }: Omit<LabServerOptions, 'dispatcher' | 'policies'>,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<LabServer> {
  const server = createServer(
    { cert: certificate.certificatePem, key: certificate.privateKeyPem },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        if (!isClientGone(error, request)) world.report(error)
        if (response.headersSent) response.destroy()
        else response.writeHead(500).end()
      })
    },
  )
  server.keepAliveTimeout = keepAliveMs
  server.on('tlsClientError', () => {}) // a client that does not like the certificate is the client's business
  server.listen(port, address)
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: () => close(server) }
}

/** Node's own five seconds would cut clients that pause between two calls, which no vCenter does. */
const keepAliveMs = 120_000

/** Source: govmomi says /pbm, VMware's own samples /pbm/sdk. Evidence: documented. */
const pbmPaths = new Set(['/pbm', '/pbm/sdk'])

const soapPaths = new Set(['/sdk', '/sdk/', '/sdk/vimService', '/sdk/vimService.wsdl'])

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  { world, dispatcher, policies }: LabServerOptions,
): Promise<void> {
  const url = urlOf(request)
  if (url === undefined) return void response.writeHead(400).end()
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (url.pathname === '/folder' || url.pathname.startsWith('/folder/'))
    return answerFolder(request, response, url, world)
  if (world.mode === 'esxi' && url.pathname.startsWith('/ha-nfc/'))
    return answerLease(request, response, { url, world, host: world.hosts[0]! })
  if (world.mode === 'esxi' && url.pathname === guestFilePath)
    return answerGuestFile(request, response, url, world.hosts[0]!)
  if (world.mode === 'vcenter' && isAutomation(url.pathname)) return answerAutomation(request, response, url, world)
  if (isRead && url.pathname === '/sdk/vimServiceVersions.xml') return sendXml(response, vimServiceVersions)
  if (isRead && url.pathname === '/sdk/nfcServiceVersions.xml') return sendXml(response, nfcServiceVersions)
  const isPolicies = world.mode === 'vcenter' && pbmPaths.has(url.pathname)
  if (!isPolicies && !soapPaths.has(url.pathname)) return void response.writeHead(404).end()
  if (request.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end()
  if (isPolicies) return answerPbm(request, response, world, policies)
  await answerSoap(request, response, world, dispatcher)
}

export function urlOf(request: IncomingMessage): URL | undefined {
  return URL.canParse(request.url ?? '', 'https://lab') ? new URL(request.url ?? '', 'https://lab') : undefined
}

function sendXml(response: ServerResponse, xml: string): void {
  response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8', 'content-length': Buffer.byteLength(xml) })
  response.end(xml)
}

const isClientGone = (error: unknown, request: IncomingMessage): boolean =>
  request.socket.destroyed || (error as { code?: unknown }).code === 'ECONNRESET'

async function close(server: Server): Promise<void> {
  if (!server.listening) return
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}
