import { collect, hasCode } from '@vmkeep/kit'
import { readProperties } from '../properties/read-properties.ts'
import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/**
 * Which of the privileges this session lacks on an object: on the root folder to check a role, on a VM to know why.
 * Privileges the server does not know (an older one, or ESXi) are not asked for.
 *
 * @throws `vsphere.no-permission` if even asking is not allowed; `vsphere.*`
 */
export async function missingPrivileges(
  session: Session,
  entity: ManagedObjectReference,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  return (await missingByEntity(session, [entity], ids, signal)).get(entity.value) ?? []
}

/** {@link missingPrivileges} for several objects at once, by their references. */
export async function missingByEntity(
  session: Session,
  entities: readonly ManagedObjectReference[],
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string[]>> {
  const manager = session.content.authorizationManager
  if (manager === undefined) return new Map()
  const known = await knownPrivileges(session, manager, signal)
  const asked = [...new Set(ids)].filter((id) => known === undefined || known.has(id))
  if (asked.length === 0 || entities.length === 0) return new Map()
  const granted = await grantedOf(session, manager, { entities, privId: asked }, signal)
  return new Map(entities.map(({ value }) => [value, asked.filter((id) => granted.get(value)?.has(id) !== true)]))
}

async function knownPrivileges(
  session: Session,
  manager: ManagedObjectReference,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string> | undefined> {
  const request = { type: 'AuthorizationManager', from: manager, paths: ['privilegeList'] } as const
  const [found] = await collect(retrieve(session, request, signal))
  const list = found?.properties.privilegeList
  return list && new Set(list.map(({ privId }) => privId))
}

interface Asked {
  readonly entities: readonly ManagedObjectReference[]
  readonly privId: readonly string[]
}

/** Asked for our session, which knows group memberships; servers without that call are asked for the user. */
async function grantedOf(
  session: Session,
  _this: ManagedObjectReference,
  { entities, privId }: Asked,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const { key, userName } = await currentSession(session, signal)
  try {
    const request = { _this, entity: entities, sessionId: key, privId }
    const answer = await session.call('HasPrivilegeOnEntities', request, { signal })
    const grantedIn = (all: (typeof answer)[number]['privAvailability']) =>
      new Set(all.flatMap(({ isGranted, privId: id }) => (isGranted ? [id] : [])))
    return new Map(answer.map(({ entity, privAvailability }) => [entity.value, grantedIn(privAvailability)]))
  } catch (error) {
    if (!hasCode(error, 'vsphere.not-supported', 'vsphere.invalid-request')) throw error
    const request = { _this, entities, userName }
    const answer = await session.call('FetchUserPrivilegeOnEntities', request, { signal })
    return new Map(answer.map(({ entity, privileges = [] }) => [entity.value, new Set(privileges)]))
  }
}

async function currentSession(
  session: Session,
  signal: AbortSignal | undefined,
): Promise<{ readonly key: string; readonly userName: string }> {
  const ref = session.content.sessionManager!
  const request = { type: 'SessionManager', ref, paths: ['currentSession'] } as const
  const { currentSession: current } = await readProperties(session, request, signal)
  return { key: current?.key ?? '', userName: current?.userName ?? session.username }
}
