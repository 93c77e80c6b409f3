import { seededRandom } from '@vmkeep/kit'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import type { LabOptions } from '../start-lab.ts'
import { login, openTestLab, service, TestClient, vmRef } from '../testing.ts'
import { cookieOf } from './cookies.ts'
import { parseRange } from './parse-range.ts'

const file = '/folder/web01/web01.vmx?dcPath=Lab&dsName=shared-1'

describe('the files of a datastore', () => {
  it.each([
    ['no credentials', {}, 401],
    ['a wrong password', { authorization: `Basic ${btoa('administrator@vsphere.local:x')}` }, 401],
    ['a password', { authorization: `Basic ${btoa('administrator@vsphere.local:VMkeep-lab-1!')}` }, 200],
  ])('answer to %s with %s', async (_, headers, status) => {
    await using world = await openTestLab()
    await using other = new TestClient(world.lab.port)
    expect(await other.http('GET', file, { headers: headers as Record<string, string> })).toMatchObject({ status })
  })

  it('open to a ticket once, and for its own file only', async () => {
    await using world = await openTestLab()
    const sessionManager = service('SessionManager', 'SessionManager')
    const spec = {
      $type: 'SessionManagerHttpServiceRequestSpec',
      method: 'httpGet',
      url: `https://lab${file}`,
    } as const
    const { id } = await world.client.call('AcquireGenericServiceTicket', { _this: sessionManager, spec })
    world.client.cookie = `vmware_cgi_ticket=${id}`
    expect(await world.client.http('GET', file)).toMatchObject({ status: 200 })
    expect(await world.client.http('GET', file)).toMatchObject({ status: 401 })
  })

  it.each([
    ['GET', '/folder/web01/web01.vmx?dsName=shared-1', 404],
    ['GET', '/folder/web01/none?dcPath=Lab&dsName=shared-1', 404],
    ['GET', '/folder/web01/web01.vmx?dcPath=Lab&dsName=none', 404],
    ['GET', '/folder/..%2f..%2fetc/passwd?dcPath=Lab&dsName=shared-1', 400],
    ['GET', '/folder/%zz?dcPath=Lab&dsName=shared-1', 400],
    ['POST', file, 405],
    ['GET', '/folder/web01/web01-flat.vmdk?dcPath=Lab&dsName=shared-1', 500],
    ['DELETE', '/folder/web01/web01-flat.vmdk?dcPath=Lab&dsName=shared-1', 500],
    ['GET', '/sdk/nothing', 404],
    ['GET', '/sdk', 405],
  ])('answer %s %s with %d', async (method, path, status) => {
    await using world = await openTestLab()
    expect(await world.client.http(method, path)).toMatchObject({ status })
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('come in ranges, and by their length alone', async () => {
    await using world = await openTestLab()
    const { body } = await world.client.http('GET', file)
    expect(body).toMatch(/^\.encoding = "UTF-8"\nconfig\.version = "8"\n/)
    const part = await world.client.http('GET', file, { headers: { range: 'bytes=1-8' } })
    expect(part).toMatchObject({
      status: 206,
      body: 'encoding',
      headers: { 'content-range': `bytes 1-8/${body.length}` },
    })
    expect(await world.client.http('GET', file, { headers: { range: 'bytes=99999-' } })).toMatchObject({ status: 416 })
    expect(await world.client.http('HEAD', file)).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': `${body.length}` },
    })
  })

  it('can be put, listed and deleted', async () => {
    await using world = await openTestLab()
    const path = '/folder/new/deep/a%20b.txt?dcPath=%2FLab&dsName=shared-1'
    expect(await world.client.http('PUT', path, { body: 'first' })).toMatchObject({ status: 201 })
    expect(await world.client.http('PUT', path, { body: 'second' })).toMatchObject({ status: 200 })
    expect(await world.client.http('GET', path)).toMatchObject({ body: 'second' })
    expect((await world.client.http('GET', '/folder/new/deep?dcPath=Lab&dsName=shared-1')).body).toContain('a%20b.txt')
    expect(await world.client.http('DELETE', path)).toMatchObject({ status: 204 })
    expect(await world.client.http('GET', path)).toMatchObject({ status: 404 })
  })

  it('may be larger than what is held in memory, and come in pieces', async () => {
    await using world = await openTestLab()
    const path = '/folder/big.iso?dcPath=Lab&dsName=shared-1'
    const [noise, body] = [seededRandom('big').bytes(300_000), Buffer.alloc(70 * 2 ** 20)]
    body.set(noise, 2 ** 26 - 1000)
    expect(await world.client.http('PUT', path, { body })).toMatchObject({ status: 201 })
    expect(world.lab.storage.datastore('shared-1').stat('big.iso')).toMatchObject({
      sizeBytes: body.length,
      allocatedBytes: 6 * 2 ** 16,
    })
    const range = `bytes=${2 ** 26 - 1001}-${2 ** 26 + 299_001}`
    const { status, bytes, headers } = await world.client.http('GET', path, { headers: { range } })
    expect([status, headers['content-length']]).toEqual([206, '300003'])
    expect(bytes.subarray(1, 300_001).equals(noise)).toBe(true)
  })

  it('stay as far as they came when their upload breaks off', async () => {
    await using world = await openTestLab()
    const path = '/folder/web01/half.vmem?dcPath=Lab&dsName=shared-1'
    world.lab.faults.add({ on: 'folder.put', times: 1, then: { do: 'truncate', atBytes: 100_000 } })
    await expect(world.client.http('PUT', path, { body: Buffer.alloc(200_000, 7) })).rejects.toThrow()
    const { bytes } = await world.client.http('GET', path)
    expect(bytes.equals(Buffer.alloc(100_000, 7))).toBe(true)
    world.lab.faults.add({ on: 'folder.get', times: 1, then: { do: 'truncate', atBytes: 5 } })
    await expect(world.client.http('GET', path)).rejects.toThrow()
    expect(await world.client.http('PUT', path, { body: 'new' })).toMatchObject({ status: 200 })
    expect(await world.client.http('GET', path)).toMatchObject({ body: 'new' })
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('come no further than the datastore has room', async () => {
    await using world = await openTestLab()
    const path = '/folder/web01/big.vmem?dcPath=Lab&dsName=shared-1'
    world.lab.storage.datastore('shared-1').fill(2 ** 17)
    expect(await world.client.http('PUT', path, { body: Buffer.alloc(200_000, 7) })).toMatchObject({ status: 507 })
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('of a running VM: the base is locked, and readable once a snapshot stands on it', async () => {
    await using world = await openTestLab()
    const flat = '/folder/web01/web01-flat.vmdk?dcPath=Lab&dsName=shared-1'
    await world.lab.vm('web01').disk().writeGuest(0, Buffer.from('boot'))
    await world.lab.vm('web01').snapshot('s')
    expect(await world.client.http('GET', flat, { headers: { range: 'bytes=0-3' } })).toMatchObject({
      status: 206,
      body: 'boot',
    })
  })

  it('fail by rule, in the middle of a file too', async () => {
    await using world = await openTestLab()
    world.lab.faults.add({ on: 'folder.get', object: '*.vmx', times: 1, then: { do: 'truncate' } })
    world.lab.faults.add({ on: 'folder.get', times: 1, then: { do: 'http-error', status: 503 } })
    await expect(world.client.http('GET', file)).rejects.toThrow()
    expect(await world.client.http('GET', file)).toMatchObject({ status: 503 })
    expect(await world.client.http('GET', file)).toMatchObject({ status: 200 })
  })
})

describe('bytes that are no HTTP', () => {
  it('end their connection and nothing else', async () => {
    await using world = await openTestLab()
    const random = seededRandom('no http')
    const pieces = [
      random.bytes(300),
      Buffer.from('POST /sdk HTTP/1.1\r\ncontent-length: 99999\r\n\r\n<'),
      Buffer.from('GET / HTTP/9.9\r\n\r\n'),
    ]
    for (const piece of [...pieces, ...pieces.map((bytes) => bytes.subarray(0, 20))]) {
      const socket = connect({ host: '127.0.0.1', port: world.lab.port, rejectUnauthorized: false })
      socket.on('error', () => {})
      await once(socket, 'secureConnect')
      socket.end(piece)
      socket.resume()
      await once(socket, 'close')
    }
    expect(await world.client.http('GET', file)).toMatchObject({ status: 200 })
    expect(world.lab.stats.mistakes).toEqual([])
  })
})

describe('what is asked first', () => {
  it('says which versions are spoken', async () => {
    await using world = await openTestLab()
    const { body } = await world.client.http('GET', '/sdk/vimServiceVersions.xml')
    expect(body).toContain('<name>urn:vim25</name><version>8.0.3.0</version><priorVersions>')
    expect((await world.client.http('GET', '/sdk/nfcServiceVersions.xml')).body).toContain('urn:nfc')
  })

  it.each([
    ['vmware_soap_session="abc"', 'abc'],
    ['a=b; vmware_soap_session=abc; Path=/; HttpOnly', 'abc'],
    ['vmware_soap_session="a=b"', 'a=b'],
    ['other=1', undefined],
    [undefined, undefined],
  ])('reads the cookie %s', (header, value) => expect(cookieOf(header, 'vmware_soap_session')).toBe(value))

  it.each([
    ['bytes=0-3', { start: 0, end: 4 }],
    ['bytes=8-', { start: 8, end: 10 }],
    ['bytes=-3', { start: 7, end: 10 }],
    ['bytes=-99', { start: 0, end: 10 }],
    ['bytes=5-99', { start: 5, end: 10 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=3-1', undefined],
    ['bytes=0-1,4-5', undefined],
    ['bytes=-', undefined],
    ['lines=1-2', undefined],
    [undefined, undefined],
  ] as const)('reads the range %s of ten bytes', (header, range) => expect(parseRange(header, 10)).toEqual(range))
})

describe('the control port', () => {
  const control = async (options: LabOptions = {}) => {
    const world = await openTestLab(options)
    const send = async (method: string, path: string, body?: unknown) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const answer = await fetch(world.lab.controlUrl + path, { method, ...(body === undefined ? {} : { body: text }) })
      return { status: answer.status, value: (await answer.json()) as Record<string, unknown> }
    }
    return { ...world, lab: world.lab, client: world.client, send }
  }

  it('takes rules as text and as JSON, counts their strikes, and lets them go', async () => {
    await using world = await control()
    const { value } = await world.send('POST', '/lab/faults', 'CurrentTime,times=1,then=fault:InvalidState:tired')
    await world.send('POST', '/lab/faults', { on: 'CurrentTime', then: { do: 'fault', type: 'NotSupported' } })
    const time = () => world.client.call('CurrentTime', { _this: service('ServiceInstance', 'ServiceInstance') })
    await expect(time()).rejects.toThrow('InvalidState: tired')
    await expect(time()).rejects.toThrow('NotSupported')
    expect((await world.send('GET', '/lab/faults')).value).toMatchObject([
      { id: 1, struck: 1 },
      { id: 2, struck: 1 },
    ])
    expect((await world.send('DELETE', `/lab/faults/${String(value['id'])}`)).value).toEqual({ removed: true })
    await world.send('DELETE', '/lab/faults')
    expect(await time()).toBeDefined()
  })

  it('writes as a guest, takes snapshots, moves, grows and powers', async () => {
    await using world = await control()
    expect((await world.send('POST', '/lab/vms/web01/write', { offset: 0, text: 'hello' })).value).toEqual({
      written: 5,
    })
    await world.send('POST', '/lab/vms/web01/write', { disk: 2001, offset: 512, length: 512 })
    await world.send('POST', '/lab/vms/web01/trim', { offset: 65_536, length: 65_536 })
    const read = Buffer.alloc(5)
    await world.lab.vm('web01').disk().readGuest(0, read)
    expect(read.toString()).toBe('hello')
    await world.send('POST', '/lab/vms/web01/grow', { disk: 2001, capacity: 2 ** 20 })
    await world.send('POST', '/lab/vms/web01/snapshot', { name: 'by hand' })
    await world.send('POST', '/lab/vms/web01/migrate', { host: 'esxi-2.lab' })
    await world.send('POST', '/lab/vms/web01/power', { state: 'off', hard: true })
    const { value } = await world.send('GET', '/lab/state')
    expect((value['vms'] as unknown[])[0]).toMatchObject({
      name: 'web01',
      power: 'off',
      host: 'esxi-2.lab',
      snapshots: [{ name: 'by hand' }],
      disks: [{}, { capacityBytes: 2 ** 20 }],
    })
    await world.send('DELETE', '/lab/vms/web01/snapshot')
    expect(world.lab.stats.snapshotsAlive).toBe(0)
  })

  it('finds a VM whose name holds a slash', async () => {
    await using world = await control({ vms: [{ name: 'dev/web', disks: [{ capacityBytes: 2 ** 20 }] }] })
    await world.send('POST', '/lab/vms/dev%2Fweb/power', { state: 'off' })
    expect(world.lab.vm('dev/web').powerState).toBe('off')
    expect(world.lab.vm('dev%2fweb').powerState).toBe('off')
  })

  it('ends sessions, moves time, fills datastores and takes hosts away', async () => {
    await using world = await control()
    await world.send('POST', '/lab/datastores/shared-1/fill', { freeBytes: 0 })
    expect(world.lab.storage.datastore('shared-1').freeBytes).toBe(0)
    await world.send('POST', '/lab/hosts/esxi-1.lab/disconnect')
    expect(await world.client.read(vmRef(101), 'runtime.connectionState')).toBe('disconnected')
    await world.send('POST', '/lab/clock', { advanceMs: 3_600_000 })
    expect(world.lab.stats.sessionsOpen).toBe(0)
    await login(world.client, world.lab).catch(async () => {
      world.client.cookie = undefined
      await login(world.client, world.lab)
    })
    await world.send('POST', '/lab/sessions/expire')
    expect(world.lab.stats.sessionsOpen).toBe(0)
  })

  it.each([
    ['GET', '/lab/nothing', undefined, 404],
    ['POST', '/lab/faults', 'no rule', 400],
    ['POST', '/lab/faults', { on: 'X', then: { do: 'fault', type: 'Nope' } }, 400],
    ['POST', '/lab/vms/nobody/trim', { offset: 0, length: 1 }, 400],
    ['POST', '/lab/vms/web01/write', { offset: 'x' }, 400],
    ['POST', '/lab/vms/web01/write', { offset: 0, length: 2 ** 40 }, 400],
    ['POST', '/lab/vms/web01/power', { state: 'sideways' }, 400],
    ['POST', '/lab/faults', '{', 400],
  ])('refuses %s %s %j', async (method, path, body, status) => {
    await using world = await control()
    const answer = await world.send(method, path, body)
    expect(answer.status).toBe(status)
    expect(answer.value['error']).toBeTypeOf('string')
  })
})
