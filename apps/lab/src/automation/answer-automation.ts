// vCenter's REST API in both its spellings, as far as sessions and tags go. Strict: what is not JSON, not there or not signed in is refused.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '../http/read-body.ts'
import type { World } from '../inventory/world.ts'
import { strikeAutomation } from './strike-automation.ts'
import { answerTagging } from './tagging.ts'

/** `/rest` wraps its answers and asks for actions with a tilde. Source: vSphere Automation API. Evidence: documented; held by govc. */
interface Spelling {
  readonly root: string
  readonly session: string
  readonly action: string
  readonly wrap: (answer: unknown) => unknown
}

const spellings: readonly Spelling[] = [
  { root: '/api', session: '/api/session', action: 'action', wrap: (answer) => answer },
  {
    root: '/rest/com/vmware',
    session: '/rest/com/vmware/cis/session',
    action: '~action',
    wrap: (value) => ({ value }),
  },
]

const header = 'vmware-api-session-id'
const bodyBytesMax = 4 * 1024 * 1024

/** What one call asks. */
export interface AutomationCall {
  readonly method: string
  /** Below the root, ids without their `id:`: `/cis/tagging/tag/urn:…`. */
  readonly path: string
  readonly action: string | undefined
  readonly body: unknown
}

/** An answer of the API: a value, or a status of refusal. */
export type AutomationAnswer = { readonly value: unknown } | { readonly status: number; readonly type: string }

export const isAutomation = (path: string): boolean =>
  spellings.some(({ root, session }) => path === session || path.startsWith(`${root}/`))

export async function answerAutomation(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  world: World,
): Promise<void> {
  const spelling = spellings.find(({ root }) => url.pathname.startsWith(root))!
  const body = await readBody(request, bodyBytesMax)
  const send = (status: number, value?: unknown) => sendJson(response, status, value)
  const session = world.sessions.find(String(request.headers[header] ?? ''))
  const action = world.faults.next(
    kindOf(request, url, spelling),
    url.pathname,
    url.searchParams.get(spelling.action) ?? '',
  )
  const struck = await strikeAutomation(action, { request, response, world }, session)
  if (struck === 'cut') return
  if (struck !== undefined) return send(struck, refusal('BY_RULE'))
  if (url.pathname === spelling.session) return answerSession(request, url, world, spelling, send)
  if (session === undefined) return send(401, refusal('UNAUTHENTICATED'))
  session.lastActiveMs = world.clock.nowMs()
  const parsed = parse(body)
  if (parsed === undefined) return send(400, refusal('INVALID_ARGUMENT'))
  const path = url.pathname.slice(spelling.root.length).replaceAll('/id:', '/')
  const call = {
    method: request.method ?? '',
    path: decodeURIComponent(path),
    action: url.searchParams.get(spelling.action) ?? undefined,
    body: parsed.value,
  }
  const answer = answerTagging(call, world.tags)
  if ('status' in answer) send(answer.status, refusal(answer.type))
  else send(200, spelling.wrap(answer.value))
}

/** What rules call it. */
function kindOf({ method }: IncomingMessage, url: URL, { session }: Spelling): string {
  if (url.pathname !== session) return 'automation.call'
  return method === 'DELETE' ? 'automation.logout' : 'automation.login'
}

function answerSession(
  request: IncomingMessage,
  url: URL,
  world: World,
  { action, wrap }: Spelling,
  send: (status: number, value?: unknown) => void,
): void {
  const token = String(request.headers[header] ?? '')
  const session = world.sessions.find(token)
  const isLogin = request.method === 'POST' && url.searchParams.get(action) !== 'get'
  if (isLogin) {
    const [user, password] = credentialsOf(request)
    if (world.sessions.authenticate(user, password) === undefined) return send(401, refusal('UNAUTHENTICATED'))
    const client = { ipAddress: request.socket.remoteAddress ?? '', userAgent: request.headers['user-agent'] ?? '' }
    return send(201, wrap(world.sessions.login(user, password, client).token))
  }
  if (session === undefined) return send(401, refusal('UNAUTHENTICATED'))
  if (request.method === 'DELETE') {
    world.sessions.logout(session)
    return send(204)
  }
  return send(200, wrap({ user: session.user.name }))
}

function credentialsOf(request: IncomingMessage): [user: string, password: string] {
  const [, encoded = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? []
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)]
}

function parse(body: Buffer | undefined): { readonly value: unknown } | undefined {
  if (body === undefined) return undefined
  if (body.length === 0) return { value: undefined }
  try {
    return { value: JSON.parse(body.toString()) as unknown }
  } catch {
    return undefined
  }
}

const refusal = (type: string) => ({ error_type: type, messages: [] })

function sendJson(response: ServerResponse, status: number, value?: unknown): void {
  const text = value === undefined ? '' : JSON.stringify(value)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text)
}
