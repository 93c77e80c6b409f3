import { describe, expect, it } from 'vitest'
import { FakeSession, FaultAnswer, refOf } from '../fake-session.ts'
import { missingPrivileges } from './missing-privileges.ts'
import { privilegeSets } from './privilege-sets.ts'

const entity = refOf('Folder', 'group-d1')
const manager = refOf('AuthorizationManager', 'AuthorizationManager')

function granting(granted: readonly string[], known: readonly string[] | undefined): FakeSession {
  const session = new FakeSession({
    HasPrivilegeOnEntities: ({ privId }) => [
      { entity, privAvailability: (privId ?? []).map((id) => ({ privId: id, isGranted: granted.includes(id) })) },
    ],
    FetchUserPrivilegeOnEntities: () => [{ entity, privileges: granted }],
  })
  session.put(manager, known === undefined ? {} : { privilegeList: known.map((privId) => ({ privId })) })
  session.put(refOf('SessionManager', 'SessionManager'), { currentSession: { key: '52aa', userName: 'LAB\\backup' } })
  return session
}

describe('missingPrivileges', () => {
  it('are those asked for and not granted, each once', async () => {
    const session = granting(['A'], ['A', 'B', 'C'])
    expect(await missingPrivileges(session, entity, ['A', 'B', 'B', 'C'])).toEqual(['B', 'C'])
    expect(session.requestsOf('HasPrivilegeOnEntities')).toEqual([
      { _this: manager, entity: [entity], sessionId: '52aa', privId: ['A', 'B', 'C'] },
    ])
  })

  it('leave out what the server does not know', async () => {
    expect(await missingPrivileges(granting([], ['A']), entity, ['A', 'Newer.Thing'])).toEqual(['A'])
    const nothing = granting([], ['A'])
    expect(await missingPrivileges(nothing, entity, ['Newer.Thing'])).toEqual([])
    expect(nothing.calls).toEqual([])
    expect(await missingPrivileges(granting([], undefined), entity, ['A'])).toEqual(['A'])
  })

  it('are asked of the user where the server can not ask for a session', async () => {
    const session = granting(['A'], ['A', 'B'])
    session.handlers.HasPrivilegeOnEntities = ({ _this }) => {
      throw new FaultAnswer({ $type: 'MethodNotFound', receiver: _this, method: 'HasPrivilegeOnEntities' })
    }
    expect(await missingPrivileges(session, entity, ['A', 'B'])).toEqual(['B'])
    expect(session.requestsOf('FetchUserPrivilegeOnEntities')[0]).toMatchObject({ userName: 'LAB\\backup' })
  })

  it('are none where the server has no such manager', async () => {
    const session = new FakeSession({}, { content: { authorizationManager: undefined } })
    expect(await missingPrivileges(session, entity, ['A'])).toEqual([])
  })
})

describe('privilegeSets', () => {
  it.each(Object.entries(privilegeSets))('%s names each privilege once, as vSphere spells them', (_, ids) => {
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[A-Z][A-Za-z]+(?:\.[A-Z][A-Za-z]+){1,2}$/)
  })
})
