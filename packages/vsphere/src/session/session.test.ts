import { type AppError, type LogEvent, Secret } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { X509Certificate } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { loopbackCertificate } from '../testing/https-server.ts'
import { content, refTo, Refusal, TestVCenter } from '../testing/test-vcenter.ts'
import { openSession, type SessionOptions } from './open-session.ts'

const serviceInstance = refTo('ServiceInstance', 'ServiceInstance')
const ping = { _this: serviceInstance }
const codeOf = async (work: Promise<unknown>) =>
  await work.then(
    () => 'no error',
    (e: unknown) => (e as AppError).code,
  )
const open = (vcenter: TestVCenter, more?: Partial<SessionOptions>, password?: string) =>
  openSession(vcenter.options({ clock: fakeClock(), ...more }, password))

describe('a session', () => {
  it('logs in, speaks the newest version both know, and logs out when disposed', async () => {
    await using vcenter = await TestVCenter.start()
    {
      await using session = await open(vcenter)
      expect(session).toMatchObject({ isVCenter: true, apiVersion: '8.0.3.0', generation: 1, username: 'backup' })
      expect(session.content).toEqual(content)
      expect(await session.call('CurrentTime', ping)).toBe('2026-01-01T00:00:00Z')
      expect(vcenter.logins.size).toBe(1)
    }
    expect(vcenter.logins.size).toBe(0)
    expect(vcenter.calls).toEqual(['RetrieveServiceContent', 'Login', 'CurrentTime', 'Logout'])
    expect([...vcenter.soapActions]).toContain('"urn:vim25/8.0.3.0"')
  })

  it.each([
    ['<version>6.5</version><priorVersions><version>6.0</version></priorVersions>', '6.5'],
    [
      '<version>8.0.2.0</version><priorVersions><version>7.0</version><version>8.0.1.0</version></priorVersions>',
      '8.0.2.0',
    ],
    ['<version>9.1</version><priorVersions><version>7.0.3.0</version></priorVersions>', '7.0.3.0'],
    ['<version>6.0</version>', 'vsphere.unsupported-version'],
  ])('chooses from %s: %s', async (versions, chosen) => {
    await using vcenter = await TestVCenter.start()
    vcenter.versions = `<namespaces><namespace><name>urn:vim25</name>${versions}</namespace></namespaces>`
    await using stack = new AsyncDisposableStack()
    const result = await open(vcenter).then(
      (session) => stack.use(session).apiVersion,
      (error: AppError) => error.code,
    )
    expect(result).toBe(chosen)
  })

  it('shares one new login among a hundred calls when the server ends the session', async () => {
    await using vcenter = await TestVCenter.start()
    await using session = await open(vcenter)
    await session.call('CurrentTime', ping)
    vcenter.logins.clear()
    const answers = await Promise.all(Array.from({ length: 100 }, () => session.call('CurrentTime', ping)))
    expect(answers).toHaveLength(100)
    expect(vcenter.countOf('Login')).toBe(2)
    expect(session.generation).toBe(2)
  })

  it('stays one session however often it is ended, under load', async () => {
    await using vcenter = await TestVCenter.start()
    await using session = await open(vcenter)
    for (let round = 1; round <= 5; round++) {
      const before = Array.from({ length: 20 }, () => session.call('CurrentTime', ping))
      vcenter.logins.clear()
      await Promise.all([...before, ...Array.from({ length: 20 }, () => session.call('CurrentTime', ping))])
      expect(vcenter.logins.size).toBeLessThanOrEqual(1)
      expect(session.generation).toBeLessThanOrEqual(round + 1)
    }
    await session.call('CurrentTime', ping)
    expect(vcenter.logins.size).toBe(1)
  })

  it('repeats a call whose session is ended again and again', async () => {
    let refusals = 3
    await using vcenter = await TestVCenter.start({
      FindByUuid: () => {
        if (refusals-- > 0) throw new Refusal({ $type: 'NotAuthenticated' })
        return undefined
      },
    })
    await using session = await open(vcenter)
    await session.call('FindByUuid', { _this: refTo('SearchIndex', 'SearchIndex'), uuid: 'u', vmSearch: true })
    expect(session.generation).toBe(4)
  })

  it('gives a call up after three new logins, and says so', async () => {
    await using vcenter = await TestVCenter.start({
      FindByUuid: () => {
        throw new Refusal({ $type: 'NotAuthenticated' })
      },
    })
    await using session = await open(vcenter)
    const find = { _this: refTo('SearchIndex', 'SearchIndex'), uuid: 'u', vmSearch: true }
    expect(await codeOf(session.call('FindByUuid', find))).toBe('vsphere.not-authenticated')
    expect(vcenter.countOf('FindByUuid')).toBe(4)
    expect(vcenter.countOf('Login')).toBe(4)
  })

  it('knows the end of a session by its text alone, and by what a read of properties says', async () => {
    let refusals = 2
    await using vcenter = await TestVCenter.start({
      FindByUuid: () => {
        if (refusals-- > 1) throw new Refusal({ $type: 'SystemError', reason: '' }, 'The session is not authenticated.')
        return undefined
      },
      RetrievePropertiesEx: () => {
        if (refusals-- < 0) return undefined
        const fault = { $type: 'NotAuthenticated' } as const
        return { objects: [{ obj: serviceInstance, missingSet: [{ path: 'content', fault: { fault } }] }] }
      },
    })
    await using session = await open(vcenter)
    await session.call('FindByUuid', { _this: refTo('SearchIndex', 'SearchIndex'), uuid: 'u', vmSearch: true })
    expect(session.generation).toBe(2)
    await session.call('RetrievePropertiesEx', { _this: content.propertyCollector, specSet: [], options: {} })
    expect(session.generation).toBe(3)
  })

  it('does not take a missing privilege for a missing session', async () => {
    await using vcenter = await TestVCenter.start({
      CurrentTime: () => {
        throw new Refusal({ $type: 'NoPermission', object: serviceInstance, privilegeId: 'System.View' })
      },
    })
    await using session = await open(vcenter)
    await expect(session.call('CurrentTime', ping)).rejects.toMatchObject({
      code: 'vsphere.no-permission',
      message: expect.stringContaining('lacks System.View on ServiceInstance:ServiceInstance') as string,
    })
    expect(vcenter.countOf('Login')).toBe(1)
  })
})

