import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LabAction } from '../faults/lab-action.ts'
import type { World } from '../inventory/world.ts'
import type { DatastoreWriter } from '../storage/model.ts'
import { closedSignal } from './closed-signal.ts'
import { cookieOf, sessionCookie } from './cookies.ts'
import { type FolderRequest, readFolderRequest, type Refusal } from './folder-request.ts'
import { type ByteRange, parseRange } from './parse-range.ts'
import { sendFile } from './send-file.ts'

/** GET, HEAD, PUT and DELETE of `/folder`: files of datastores over HTTPS. */
export async function answerFolder(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  world: World,
): Promise<void> {
  const asked = readFolderRequest(request, url, world)
  if ('status' in asked) return refuse(response, asked)
  const method = request.method ?? ''
  const verb = ({ GET: 'get', HEAD: 'get', PUT: 'put', DELETE: 'delete' } as const)[method]
  if (verb === undefined) return refuse(response, { status: 405, why: `${method} is not done here` })
  const privilege = verb === 'get' ? 'Datastore.Browse' : 'Datastore.FileManagement'
  if (!asked.user.privileges.has(privilege)) return refuse(response, { status: 403, why: `${privilege} is missing` })
  const action = world.faults.next(`folder.${verb}`, `[${asked.datastore?.store.name ?? ''}] ${asked.path}`)
  if (await strikes(action, request, response, world)) return
  try {
    if (verb === 'put') await put(request, response, asked, action)
    else if (verb === 'delete') remove(response, asked)
    else await get(request, response, asked, { world, action })
  } catch (error) {
    if (response.headersSent) response.destroy()
    else refuse(response, refusalOf(error, world))
  }
}

async function strikes(
  action: LabAction | undefined,
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
): Promise<boolean> {
  if (action?.do === 'delay') await world.clock.sleep(action.ms)
  if (action?.do === 'expire-session') {
    const session = world.sessions.find(cookieOf(request.headers.cookie, sessionCookie) ?? '')
    if (session !== undefined) world.sessions.end(session)
    refuse(response, { status: 401, why: 'the session has ended' })
  }
  if (action?.do === 'disconnect') request.socket.destroy()
  if (action?.do === 'http-error') refuse(response, { status: action.status, why: 'by rule' })
  return action?.do === 'disconnect' || action?.do === 'http-error' || action?.do === 'expire-session'
}

/** By rule: where a file's connection ends, of the bytes that go over it. */
function cutOf(action: LabAction | undefined, { start, end }: ByteRange): number | undefined {
  if (action?.do !== 'truncate') return undefined
  return 'atBytes' in action ? action.atBytes : Math.floor((start + end) / 2)
}

interface GetContext {
  readonly world: World
  readonly action: LabAction | undefined
}

async function get(
  request: IncomingMessage,
  response: ServerResponse,
  { datastore, path }: FolderRequest,
  { world, action }: GetContext,
): Promise<void> {
  if (datastore === undefined)
    return sendList(
      response,
      world.datastores.map(({ store }) => ({ name: store.name, sizeBytes: 0 })),
    )
  const entry = datastore.store.stat(path)
  if (path === '' || entry?.kind === 'folder') return sendList(response, datastore.store.list(path))
  await using file = datastore.store.open(path)
  const range = parseRange(request.headers.range, file.sizeBytes)
  if (range === 'unsatisfiable')
    return void response.writeHead(416, { 'content-range': `bytes */${file.sizeBytes}` }).end()
  const sent = range ?? { start: 0, end: file.sizeBytes }
  response.writeHead(range === undefined ? 200 : 206, headersOf(file, sent, range !== undefined))
  if (request.method === 'HEAD') return void response.end()
  await sendFile(response, file, sent, { signal: closedSignal(response), cutAt: cutOf(action, sent) })
}

function headersOf(
  file: { readonly sizeBytes: number; readonly modifiedMs: number },
  { start, end }: ByteRange,
  partial: boolean,
) {
  return {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    'content-length': end - start,
    'last-modified': new Date(file.modifiedMs).toUTCString(),
    ...(partial ? { 'content-range': `bytes ${start}-${end - 1}/${file.sizeBytes}` } : {}),
  }
}

async function put(
  request: IncomingMessage,
  response: ServerResponse,
  { datastore, path }: FolderRequest,
  action: LabAction | undefined,
): Promise<void> {
  if (datastore === undefined || path === '') return refuse(response, { status: 404, why: 'no file is named' })
  const isNew = datastore.store.stat(path) === undefined
  const file = datastore.store.createFile(path)
  const cutAt = cutOf(action, { start: 0, end: Number(request.headers['content-length'] ?? 0) })
  const isWhole = await receive(request, file, cutAt)
  if (isWhole) response.writeHead(isNew ? 201 : 200).end()
  else request.socket.destroy()
}

/**
 * Whether all of the body came. What came of a broken one stays under its name. Evidence: inferred: a host writes as it receives.
 * @throws `lab.no-space`
 */
async function receive(request: IncomingMessage, file: DatastoreWriter, cutAt = Infinity): Promise<boolean> {
  let at = 0
  try {
    for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      file.write(at, piece.subarray(0, cutAt - at))
      at += piece.length
      if (at >= cutAt) return false
    }
  } catch (error) {
    if (request.errored === null) throw error
  }
  return request.complete
}

function remove(response: ServerResponse, { datastore, path }: FolderRequest): void {
  if (datastore === undefined || path === '') return refuse(response, { status: 404, why: 'no file is named' })
  datastore.store.deleteFile(path)
  response.writeHead(204).end()
}

/** A folder, as a page of links. */
function sendList(
  response: ServerResponse,
  entries: readonly { readonly name: string; readonly sizeBytes: number }[],
): void {
  const rows = entries.map(
    ({ name, sizeBytes }) =>
      `<tr><td><a href="${encodeURIComponent(name)}">${escapeHtml(name)}</a></td><td>${sizeBytes}</td></tr>`,
  )
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
  response.end(`<html><body><table>${rows.join('\n')}</table></body></html>\n`)
}

const escapeHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** What a locked file looks like depends on whom one asks. Source: vadp.md §5.4 (500 from a vCenter). Evidence: observed. */
function refusalOf(error: unknown, world: World): Refusal {
  const code = (error as { code?: unknown }).code
  const why = error instanceof Error ? error.message : ''
  if (code === 'lab.file-not-found') return { status: 404, why }
  if (code === 'lab.file-locked') return { status: world.mode === 'vcenter' ? 500 : 403, why }
  if (code === 'lab.no-space') return { status: 507, why }
  if (code === 'lab.is-folder' || code === 'lab.file-exists') return { status: 409, why }
  world.report(error)
  return { status: 500, why }
}

function refuse(response: ServerResponse, { status, why }: Refusal): void {
  const challenge = status === 401 ? { 'www-authenticate': 'Basic realm="vmkeep lab"' } : {}
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...challenge })
  response.end(`${why}\n`)
}
