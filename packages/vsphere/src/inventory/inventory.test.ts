import { collect } from '@vmkeep/kit'
import { beforeEach, describe, expect, it } from 'vitest'
import { FakeSession, FaultAnswer, refOf } from '../fake-session.ts'
import { ancestorsOf, datacenterOf, inventoryPathOf } from './ancestors.ts'
import { endpointIdOf } from './endpoint-id.ts'
import { findVms, resolveVm } from './find-vms.ts'
import { listVms } from './list-vms.ts'

const root = refOf('Folder', 'group-d1')
const vmOf = (name: string, parent: object, config: object = {}) => ({
  name,
  parent,
  runtime: { powerState: 'poweredOn', connectionState: 'connected', host: refOf('HostSystem', 'host-9') },
  summary: {
    config: { template: false, uuid: '4237', instanceUuid: '5037', guestFullName: 'Debian', ...config },
    storage: { committed: 1000, uncommitted: 24n, unshared: 1000, timestamp: '' },
  },
})

let session: FakeSession

beforeEach(() => {
  session = new FakeSession()
  session.put(root, { name: 'Datacenters' })
  const folder = session.put(refOf('Folder', 'group-d5'), { name: 'Europe', parent: root })
  const datacenter = session.put(refOf('Datacenter', 'datacenter-2'), { name: 'DC', parent: folder })
  const vmFolder = session.put(refOf('Folder', 'group-v3'), { name: 'vm', parent: datacenter })
  const app = session.put(refOf('VirtualApp', 'resgroup-v7'), { name: 'shop', parentFolder: vmFolder })
  const inner = session.put(refOf('VirtualApp', 'resgroup-v8'), { name: 'db', parentVApp: app })
  session.put(refOf('HostSystem', 'host-9'), { name: 'esx1.example' })
  session.put(refOf('VirtualMachine', 'vm-1'), vmOf('web-1', vmFolder))
  session.put(refOf('VirtualMachine', 'vm-2'), vmOf('a%2fb', vmFolder, { instanceUuid: '5038' }))
  session.put(refOf('VirtualMachine', 'vm-3'), { ...vmOf('mysql', root), parent: undefined, parentVApp: inner })
  session.put(refOf('VirtualMachine', 'vm-4'), {
    name: 'lost',
    parent: vmFolder,
    runtime: { powerState: 'poweredOff', connectionState: 'orphaned' },
    summary: { config: { name: '', template: false, uuid: '' } },
  })
  session.put(refOf('VirtualMachine', 'vm-5'), vmOf('web-1', folder, { template: true, instanceUuid: '5039' }))
})

describe('listVms', () => {
  it('tells path, ids, host and sizes of every VM', async () => {
    const all = await collect(listVms(session))
    expect(all[0]).toEqual({
      ref: refOf('VirtualMachine', 'vm-1'),
      name: 'web-1',
      inventoryPath: '/Europe/DC/vm/web-1',
      instanceUuid: '5037',
      biosUuid: '4237',
      powerState: 'poweredOn',
      connectionState: 'connected',
      template: false,
      hostName: 'esx1.example',
      guestFullName: 'Debian',
      provisionedBytes: 1024,
      usedBytes: 1000,
    })
    expect(all.map(({ inventoryPath }) => inventoryPath)).toEqual([
      '/Europe/DC/vm/web-1',
      '/Europe/DC/vm/a%2fb',
      '/Europe/DC/vm/shop/db/mysql',
      '/Europe/DC/vm/lost',
      '/Europe/web-1',
    ])
  })

  it('keeps a VM of which almost nothing is known', async () => {
    const lost = (await collect(listVms(session)))[3]!
    expect(lost).toEqual({
      ref: refOf('VirtualMachine', 'vm-4'),
      name: 'lost',
      inventoryPath: '/Europe/DC/vm/lost',
      powerState: 'poweredOff',
      connectionState: 'orphaned',
      template: false,
    })
  })
})

describe('findVms and resolveVm', () => {
  it.each([
    ['web-1', ['vm-1', 'vm-5']],
    ['/Europe/DC/vm/web-1', ['vm-1']],
    ['*', ['vm-1', 'vm-2', 'vm-3', 'vm-4', 'vm-5']],
    ['a/b', ['vm-2']],
    ['vm-3', ['vm-3']],
    ['nothing', []],
  ])('find %j', async (selector, refs) => {
    expect((await findVms(session, selector)).map(({ ref }) => ref.value)).toEqual(refs)
  })

  it('resolve to one VM, or say what there is', async () => {
    expect((await resolveVm(session, 'mysql')).ref.value).toBe('vm-3')
    await expect(resolveVm(session, 'web-1')).rejects.toMatchObject({
      code: 'vsphere.vm-ambiguous',
      details: { candidates: ['/Europe/DC/vm/web-1 (5037)', '/Europe/web-1 (5039)'] },
    })
    await expect(resolveVm(session, 'web-2')).rejects.toMatchObject({
      code: 'vsphere.vm-not-found',
      message: expect.stringContaining('web-1'),
    })
  })
})

describe('ancestorsOf', () => {
  it('leads from the top to the object, through folders, datacenters and virtual apps', async () => {
    expect(await inventoryPathOf(session, refOf('VirtualMachine', 'vm-1'))).toBe('/Europe/DC/vm/web-1')
    expect(await inventoryPathOf(session, refOf('VirtualMachine', 'vm-3'))).toBe('/Europe/DC/vm/shop/db/mysql')
    const chain = await ancestorsOf(session, refOf('VirtualMachine', 'vm-1'))
    expect(datacenterOf(chain)).toEqual({
      ref: refOf('Datacenter', 'datacenter-2'),
      name: 'DC',
      storedPath: 'Europe/DC',
    })
    expect(datacenterOf(chain.slice(-1))).toBeUndefined()
  })

  it('ends where this account may not look further up', async () => {
    session.put(refOf('Folder', 'group-v9'), { name: 'secret', parent: refOf('Folder', 'hidden') })
    session.put(refOf('VirtualMachine', 'vm-9'), { name: 'x', parent: refOf('Folder', 'group-v9') })
    expect(await inventoryPathOf(session, refOf('VirtualMachine', 'vm-9'))).toBe('/secret/x')
  })

  it('lets other errors through', async () => {
    session.handlers.RetrievePropertiesEx = () => {
      throw new FaultAnswer({ $type: 'HostNotConnected' })
    }
    await expect(ancestorsOf(session, refOf('Folder', 'x'))).rejects.toMatchObject({ code: 'vsphere.host-unreachable' })
  })
})

describe('endpointIdOf', () => {
  it('is the UUID of a vCenter, or the address of an ESXi host', () => {
    expect(endpointIdOf(session)).toBe('9b7f0000-0000-4000-8000-00000000000a')
    expect(endpointIdOf(new FakeSession({}, { about: { instanceUuid: undefined } }))).toBe('esxi:vcenter.example')
  })
})
