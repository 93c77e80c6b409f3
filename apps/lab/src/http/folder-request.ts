import type { IncomingMessage } from 'node:http'
import type { DatastoreObject } from '../inventory/datastore.ts'
import type { World } from '../inventory/world.ts'
import { checkedPath } from '../storage/datastore-path.ts'
import type { User } from '../soap/user.ts'
import { cookieOf, sessionCookie, ticketCookie } from './cookies.ts'

/** `/folder/vm/vm.vmx?dcPath=Lab&dsName=shared-1`, resolved. Without a datastore: the list of them. */
export interface FolderRequest {
  readonly datastore: DatastoreObject | undefined
  /** Relative to the datastore; empty for its root. */
  readonly path: string
  readonly user: User
}

/** An HTTP status instead of a file. */
export interface Refusal {
  readonly status: number
  readonly why: string
}

/** Who asks for what. Nobody gets in without a session, a ticket for just this file, or a password. */
export function readFolderRequest(request: IncomingMessage, url: URL, world: World): FolderRequest | Refusal {
  const user = userOf(request, url, world)
  if (user === undefined) return { status: 401, why: 'Authentication required' }
  if (!isDatacenter(url.searchParams.get('dcPath'), world))
    return { status: 404, why: 'no such datacenter: give its path in dcPath' }
  const path = pathOf(url)
  if (path === undefined) return { status: 400, why: 'the path is no path' }
  const dsName = url.searchParams.get('dsName')
  if (dsName === null)
    return path === '' ? { datastore: undefined, path, user } : { status: 404, why: 'dsName is missing' }
  const datastore = world.datastores.find(({ store }) => store.name === dsName)
  if (datastore === undefined) return { status: 404, why: `no datastore is called ${dsName}` }
  return { datastore, path, user }
}

function userOf(request: IncomingMessage, url: URL, world: World): User | undefined {
  const ticket = cookieOf(request.headers.cookie, ticketCookie)
  if (ticket !== undefined)
    return world.serviceTickets.redeem(ticket, { method: request.method ?? '', path: url.pathname })
  const token = cookieOf(request.headers.cookie, sessionCookie)
  const session = token === undefined ? undefined : world.sessions.find(token)
  if (session !== undefined) {
    session.lastActiveMs = world.clock.nowMs()
    return session.user
  }
  const [, basic = ''] = /^Basic\s+(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString('utf8')) ?? []
  return name === undefined ? undefined : world.sessions.authenticate(name, password!)
}

/** A vCenter wants to know whose datastore it is; a host has but one datacenter. Source: vim25.md §7.2. Evidence: observed. */
function isDatacenter(dcPath: string | null, world: World): boolean {
  if (dcPath === null) return world.mode === 'esxi'
  return dcPath.replace(/^\//, '') === world.datacenter.name
}

function pathOf(url: URL): string | undefined {
  try {
    return checkedPath(decodeURIComponent(url.pathname.replace(/^\/folder/, '')))
  } catch {
    return undefined
  }
}