describe('a login', () => {
  it('that is refused is not tried again, names no password, and leaves nothing behind', async () => {
    await using vcenter = await TestVCenter.start()
    const error = await open(vcenter, {}, 'wr<o>ng').catch((e: unknown) => e as AppError)
    expect(error).toMatchObject({ code: 'vsphere.login-failed', remedy: 'call-operator' })
    expect((error as AppError).message).toContain(
      'backup (Cannot complete login due to an incorrect user name or password.)',
    )
    expect(JSON.stringify([error, (error as AppError).details, (error as AppError).message])).not.toMatch(/wr.*ng/)
    expect(vcenter.calls).toEqual(['RetrieveServiceContent', 'Login'])
  })

  it('that is refused later ends the session for good: no second try may lock the account', async () => {
    await using vcenter = await TestVCenter.start()
    await using session = await open(vcenter)
    vcenter.password = 'changed'
    vcenter.logins.clear()
    const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(session.call('CurrentTime', ping))))
    expect(new Set(codes)).toEqual(new Set(['vsphere.login-failed']))
    expect(await codeOf(session.call('CurrentTime', ping))).toBe('vsphere.login-failed')
    expect(vcenter.countOf('Login')).toBe(2)
  })

  it('asks for the password each time, so that a changed one is found', async () => {
    await using vcenter = await TestVCenter.start()
    const options = vcenter.options({ clock: fakeClock() })
    await using session = await openSession({
      ...options,
      endpoint: { ...options.endpoint, password: async () => new Secret(vcenter.password) },
    })
    vcenter.password = 'changed'
    vcenter.logins.clear()
    expect(await codeOf(session.call('CurrentTime', ping))).toBe('no error')
  })

  it('sends no cookie of an older session: the server would refuse it', async () => {
    await using vcenter = await TestVCenter.start()
    await using session = await open(vcenter)
    let refusals = 1
    vcenter.answers.CurrentTime = () => {
      if (refusals-- > 0) throw new Refusal({ $type: 'NotAuthenticated' }) // though the old cookie is still known
      return '2026-01-01T00:00:00Z'
    }
    expect(await codeOf(session.call('CurrentTime', ping))).toBe('no error')
  })

  it('that nobody waits for any more is still logged out', async () => {
    await using vcenter = await TestVCenter.start()
    const controller = new AbortController()
    const reason = new Error('never mind')
    const options = vcenter.options({ clock: fakeClock(), signal: controller.signal })
    const password = async () => {
      controller.abort(reason)
      return new Secret('right')
    }
    await expect(openSession({ ...options, endpoint: { ...options.endpoint, password } })).rejects.toBe(reason)
    expect(vcenter.logins.size).toBe(0)
    expect(vcenter.calls.at(-1)).toBe('Logout')
  })
})

