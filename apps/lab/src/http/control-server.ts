import { messageOf } from '@vmkeep/kit'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ControlRoutes } from './control-routes.ts'
import { readBody } from './read-body.ts'

/** The control port: plain HTTP and JSON, for demos and tests. It listens where the lab does, and asks for no password. */
export async function startControlServer(
  routes: ControlRoutes,
  options: { address: string; port: number },
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((request, response) => void answer(request, response, routes))
  server.listen(options.port, options.address)
  await once(server, 'listening')
  const close = async () => {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close }
}

const bodySizeBytesMax = 32 * 1024 * 1024

async function answer(request: IncomingMessage, response: ServerResponse, routes: ControlRoutes): Promise<void> {
  try {
    const body = await readBody(request, bodySizeBytesMax)
    if (body === undefined) return send(response, 413, { error: 'the body is too long' })
    const path = (request.url ?? '').split('?')[0]!
    const route = routes.find(({ method, pattern }) => method === request.method && pattern.test(path))
    if (route === undefined)
      return send(response, 404, { error: `${request.method ?? ''} ${path} is nothing the lab does` })
    const names = route.pattern.exec(path)!.slice(1).map(decodeURIComponent) // a name may hold a slash
    send(response, 200, (await route.handle(parse(body), ...names)) ?? { ok: true })
  } catch (error) {
    send(response, 400, { error: messageOf(error) })
  }
}

/** A rule may come as bare text, anything else as JSON. */
function parse(body: Buffer): unknown {
  const text = body.toString('utf8').trim()
  if (text === '') return {}
  return text.startsWith('{') || text.startsWith('[') ? (JSON.parse(text) as unknown) : text
}

function send(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? Number(one) : one), 2)}\n`)
}
