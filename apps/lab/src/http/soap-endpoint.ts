import type { IncomingMessage, ServerResponse } from 'node:http'
import type { World } from '../inventory/world.ts'
import type { CookieJar } from '../soap/call.ts'
import type { Dispatcher } from '../soap/dispatcher.ts'
import type { SoapAnswer } from '../soap/soap-answer.ts'
import { versionOf } from '../soap/fit-version.ts'
import { closedSignal } from './closed-signal.ts'
import { cookieOf, sessionCookie, sessionCookieHeader } from './cookies.ts'
import { readBody } from './read-body.ts'

/** The largest call: a VM's whole config, or thousands of references, with room to spare. */
const bodySizeBytesMax = 16 * 1024 * 1024

/** POST /sdk: one call, one answer. */
export async function answerSoap(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
  dispatcher: Dispatcher,
): Promise<void> {
  const body = await readBody(request, bodySizeBytesMax)
  if (body === undefined) return void response.writeHead(413, { connection: 'close' }).end()
  const token = cookieOf(request.headers.cookie, sessionCookie)
  const before = token === undefined ? undefined : world.sessions.find(token)
  const cookie: CookieJar = { session: before }
  const client = { ipAddress: request.socket.remoteAddress ?? '', userAgent: request.headers['user-agent'] ?? '' }
  const version = versionOf(request.headers['soapaction'] as string | undefined)
  const context = { cookie, client, version, signal: closedSignal(response) }
  const answer = await dispatcher.answer(body.toString('utf8'), context)
  const started = cookie.session !== before && cookie.session !== undefined
  sendSoap(request, response, answer, started ? { 'set-cookie': sessionCookieHeader(cookie.session!.token) } : {})
}

export function sendSoap(
  request: IncomingMessage,
  response: ServerResponse,
  answer: SoapAnswer,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (answer.kind === 'cut') return void request.socket.destroy()
  if (answer.kind === 'http-error') return void response.writeHead(answer.status).end()
  response.writeHead(answer.status, {
    'content-type': 'text/xml; charset=utf-8',
    'cache-control': 'no-cache',
    ...headers,
  })
  response.end(answer.xml)
}
