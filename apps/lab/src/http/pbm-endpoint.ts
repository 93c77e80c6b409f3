import type { IncomingMessage, ServerResponse } from 'node:http'
import { readSessionCookie } from '@vmkeep/vsphere/types'
import { apiVersion } from '../inventory/product.ts'
import type { World } from '../inventory/world.ts'
import type { Dispatcher } from '../soap/dispatcher.ts'
import { closedSignal } from './closed-signal.ts'
import { readBody } from './read-body.ts'
import { sendSoap } from './soap-endpoint.ts'

const bodySizeBytesMax = 1024 * 1024

/**
 * POST /pbm: a call about storage policies. Whose it is says the SOAP header alone, with the value of vCenter's cookie; HTTP cookies count for nothing.
 *
 * Source: VMware Storage Policy SDK Programming Guide; vcsim. Evidence: documented.
 */
export async function answerPbm(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
  dispatcher: Dispatcher,
): Promise<void> {
  const body = await readBody(request, bodySizeBytesMax)
  if (body === undefined) return void response.writeHead(413, { connection: 'close' }).end()
  const text = body.toString('utf8')
  const token = tokenIn(text)
  const cookie = { session: token === undefined ? undefined : world.sessions.find(token) }
  const client = { ipAddress: request.socket.remoteAddress ?? '', userAgent: request.headers['user-agent'] ?? '' }
  const answer = await dispatcher.answer(text, { cookie, client, version: apiVersion, signal: closedSignal(response) })
  sendSoap(request, response, answer)
}

/** What is no envelope names nobody. */
function tokenIn(text: string): string | undefined {
  try {
    return readSessionCookie(text)
  } catch {
    return undefined
  }
}
