import type { DataObject, ManagedObjectReference, Request, Response } from '@vmkeep/vsphere/types'
import { describe, expect, it } from 'vitest'
import { openTestLab, service, type TestClient, vmRef } from '../testing.ts'

type FilterSpec = DataObject<'PropertyFilterSpec'>

const collector = service('PropertyCollector', 'propertyCollector')
const root = service('Folder', 'group-d1')

const about = (obj: ManagedObjectReference, ...pathSet: string[]): FilterSpec => ({
  propSet: [{ type: obj.type, pathSet }],
  objectSet: [{ obj }],
})

const retrieve = (client: TestClient, spec: FilterSpec, options: Request<'RetrievePropertiesEx'>['options'] = {}) =>
  client.call('RetrievePropertiesEx', { _this: collector, specSet: [spec], options })

const valuesOf = ({ propSet = [] }: DataObject<'ObjectContent'>) =>
  Object.fromEntries(propSet.map(({ name, val }) => [name, val]))

/** Folders within folders, by a traversal that names itself, as govc and many scripts do. */
const everyVm: FilterSpec = {
  propSet: [{ type: 'VirtualMachine', pathSet: ['name'] }],
  objectSet: [
    {
      obj: root,
      selectSet: [
        {
          $type: 'TraversalSpec',
          name: 'folder',
          type: 'Folder',
          path: 'childEntity',
          selectSet: [
            { $type: 'SelectionSpec', name: 'folder' },
            { $type: 'SelectionSpec', name: 'dc' },
          ],
        },
        {
          $type: 'TraversalSpec',
          name: 'dc',
          type: 'Datacenter',
          path: 'vmFolder',
          selectSet: [{ $type: 'SelectionSpec', name: 'folder' }],
        },
      ],
    },
  ],
}

