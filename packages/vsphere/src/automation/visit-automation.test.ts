import { type AppError, codeOf } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import type { ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { openSession } from '../session/open-session.ts'
import { content, refTo, TestVCenter } from '../testing/test-vcenter.ts'
import type { Automation } from './automation.ts'

const ping = { _this: refTo('ServiceInstance', 'ServiceInstance') }
const tags = { method: 'GET', path: '/cis/tagging/tag' } as const
const listTags = (automation: Automation) => automation.call(tags)
const open = (vcenter: TestVCenter, password?: string) => openSession(vcenter.options({ clock: fakeClock() }, password))

/** A vCenter whose REST API speaks one dialect, and everything that both APIs were asked, in order. */
async function start(dialect: 'api' | 'rest' = 'api') {
  const vcenter = await TestVCenter.start()
  const asked: string[] = []
  const [root, session] =
    dialect === 'api' ? ['/api', '/api/session'] : ['/rest/com/vmware', '/rest/com/vmware/cis/session']
  const own = {
    vcenter,
    asked,
    /** Sessions there are, of both APIs, and the most at once. */
    tokens: new Set<string>(),
    busiest: 0,
    answerLogin: (response: ServerResponse): void => own.admit(response),
    answerCall: (response: ServerResponse): void => own.send(response, 200, ['urn:1']),
    admit(response: ServerResponse) {
      const token = `token-${asked.length}`
      own.tokens.add(token)
      own.look()
      own.send(response, 201, token)
    },
    send: (response: ServerResponse, status: number, value?: unknown): void =>
      void response.writeHead(status).end(JSON.stringify(dialect === 'api' ? value : { value })),
    look: () => (own.busiest = Math.max(own.busiest, own.tokens.size + vcenter.logins.size)),
    [Symbol.asyncDispose]: () => vcenter[Symbol.asyncDispose](),
  }
  vcenter.onHttp = ({ method, url, headers }, response) => {
    asked.push(`${method} ${url}`)
    own.look()
    if (url === session && method === 'POST') return own.answerLogin(response)
    if (!url!.startsWith(root)) return own.send(response, 404)
    const token = String(headers['vmware-api-session-id'])
    if (!own.tokens.has(token)) return own.send(response, 401)
    if (method !== 'DELETE') return own.answerCall(response)
    own.tokens.delete(token)
    own.send(response, 204)
  }
  return own
}

it('has one session at any instant: out of vim25, in at the REST API, and back', async () => {
  await using server = await start()
  await using session = await open(server.vcenter)
  expect(await session.visitAutomation(listTags)).toEqual(['urn:1'])
  expect(server.asked).toEqual(['POST /api/session', 'GET /api/cis/tagging/tag', 'DELETE /api/session'])
  expect(server.vcenter.calls).toEqual(['RetrieveServiceContent', 'Login', 'Logout', 'Login'])
  expect(server).toMatchObject({ busiest: 1, tokens: new Set() })
  await session.call('CurrentTime', ping)
  expect(session.generation).toBe(2)
})

it('speaks /rest where there is no /api', async () => {
  await using server = await start('rest')
  await using session = await open(server.vcenter)
  const body = { object_id: { id: 'vm-1', type: 'VirtualMachine' } }
  const attach = { method: 'POST', path: '/cis/tagging/tag-association', id: 'urn:1', action: 'attach', body } as const
  expect(await session.visitAutomation((automation) => automation.call(attach))).toEqual(['urn:1'])
  expect(server.asked).toEqual([
    'POST /api/session',
    'POST /rest/com/vmware/cis/session',
    'POST /rest/com/vmware/cis/tagging/tag-association/id:urn%3A1?~action=attach',
    'DELETE /rest/com/vmware/cis/session',
  ])
  expect(server).toMatchObject({ busiest: 1, tokens: new Set() })
})

it('tries a wrong password once: vim25 proves it before the REST API hears of it', async () => {
  await using server = await start()
  await expect(open(server.vcenter, 'wrong')).rejects.toMatchObject({ code: 'vsphere.login-failed' })
  expect(server.vcenter.countOf('Login')).toBe(1)
  expect(server.asked).toEqual([])
})

it('asks an account that the REST API alone refuses once, and goes on', async () => {
  await using server = await start()
  server.answerLogin = (response) => server.send(response, 401)
  await using session = await open(server.vcenter)
  for (let time = 1; time <= 2; time++)
    await expect(session.visitAutomation(listTags)).rejects.toMatchObject({ code: 'vsphere.automation-login-refused' })
  expect(server.asked).toEqual(['POST /api/session'])
  await session.call('CurrentTime', ping)
  expect(server.vcenter.countOf('Login')).toBe(2)
})

it.each([
  ['nowhere', 404, 'vsphere.automation-missing'],
  ['not for us', 403, 'vsphere.automation-refused'],
])('tells of an API that is %s', async (_, status, code) => {
  await using server = await start()
  server.answerLogin = (response) => server.send(response, status)
  await using session = await open(server.vcenter)
  await expect(session.visitAutomation(listTags)).rejects.toMatchObject({ code })
  expect(await session.call('CurrentTime', ping)).toBeDefined()
})

it('does not even ask an ESXi host', async () => {
  await using server = await start()
  const about = { ...content.about, apiType: 'HostAgent' }
  server.vcenter.answers.RetrieveServiceContent = () => ({ ...content, about })
  await using session = await open(server.vcenter)
  await expect(session.visitAutomation(listTags)).rejects.toMatchObject({ code: 'vsphere.automation-missing' })
  expect(server.asked).toEqual([])
  expect(session.generation).toBe(1)
})

const breakOff = (response: ServerResponse) =>
  void response.writeHead(200, { 'content-length': 9 }).write('[', () => response.socket!.destroy())

it.each<[string, (response: ServerResponse) => unknown]>([
  ['that is cut off', (response: ServerResponse) => response.socket!.destroy()],
  ['of an overloaded server', (response: ServerResponse) => response.writeHead(503).end()],
  ['that breaks off', breakOff],
])('asks again after an answer %s', async (_, spoil) => {
  await using server = await start()
  const { answerCall } = server
  let calls = 0
  server.answerCall = (response) => (++calls === 1 ? spoil(response) : answerCall(response))
  await using session = await open(server.vcenter)
  expect(await session.visitAutomation(listTags)).toEqual(['urn:1'])
  expect(server).toMatchObject({ busiest: 1, tokens: new Set() })
})

it.each([
  ['the work fails', () => Promise.reject(new Error('bad luck')), 'bad luck'],
  ['an answer is no JSON', listTags, 'it is no JSON'],
])('logs out where %s', async (_, work, why) => {
  await using server = await start()
  server.answerCall = (response) => void response.end('<html>')
  await using session = await open(server.vcenter)
  await expect(session.visitAutomation(work)).rejects.toThrow(why)
  expect(server.asked.at(-1)).toBe('DELETE /api/session')
  expect(server).toMatchObject({ busiest: 1, tokens: new Set() })
  expect(await session.call('CurrentTime', ping)).toBeDefined()
})

it('lets calls wait until it is over', async () => {
  await using server = await start()
  const { answerCall } = server
  const arrived = Promise.withResolvers<ServerResponse>()
  server.answerCall = arrived.resolve
  await using session = await open(server.vcenter)
  const visit = session.visitAutomation(listTags)
  const response = await arrived.promise
  const call = session.call('CurrentTime', ping)
  answerCall(response)
  expect(await visit).toEqual(['urn:1'])
  await call
  expect(server.vcenter.calls.slice(-3)).toEqual(['Logout', 'Login', 'CurrentTime'])
})

it.each(['answerLogin', 'answerCall'] as const)('logs out when it is called off during %s', async (during) => {
  await using server = await start()
  const { answerLogin } = server
  const arrived = Promise.withResolvers<ServerResponse>()
  server[during] = arrived.resolve
  const reason = new Error('Ctrl-C')
  const controller = new AbortController()
  await using session = await open(server.vcenter)
  const visit = session.visitAutomation(listTags, controller.signal).catch((error: unknown) => error)
  const response = await arrived.promise
  controller.abort(reason)
  if (during === 'answerLogin') answerLogin(response)
  expect(await visit).toBe(reason)
  expect(server.asked.at(-1)).toBe('DELETE /api/session')
  expect(server).toMatchObject({ busiest: 1, tokens: new Set() })
  expect(await session.call('CurrentTime', ping)).toBeDefined() // what was begun can be taken back
})

it('ends with its session, which does not log in once more', async () => {
  await using server = await start()
  const arrived = Promise.withResolvers<ServerResponse>()
  server.answerCall = arrived.resolve
  const session = await open(server.vcenter)
  const visit = session.visitAutomation(listTags).catch((error: unknown) => codeOf(error as AppError))
  await arrived.promise
  await session[Symbol.asyncDispose]()
  expect(await visit).toBe('vsphere.session-closed')
  expect(server.vcenter.calls).toEqual(['RetrieveServiceContent', 'Login', 'Logout'])
  expect(server).toMatchObject({ tokens: new Set() })
})