describe('a broken connection', () => {
  /** An answer that breaks the connection instead, the first time. */
  const dyingOnce = <T>(value: T): (() => T) => {
    let deaths = 1
    return () => {
      if (deaths-- > 0) throw new Error('the server dies here')
      return value
    }
  }

  it('costs a read nothing but time', async () => {
    await using vcenter = await TestVCenter.start()
    const log: LogEvent[] = []
    await using session = await open(vcenter, { log: (event) => log.push(event) })
    vcenter.answers.CurrentTime = dyingOnce('2026-02-02T00:00:00Z')
    expect(await session.call('CurrentTime', ping)).toBe('2026-02-02T00:00:00Z')
    expect(vcenter.countOf('CurrentTime')).toBe(2)
    expect(log.map(({ message }) => message).join()).toContain('trying again')
  })

  it('never makes a change twice', async () => {
    await using vcenter = await TestVCenter.start()
    await using session = await open(vcenter)
    vcenter.answers.CreateSnapshot_Task = dyingOnce(refTo('Task', 'task-1'))
    const request = { _this: refTo('VirtualMachine', 'vm-1'), name: 's', memory: false, quiesce: false }
    await expect(session.call('CreateSnapshot_Task', request)).rejects.toMatchObject({
      code: 'vsphere.reply-lost',
      remedy: 'retry',
      message: expect.stringContaining('it may have been carried out all the same') as string,
    })
    expect(vcenter.countOf('CreateSnapshot_Task')).toBe(1)
  })

  it('is told apart from a server that is not there', async () => {
    await using vcenter = await TestVCenter.start()
    const options = vcenter.options({ clock: fakeClock() })
    await vcenter[Symbol.asyncDispose]()
    await expect(openSession(options)).rejects.toMatchObject({ code: 'vsphere.unreachable' })
  })
})

