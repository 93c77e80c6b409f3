import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallFault, openTestLab, service, TestClient, vmRef } from '../testing.ts'

const envelope = (body: string) =>
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
  `<soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`

const reconfigure = (spec: string) =>
  envelope(
    `<ReconfigVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">vm-101</_this><spec>${spec}</spec></ReconfigVM_Task>`,
  )

const faultText = (xml: string) => /<faultstring>([^<]*)/.exec(xml)?.[1] ?? ''

describe('a call', () => {
  it.each([
    ['an unknown element', '<nonsense>1</nonsense>', 'Unexpected element tag "nonsense" seen'],
    ['an element out of order', '<annotation>a</annotation><name>n</name>', 'Unexpected element tag "name" seen'],
    ['an element given twice', '<name>a</name><name>b</name>', 'Single property name provided multiple times'],
    [
      'a required element left out',
      '<deviceChange><operation>add</operation><device xsi:type="VirtualDisk"><capacityInKB>1</capacityInKB></device></deviceChange>',
      'Required property key is missing from data object of type VirtualDisk',
    ],
    [
      'a device of unknown type',
      '<deviceChange><device xsi:type="Nope"/></deviceChange>',
      'Unable to resolve WSDL type name Nope',
    ],
  ])('with %s is refused in vpxd’s words', async (_, spec, words) => {
    await using world = await openTestLab()
    const { status, body } = await world.client.post(reconfigure(spec))
    expect(status).toBe(500)
    expect(body).toContain('<InvalidRequestFault xmlns="urn:vim25" xsi:type="InvalidRequest"')
    expect(faultText(body)).toContain(words)
    expect(faultText(body)).toContain('while parsing call information for method ReconfigVM_Task')
    expect(faultText(body)).toMatch(/while parsing SOAP body\s+while parsing SOAP envelope$/)
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('needs no type on _this, and may prefix its element', async () => {
    await using world = await openTestLab()
    const { status } = await world.client.post(
      envelope('<v:CurrentTime xmlns:v="urn:vim25"><v:_this>ServiceInstance</v:_this></v:CurrentTime>'),
    )
    expect(status).toBe(200)
  })

  it('of a method that is not the object’s is told so', async () => {
    await using world = await openTestLab()
    const call = world.client.call('CreateFolder', { _this: vmRef(101), name: 'x' })
    await expect(call).rejects.toMatchObject({ type: 'MethodNotFound' })
    await expect(call).rejects.toThrow('Unable to resolve WSDL method name CreateFolder for vim.VirtualMachine')
  })

  it('on an object that is not there is told so, by whatever reference', async () => {
    await using world = await openTestLab()
    await expect(world.client.call('RefreshStorageInfo', { _this: vmRef(9999) })).rejects.toThrow(
      "The object 'vim.VirtualMachine:vm-9999' has already been deleted or has not been completely created",
    )
    const wrongType = world.client.call('CurrentTime', { _this: service('ServiceInstance', 'vm-101') })
    await expect(wrongType).rejects.toMatchObject({ type: 'ManagedObjectNotFound' })
  })

  it('hears of nothing its API version does not know, and may not send it', async () => {
    await using world = await openTestLab()
    expect(await world.client.read(vmRef(101), 'summary.config.hwVersion')).toBe('vmx-21')
    world.client.soapAction = '"urn:vim25/6.5"'
    expect(await world.client.read(vmRef(101), 'summary.config')).not.toHaveProperty('hwVersion')
    const newer = world.client.post(reconfigure('<rebootPowerOff>false</rebootPowerOff>'))
    expect(faultText((await newer).body)).toContain('Unexpected element tag "rebootPowerOff" seen')
  })

  it('gets one answer, whatever it is made of', async () => {
    await using world = await openTestLab()
    const good = reconfigure('<name>x</name>')
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.string({ maxLength: 200 }),
          fc
            .tuple(fc.nat(good.length), fc.nat(good.length), fc.string({ maxLength: 8 }))
            .map(([from, to, text]) => good.slice(0, Math.min(from, to)) + text + good.slice(Math.max(from, to))),
          fc.constantFrom(
            '',
            '<',
            envelope(''),
            envelope('<Login/>'),
            envelope('<Fetch><_this>vm-101</_this><prop>__proto__</prop></Fetch>'),
          ),
        ),
        async (body) => {
          const answer = await world.client.post(body)
          expect([200, 500]).toContain(answer.status)
          expect(answer.body).toContain('Envelope')
        },
      ),
      { numRuns: 150 },
    )
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('of many megabytes is not read to its end', async () => {
    await using world = await openTestLab()
    const answer = await world.client.post(Buffer.alloc(17 * 1024 * 1024, 0x20)).catch((error: unknown) => error)
    if (!(answer instanceof Error)) expect(answer).toMatchObject({ status: 413 })
  })
})

describe('a session', () => {
  it('starts with a quoted cookie and ends with a logout', async () => {
    await using world = await openTestLab()
    expect(world.client.cookie).toMatch(/^vmware_soap_session="[0-9a-f]{40}"$/)
    const sessionManager = service('SessionManager', 'SessionManager')
    await world.client.call('Logout', { _this: sessionManager })
    const later = world.client.call('CurrentTime', { _this: service('ServiceInstance', 'ServiceInstance') })
    await expect(later).rejects.toThrow('NotAuthenticated: The session is not authenticated.')
    expect(world.lab.stats).toMatchObject({ logins: 1, logouts: 1, sessionsOpen: 0 })
  })

  it('is not given for a wrong password, nor twice for one cookie', async () => {
    await using world = await openTestLab()
    const credentials = {
      _this: service('SessionManager', 'SessionManager'),
      userName: world.lab.username,
      password: 'wrong',
    }
    await using other = new TestClient(world.lab.port)
    await expect(other.call('Login', credentials)).rejects.toThrow(
      'Cannot complete login due to an incorrect user name or password.',
    )
    const again = world.client.call('Login', { ...credentials, password: world.lab.password })
    await expect(again).rejects.toMatchObject({ type: 'InvalidLogin' })
  })

  it('ends when it has been idle too long, and takes its views with it', async () => {
    await using world = await openTestLab()
    const root = service('Folder', 'group-d1')
    const view = { _this: service('ViewManager', 'ViewManager'), container: root, recursive: true }
    await world.client.call('CreateContainerView', view)
    world.lab.clock.advance(29 * 60_000)
    await world.client.call('CurrentTime', { _this: service('ServiceInstance', 'ServiceInstance') })
    world.lab.clock.advance(31 * 60_000)
    const late = world.client.call('CurrentTime', { _this: service('ServiceInstance', 'ServiceInstance') })
    await expect(late).rejects.toMatchObject({ type: 'NotAuthenticated' })
    expect(world.lab.stats.sessionsOpen).toBe(0)
  })

  it('is one of so many: the next login gets HTTP 503', async () => {
    await using world = await openTestLab({ sessionsMax: 1 })
    await using other = new TestClient(world.lab.port)
    const body = envelope(
      `<Login xmlns="urn:vim25"><_this>SessionManager</_this><userName>${world.lab.username}</userName><password>${world.lab.password}</password></Login>`,
    )
    expect(await other.post(body)).toMatchObject({ status: 503 })
  })

  it('sees only its own views', async () => {
    await using world = await openTestLab()
    const view = await world.client.call('CreateListView', { _this: service('ViewManager', 'ViewManager') })
    await using other = new TestClient(world.lab.port)
    const ticket = await world.client.call('AcquireCloneTicket', { _this: service('SessionManager', 'SessionManager') })
    await other.call('CloneSession', { _this: service('SessionManager', 'SessionManager'), cloneTicket: ticket })
    await expect(other.call('DestroyView', { _this: view })).rejects.toBeInstanceOf(CallFault)
    const secondUse = other.call('CloneSession', {
      _this: service('SessionManager', 'SessionManager'),
      cloneTicket: ticket,
    })
    await expect(secondUse).rejects.toMatchObject({ type: 'InvalidLogin' })
  })

  it('without a privilege is refused, and told which', async () => {
    const users = [{ name: 'backup', password: 'p', without: ['VirtualMachine.State.CreateSnapshot'] }]
    await using world = await openTestLab({ users })
    await using other = new TestClient(world.lab.port)
    await other.call('Login', { _this: service('SessionManager', 'SessionManager'), userName: 'backup', password: 'p' })
    const refused = other.call('CreateSnapshot_Task', { _this: vmRef(101), name: 's', memory: false, quiesce: false })
    await expect(refused).rejects.toMatchObject({
      type: 'NoPermission',
      fault: { fault: { privilegeId: 'VirtualMachine.State.CreateSnapshot', object: vmRef(101) } },
    })
  })
})