describe('reading properties', () => {
  it('follows paths into objects, and leaves out what is unset', async () => {
    await using world = await openTestLab()
    const found = await retrieve(
      world.client,
      about(vmRef(101), 'name', 'config.hardware.memoryMB', 'snapshot', 'runtime.host'),
    )
    expect(valuesOf(found!.objects[0]!)).toEqual({
      name: 'web01',
      'config.hardware.memoryMB': 4096,
      'runtime.host': expect.objectContaining({ type: 'HostSystem' }) as unknown,
    })
  })

  it('finds an item of an array by its key, and fields of its own type below it', async () => {
    await using world = await openTestLab()
    const path = 'config.hardware.device[2000].backing.fileName'
    expect(await world.client.read(vmRef(101), path)).toBe('[shared-1] web01/web01.vmdk')
    expect(await world.client.read(vmRef(101), 'config.hardware.device[9999]')).toBeUndefined()
  })

  it('tells an array by the type of its items, and an empty one as an empty array', async () => {
    await using world = await openTestLab()
    const devices = (await world.client.read(vmRef(101), 'config.hardware.device')) as { $type: string }[]
    expect(devices.filter(({ $type }) => $type === 'VirtualDisk')).toHaveLength(2)
    expect(await world.client.read(vmRef(101), 'rootSnapshot')).toEqual([])
  })

  it.each(['nonsense', 'config.nonsense', 'config.hardware.device.key', 'name.first', 'config..name', ''])(
    'refuses the path "%s"',
    async (path) => {
      await using world = await openTestLab()
      await expect(retrieve(world.client, about(vmRef(101), path))).rejects.toMatchObject({
        type: 'InvalidProperty',
        fault: { fault: { name: path } },
      })
    },
  )

  it('gives every property of every object, each of the type the table says', async () => {
    await using world = await openTestLab({
      vms: [{ name: 'a', disks: [{ capacityBytes: 2 ** 20 }], cbt: true, snapshots: [{ name: 's' }] }],
    })
    await world.client.finished(await world.client.call('PowerOffVM_Task', { _this: vmRef(101) }))
    const all: ManagedObjectReference[] = []
    for (const type of ['ManagedEntity', 'VirtualMachineSnapshot', 'Task']) {
      const container = { _this: service('ViewManager', 'ViewManager'), container: root, type: [type], recursive: true }
      all.push(
        ...((await world.client.read(
          await world.client.call('CreateContainerView', container),
          'view',
        )) as ManagedObjectReference[]),
      )
    }
    const content = (await world.client.read(
      service('ServiceInstance', 'ServiceInstance'),
      'content',
    )) as Response<'RetrieveServiceContent'>
    const managers = Object.values(content).filter((value) => typeof value === 'object' && 'value' in value)
    const tasks = (await world.client.read(vmRef(101), 'recentTask')) as ManagedObjectReference[]
    const snapshots = (await world.client.read(vmRef(101), 'rootSnapshot')) as ManagedObjectReference[]
    for (const obj of [root, ...all, ...managers, ...tasks, ...snapshots]) {
      const found = await retrieve(world.client, { propSet: [{ type: obj.type, all: true }], objectSet: [{ obj }] })
      expect(found?.objects[0]?.obj).toEqual(obj)
    }
    expect(all.length).toBeGreaterThan(15)
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('fetches one property in the body’s own namespace, with its type beside it', async () => {
    await using world = await openTestLab()
    const body =
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Fetch xmlns="urn:vim25"><_this>vm-101</_this><prop>name</prop></Fetch></s:Body></s:Envelope>'
    const answer = await world.client.post(body)
    expect(answer.body).toContain('<FetchResponse xmlns="urn:vim25"><returnval xsi:type="xsd:string">web01</returnval>')
  })

  it('tells a user without the right to read which properties he may not see', async () => {
    await using world = await openTestLab({
      users: [{ name: 'guest', password: 'p', privileges: [], without: ['System.Read'] }],
    })
    await world.client.call('Logout', { _this: service('SessionManager', 'SessionManager') })
    world.client.cookie = undefined
    await world.client.call('Login', {
      _this: service('SessionManager', 'SessionManager'),
      userName: 'guest',
      password: 'p',
    })
    const found = await retrieve(world.client, about(vmRef(101), 'name', 'config'))
    expect(valuesOf(found!.objects[0]!)).toEqual({ name: 'web01' })
    expect(found!.objects[0]!.missingSet).toMatchObject([
      { path: 'config', fault: { fault: { $type: 'NoPermission' } } },
    ])
  })
})

describe('selecting objects', () => {
  it('walks folders by a traversal that names itself', async () => {
    await using world = await openTestLab({ vms: [{ name: 'deep', folder: 'a/b/c' }, { name: 'flat' }] })
    const found = await retrieve(world.client, everyVm)
    expect(found!.objects.map((object) => String(valuesOf(object)['name'])).toSorted()).toEqual(['deep', 'flat'])
  })

  it('tells each object once, with the union of what several propSets ask', async () => {
    await using world = await openTestLab()
    const spec = {
      propSet: [
        { type: 'VirtualMachine', pathSet: ['name'] },
        { type: 'ManagedEntity', pathSet: ['name', 'parent'] },
      ],
      objectSet: [{ obj: vmRef(101) }, { obj: vmRef(101) }],
    }
    const found = await retrieve(world.client, spec)
    expect(found!.objects).toHaveLength(1)
    expect(Object.keys(valuesOf(found!.objects[0]!))).toEqual(['name', 'parent'])
  })

  it('refuses a traversal that is named and nowhere defined', async () => {
    await using world = await openTestLab()
    const spec = {
      ...everyVm,
      objectSet: [{ obj: root, selectSet: [{ $type: 'SelectionSpec' as const, name: 'nobody' }] }],
    }
    await expect(retrieve(world.client, spec)).rejects.toMatchObject({ type: 'InvalidArgument' })
  })

  it('refuses an object that is gone, unless asked to leave it out', async () => {
    await using world = await openTestLab()
    const spec = about(vmRef(999), 'name')
    await expect(retrieve(world.client, spec)).rejects.toMatchObject({ type: 'ManagedObjectNotFound' })
    expect(await retrieve(world.client, { ...spec, reportMissingObjectsInResults: true })).toBeUndefined()
  })

  it('hands out pages, each token once', async () => {
    await using world = await openTestLab({ vms: Array.from({ length: 7 }, (_, i) => ({ name: `vm${i}` })) })
    const names: unknown[] = []
    let page = await retrieve(world.client, everyVm, { maxObjects: 3 })
    const { token } = page!
    for (;;) {
      names.push(...page!.objects.map((object) => valuesOf(object)['name']))
      if (page!.token === undefined) break
      page = await world.client.call('ContinueRetrievePropertiesEx', { _this: collector, token: page!.token })
    }
    expect(names).toHaveLength(7)
    const again = world.client.call('ContinueRetrievePropertiesEx', { _this: collector, token: token! })
    await expect(again).rejects.toMatchObject({ type: 'InvalidArgument' })
  })

  it('pages by itself, whatever the client asks', async () => {
    await using world = await openTestLab({ pageObjectsMax: 1 })
    const page = await retrieve(world.client, everyVm)
    expect(page!.objects).toHaveLength(1)
    expect(page!.token).toBeDefined()
  })
})

describe('hearing of changes', () => {
  const wait = (client: TestClient, version: string, maxWaitSeconds = 10) =>
    client.call('WaitForUpdatesEx', { _this: collector, version, options: { maxWaitSeconds } })
  const watch = (client: TestClient, spec: FilterSpec, partialUpdates = false) =>
    client.call('CreateFilter', { _this: collector, spec, partialUpdates })
  const objectsOf = (updates: Response<'WaitForUpdatesEx'>) =>
    updates?.filterSet?.flatMap(({ objectSet = [] }) => objectSet) ?? []

  it('begins with the whole state, an unset property without a value', async () => {
    await using world = await openTestLab()
    await watch(world.client, about(vmRef(101), 'name', 'snapshot'))
    const [entered] = objectsOf(await wait(world.client, ''))
    expect(entered).toMatchObject({
      kind: 'enter',
      obj: vmRef(101),
      changeSet: [
        { name: 'name', op: 'assign', val: 'web01' },
        { name: 'snapshot', op: 'assign' },
      ],
    })
    expect(entered!.changeSet![1]).not.toHaveProperty('val')
  })

  it('tells only what changed, and a property that went back to unset without a value', async () => {
    await using world = await openTestLab()
    await watch(world.client, about(vmRef(101), 'name', 'snapshot.currentSnapshot'))
    const first = await wait(world.client, '')
    await world.lab.vm('web01').snapshot('s')
    const second = await wait(world.client, first!.version)
    expect(objectsOf(second)).toMatchObject([
      { kind: 'modify', changeSet: [{ name: 'snapshot.currentSnapshot', op: 'assign' }] },
    ])
    await world.lab.vm('web01').removeSnapshots()
    const third = await wait(world.client, second!.version)
    expect(objectsOf(third)[0]!.changeSet).toEqual([{ name: 'snapshot.currentSnapshot', op: 'assign' }])
  })

  it('tells fields of an object by their own paths, if partial updates are wanted', async () => {
    await using world = await openTestLab()
    await watch(world.client, about(vmRef(101), 'runtime'), true)
    const first = await wait(world.client, '')
    await world.lab.vm('web01').power('off')
    const changes = objectsOf(await wait(world.client, first!.version))[0]!.changeSet!
    expect(changes).toContainEqual({ name: 'runtime.powerState', op: 'assign', val: 'poweredOff' })
    expect(changes.some(({ name }) => name === 'runtime.bootTime')).toBe(true)
  })

  it('tells when an object enters or leaves a view', async () => {
    await using world = await openTestLab()
    const view = await world.client.call('CreateContainerView', {
      _this: service('ViewManager', 'ViewManager'),
      container: root,
      type: ['VirtualMachine'],
      recursive: true,
    })
    const selectSet = [{ $type: 'TraversalSpec' as const, type: 'ContainerView', path: 'view' }]
    await watch(world.client, {
      propSet: [{ type: 'VirtualMachine', pathSet: ['name'] }],
      objectSet: [{ obj: view, skip: true, selectSet }],
    })
    const first = await wait(world.client, '')
    expect(objectsOf(first)).toHaveLength(2)
    await world.client.finished(await world.client.call('Destroy_Task', { _this: vmRef(102) }))
    expect(objectsOf(await wait(world.client, first!.version))).toMatchObject([{ kind: 'leave', obj: vmRef(102) }])
  })

  it('answers nothing when the time is over, and at once if there is none', async () => {
    await using world = await openTestLab()
    await watch(world.client, about(vmRef(101), 'name'))
    const { version } = (await wait(world.client, ''))!
    expect(await wait(world.client, version, 0)).toBeUndefined()
    expect(await world.client.call('CheckForUpdates', { _this: collector, version })).toBeUndefined()
  })

  it('repeats the answer a client did not get, and refuses a version nobody gave out', async () => {
    await using world = await openTestLab()
    await watch(world.client, about(vmRef(101), 'name'))
    const first = await wait(world.client, '')
    await world.client.call('CheckForUpdates', { _this: collector, version: first!.version })
    expect(await wait(world.client, '')).toMatchObject({ filterSet: first!.filterSet! })
    await expect(wait(world.client, '999')).rejects.toMatchObject({ type: 'InvalidCollectorVersion' })
  })

  it('tells many objects in several answers', async () => {
    await using world = await openTestLab()
    await watch(world.client, everyVm)
    const options = { maxObjectUpdates: 1 }
    const first = await world.client.call('WaitForUpdatesEx', { _this: collector, version: '', options })
    expect(first!.truncated).toBe(true)
    const second = await world.client.call('WaitForUpdatesEx', { _this: collector, version: first!.version, options })
    expect(objectsOf(second)).toHaveLength(1)
    expect(second!.truncated).toBeUndefined()
  })

  it('ends a wait that is cancelled, and one whose session ends', async () => {
    await using world = await openTestLab()
    await watch(world.client, about(vmRef(101), 'name'))
    const { version } = (await wait(world.client, ''))!
    const waiting = wait(world.client, version)
    waiting.catch(() => {})
    await untilCalled(world.lab.stats.calls, 'WaitForUpdatesEx', 2)
    await world.client.call('CancelWaitForUpdates', { _this: collector })
    await expect(waiting).rejects.toMatchObject({ type: 'RequestCanceled' })
    const second = wait(world.client, version)
    second.catch(() => {})
    await untilCalled(world.lab.stats.calls, 'WaitForUpdatesEx', 3)
    world.lab.expireSessions()
    await expect(second).rejects.toMatchObject({ type: 'NotAuthenticated' })
    expect(world.lab.stats.mistakes).toEqual([])
  })
})

async function untilCalled(calls: ReadonlyMap<string, number>, method: string, times: number): Promise<void> {
  while ((calls.get(method) ?? 0) < times) await new Promise(setImmediate)
}