describe('the end', () => {
  it('fails what is under way and what comes after, and may come twice', async () => {
    await using vcenter = await TestVCenter.start({ CurrentTime: () => new Promise<string>(() => {}) })
    const session = await open(vcenter)
    const pending = codeOf(session.call('CurrentTime', ping))
    await vi.waitUntil(() => vcenter.countOf('CurrentTime') === 1)
    await session[Symbol.asyncDispose]()
    await session[Symbol.asyncDispose]()
    expect(await pending).toBe('vsphere.session-closed')
    expect(await codeOf(session.call('CurrentTime', ping))).toBe('vsphere.session-closed')
    expect(vcenter.logins.size).toBe(0)
  })

  it('of one caller is not the end of the others', async () => {
    await using vcenter = await TestVCenter.start({ CurrentTime: () => new Promise<string>(() => {}) })
    await using session = await open(vcenter)
    const controller = new AbortController()
    const reason = new Error('enough')
    const aborted = session.call('CurrentTime', ping, { signal: controller.signal })
    await vi.waitUntil(() => vcenter.countOf('CurrentTime') === 1)
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    delete vcenter.answers.CurrentTime
    expect(await codeOf(session.call('CurrentTime', ping))).toBe('no error')
    await expect(session.call('CurrentTime', ping, { signal: controller.signal })).rejects.toBe(reason)
  })

  it('comes to a call when the server is silent for too long', async () => {
    await using vcenter = await TestVCenter.start({ CurrentTime: () => new Promise<string>(() => {}) })
    await using session = await open(vcenter)
    expect(await codeOf(session.call('CurrentTime', ping, { timeoutMs: 50 }))).toBe('vsphere.timed-out')
  })

  it('is kept away by signs of life, which log in again if they must', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      await using vcenter = await TestVCenter.start()
      await using session = await open(vcenter, { keepAliveMs: 60_000 })
      vi.advanceTimersByTime(60_000)
      await vi.waitUntil(() => vcenter.countOf('CurrentTime') === 1)
      vcenter.logins.clear()
      vi.advanceTimersByTime(60_000)
      await vi.waitUntil(() => session.generation === 2)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('plain HTTP', () => {
  const text = async (body: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(body)).toString()

  it('streams both ways with the session’s cookie, byte for byte', async () => {
    await using vcenter = await TestVCenter.start()
    const files = new Map<string, string>()
    vcenter.onHttp = (request, response, isKnown) => {
      if (!isKnown) response.writeHead(401).end()
      else if (request.method === 'PUT') response.writeHead(files.set(request.url!, request.body) ? 201 : 500).end()
      else response.writeHead(files.has(request.url!) ? 200 : 404, { etag: 'x' }).end(files.get(request.url!))
    }
    await using session = await open(vcenter)
    const path = '/folder/a%20b/a.vmx?dcPath=DC&dsName=ds'
    async function* pieces() {
      yield Buffer.from('.encoding = ')
      yield Buffer.from('"UTF-8"')
    }
    using put = await session.http({ method: 'PUT', path, body: pieces() })
    expect(put.status).toBe(201)
    using got = await session.httpGet(path)
    expect([got.status, got.headers.etag, await text(got.body)]).toEqual([200, 'x', '.encoding = "UTF-8"'])
    using missing = await session.httpGet('/folder/none')
    expect(missing.status).toBe(404)
  })

  it('is handed over alive, as cookie and thumbprint', async () => {
    await using vcenter = await TestVCenter.start()
    await using session = await open(vcenter)
    vcenter.logins.clear()
    const { cookie, thumbprintSha1 } = await session.handOver()
    expect(session.generation).toBe(2)
    expect(cookie.reveal()).toMatch(/^vmware_soap_session=".+"$/)
    expect(String(cookie)).toBe('[secret]')
    expect(thumbprintSha1).toBe(new X509Certificate(loopbackCertificate.certificatePem).fingerprint)
  })

  it('logs in again for a session that has ended, and not for a door that is closed', async () => {
    await using vcenter = await TestVCenter.start()
    vcenter.onHttp = (request, response, isKnown) =>
      void response.writeHead(isKnown && request.url !== '/folder/secret' ? 200 : 401).end('text')
    await using session = await open(vcenter)
    vcenter.logins.clear()
    using first = await session.httpGet('/folder/a')
    expect([first.status, session.generation]).toEqual([200, 2])
    using second = await session.httpGet('/folder/secret')
    expect([second.status, session.generation]).toEqual([401, 2])
  })

  it('tells of a body that breaks off', async () => {
    await using vcenter = await TestVCenter.start()
    vcenter.onHttp = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('some', () => response.socket?.destroy())
    }
    await using session = await open(vcenter)
    using cut = await session.httpGet('/folder/a')
    await expect(text(cut.body)).rejects.toMatchObject({ code: 'vsphere.reply-lost' })
  })
})
