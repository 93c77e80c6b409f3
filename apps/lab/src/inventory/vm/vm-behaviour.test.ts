import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { seededRandom } from '@vmkeep/kit'
import { bytesOf } from '@vmkeep/disk/testing'
import { describe, expect, it } from 'vitest'
import type { DiskDescription, VmDescription } from '../../config/vm-description.ts'
import { openTestLab, service, type TestClient, vmRef } from '../../testing.ts'

type Config = DataObject<'VirtualMachineConfigInfo'>
type Disk = { readonly $type: 'VirtualDisk' } & DataObject<'VirtualDisk'> & {
    readonly backing: DataObject<'VirtualDiskFlatVer2BackingInfo'>
  }

const disksOf = (config: unknown): Disk[] =>
  ((config as Config).hardware.device ?? []).filter(({ $type }) => $type === 'VirtualDisk') as Disk[]

const snapshot = async (client: TestClient, options: { name?: string; quiesce?: boolean; memory?: boolean } = {}) => {
  const { name = 's', quiesce = false, memory = false } = options
  const task = await client.call('CreateSnapshot_Task', { _this: vmRef(101), name, description: 'd', memory, quiesce })
  return (await client.finished(task)) as ManagedObjectReference
}

const remove = async (client: TestClient, of: ManagedObjectReference) =>
  client.finished(await client.call('RemoveSnapshot_Task', { _this: of, removeChildren: false, consolidate: true }))

const hostsOf = async (client: TestClient) => {
  const path = { _this: service('SearchIndex', 'SearchIndex'), inventoryPath: '/Lab/host/Cluster' }
  return (await client.read((await client.call('FindByInventoryPath', path))!, 'host')) as ManagedObjectReference[]
}

const one = (disk: DiskDescription, more: Partial<VmDescription> = {}) => ({
  vms: [{ name: 'odd', disks: [{ capacityBytes: 2 ** 20, ...disk }], ...more }],
})

describe('a snapshot', () => {
  it('keeps the old file names and the change ids; the VM goes on in children of them', async () => {
    await using world = await openTestLab()
    const ref = await snapshot(world.client)
    const frozen = disksOf(await world.client.read(ref, 'config'))
    const live = disksOf(await world.client.read(vmRef(101), 'config'))
    expect(frozen.map(({ backing }) => backing.fileName)).toEqual([
      '[shared-1] web01/web01.vmdk',
      '[shared-1] web01/web01_1.vmdk',
    ])
    expect(live.map(({ backing }) => backing.fileName)).toEqual([
      '[shared-1] web01/web01-000001.vmdk',
      '[shared-1] web01/web01_1-000001.vmdk',
    ])
    expect(live.map(({ backing }) => backing.parent?.fileName)).toEqual(frozen.map(({ backing }) => backing.fileName))
    for (const { backing } of frozen) expect(backing.changeId).toMatch(/^([0-9a-f]{2}[ -]){15}[0-9a-f]{2}\/\d+$/)
    await remove(world.client, ref)
    expect(disksOf(await world.client.read(vmRef(101), 'config'))[0]!.backing.fileName).toBe(
      '[shared-1] web01/web01.vmdk',
    )
    await expect(world.client.read(ref, 'vm')).rejects.toMatchObject({ type: 'ManagedObjectNotFound' })
  })

  it('shows settings as they were', async () => {
    await using world = await openTestLab()
    const ref = await snapshot(world.client)
    await world.client.finished(
      await world.client.call('ReconfigVM_Task', { _this: vmRef(101), spec: { annotation: 'later' } }),
    )
    expect(await world.client.read(ref, 'config.annotation')).toBe('')
    expect(await world.client.read(vmRef(101), 'config.annotation')).toBe('later')
  })

  it('says in its tree what it is, and nothing of quiescing that did not happen', async () => {
    await using world = await openTestLab()
    await snapshot(world.client, { name: 'first', quiesce: true })
    await world.lab.vm('web01').power('off')
    const second = await snapshot(world.client, { name: 'second', quiesce: true })
    const tree = (await world.client.read(vmRef(101), 'snapshot')) as DataObject<'VirtualMachineSnapshotInfo'>
    expect(tree).toMatchObject({
      currentSnapshot: second,
      rootSnapshotList: [
        { name: 'first', quiesced: true, id: 1, childSnapshotList: [{ name: 'second', quiesced: false, id: 2 }] },
      ],
    })
  })

  it('is listed in layoutEx with its chain and its files', async () => {
    await using world = await openTestLab()
    const ref = await snapshot(world.client)
    const layout = (await world.client.read(vmRef(101), 'layoutEx')) as DataObject<'VirtualMachineFileLayoutEx'>
    const nameOf = new Map(layout.file!.map(({ key, name }) => [key, name]))
    expect(layout.disk![0]!.chain!.map(({ fileKey }) => nameOf.get(fileKey[0]!))).toEqual([
      '[shared-1] web01/web01.vmdk',
      '[shared-1] web01/web01-000001.vmdk',
    ])
    expect(layout.snapshot).toMatchObject([{ key: ref }])
    expect(nameOf.get(layout.snapshot![0]!.dataKey)).toBe('[shared-1] web01/web01-Snapshot1.vmsn')
  })

  it('gives back its bytes and settings when the VM is reverted', async () => {
    await using world = await openTestLab()
    const disk = world.lab.vm('web01').disk()
    await disk.writeGuest(4096, Buffer.from('before'))
    const ref = await snapshot(world.client)
    await using frozen = world.lab.vm('web01').frozenView('s')
    await disk.writeGuest(4096, Buffer.from('after!'))
    await world.client.finished(await world.client.call('RevertToSnapshot_Task', { _this: ref }))
    const now = Buffer.alloc(6)
    await world.lab.vm('web01').disk().readGuest(4096, now)
    expect(now.toString()).toBe('before')
    expect((await bytesOf(frozen, { offsetBytes: 4096, lengthBytes: 6 })).toString()).toBe('before')
    expect(await world.client.read(vmRef(101), 'runtime.powerState')).toBe('poweredOff')
  })

  it('can be renamed', async () => {
    await using world = await openTestLab()
    const ref = await snapshot(world.client)
    await world.client.call('RenameSnapshot', { _this: ref, name: 'renamed' })
    expect(await world.client.read(vmRef(101), 'snapshot')).toMatchObject({
      rootSnapshotList: [{ name: 'renamed', description: 'd' }],
    })
  })

  it.each<[string, ReturnType<typeof one>, string]>([
    ['a physical raw device mapping', one({ rdm: 'physical' }), 'SnapshotIncompatibleDeviceInVm'],
    ['a controller with a shared bus', one({ sharedBus: 'physical' }), 'SnapshotIncompatibleDeviceInVm'],
    ['a multi-writer disk', one({ multiwriter: true }), 'SnapshotIncompatibleDeviceInVm'],
    ['a passed-through device', one({}, { passthrough: true }), 'SnapshotIncompatibleDeviceInVm'],
    ['a template', one({}, { template: true }), 'NotSupported'],
    ['a fault tolerant VM', one({}, { faultTolerant: true }), 'NotSupported'],
    ['a VM that can’t be reached', one({}, { connection: 'inaccessible' }), 'InvalidState'],
  ])('is refused to %s', async (_, description, type) => {
    await using world = await openTestLab(description)
    await expect(snapshot(world.client)).rejects.toMatchObject({ type })
  })

  it('is refused below the deepest level, with memory beside an independent disk, and without a name', async () => {
    await using world = await openTestLab({ ...one({ mode: 'independent_persistent' }), snapshotLevelsMax: 2 })
    await expect(snapshot(world.client, { memory: true })).rejects.toMatchObject({
      type: 'MemorySnapshotOnIndependentDisk',
    })
    await expect(snapshot(world.client, { name: '' })).rejects.toMatchObject({ type: 'InvalidName' })
    await snapshot(world.client)
    await snapshot(world.client)
    await expect(snapshot(world.client)).rejects.toMatchObject({ type: 'TooManySnapshotLevels' })
  })

  it('leaves an independent disk as it is, and shows it', async () => {
    await using world = await openTestLab(one({ mode: 'independent_persistent' }, { cbt: true }))
    const ref = await snapshot(world.client)
    const [disk] = disksOf(await world.client.read(ref, 'config'))
    expect(disk!.backing).toMatchObject({ diskMode: 'independent_persistent', fileName: '[shared-1] odd/odd.vmdk' })
    expect(disk!.backing.changeId).toBeUndefined()
  })

  it('of a VM that is off leaves a physical mapping as it is, and shows it', async () => {
    await using world = await openTestLab(one({ rdm: 'physical' }, { power: 'off', cbt: true }))
    const ref = await snapshot(world.client)
    for (const shown of [ref, vmRef(101)]) {
      const [disk] = disksOf(await world.client.read(shown, 'config'))
      expect(disk!.backing).toMatchObject({ compatibilityMode: 'physicalMode', fileName: '[shared-1] odd/odd.vmdk' })
      expect(disk!.backing).not.toHaveProperty('uuid')
    }
  })

  it('waits while a question stands', async () => {
    await using world = await openTestLab(one({}, { question: 'Moved or copied?' }))
    const task = await world.client.call('CreateSnapshot_Task', {
      _this: vmRef(101),
      name: 's',
      memory: false,
      quiesce: false,
    })
    expect(await world.client.read(task, 'info.state')).not.toBe('success')
    await world.client.call('AnswerVM', { _this: vmRef(101), questionId: '1', answerChoice: '1' })
    await world.client.finished(task)
    expect(world.lab.stats.snapshotsAlive).toBe(1)
  })
})

describe('change tracking', () => {
  const changed = (client: TestClient, of: ManagedObjectReference, changeId: string, startOffset = 0) =>
    client.call('QueryChangedDiskAreas', { _this: vmRef(101), snapshot: of, deviceKey: 2000, startOffset, changeId })

  it('tells what a guest wrote between two snapshots, and what it trimmed', async () => {
    await using world = await openTestLab()
    const first = await snapshot(world.client)
    const changeId = disksOf(await world.client.read(first, 'config'))[0]!.backing.changeId!
    await remove(world.client, first)
    const disk = world.lab.vm('web01').disk()
    await disk.writeGuest(200_000, seededRandom('guest').bytes(100))
    await disk.trimGuest(524_288, 65_536)
    const second = await snapshot(world.client)
    const { startOffset, length, changedArea } = await changed(world.client, second, changeId)
    expect({ startOffset, length }).toEqual({ startOffset: 0, length: 2 ** 20 })
    expect(changedArea).toEqual([
      { start: 196_608, length: 65_536 },
      { start: 524_288, length: 65_536 },
    ])
  })

  it('refuses an id that is dead, a place past the end, and a disk it does not have', async () => {
    await using world = await openTestLab()
    const ref = await snapshot(world.client)
    const dead = changed(world.client, ref, '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81')
    await expect(dead).rejects.toThrow(/^FileFault: Error caused by file \/vmfs\/volumes\//)
    await expect(changed(world.client, ref, '*', 2 ** 20)).rejects.toThrow(
      'A specified parameter was not correct: startOffset',
    )
    const noDisk = world.client.call('QueryChangedDiskAreas', {
      _this: vmRef(101),
      snapshot: ref,
      deviceKey: 2999,
      startOffset: 0,
      changeId: '*',
    })
    await expect(noDisk).rejects.toThrow('A specified parameter was not correct: deviceKey')
  })

  it('takes effect at the stun after it is enabled, not before', async () => {
    await using world = await openTestLab({ vms: [{ name: 'late', disks: [{ capacityBytes: 2 ** 20 }] }] })
    await world.client.finished(
      await world.client.call('ReconfigVM_Task', { _this: vmRef(101), spec: { changeTrackingEnabled: true } }),
    )
    expect(await world.client.read(vmRef(101), 'config.changeTrackingEnabled')).toBe(true)
    expect(world.lab.vm('late').storage.changeTracking.effective).toBe(false)
    const ref = await snapshot(world.client)
    expect(disksOf(await world.client.read(ref, 'config'))[0]!.backing.changeId).toBeDefined()
  })
})

describe('reconfiguring', () => {
  const reconfigure = async (client: TestClient, spec: Parameters<typeof client.call<'ReconfigVM_Task'>>[1]['spec']) =>
    client.finished(await client.call('ReconfigVM_Task', { _this: vmRef(101), spec }))
  const newDisk = (more: object = {}) =>
    ({
      $type: 'VirtualDeviceConfigSpec',
      operation: 'add',
      fileOperation: 'create',
      device: {
        $type: 'VirtualDisk',
        key: -1,
        controllerKey: 1000,
        backing: {
          $type: 'VirtualDiskFlatVer2BackingInfo',
          fileName: '',
          diskMode: 'persistent',
          thinProvisioned: true,
        },
        capacityInKB: 1024,
        ...more,
      },
    }) as const

  it('adds a controller and a disk that hangs on it, by negative keys', async () => {
    await using world = await openTestLab()
    const controller = {
      $type: 'VirtualDeviceConfigSpec',
      operation: 'add',
      device: { $type: 'ParaVirtualSCSIController', key: -10, busNumber: 0, sharedBus: 'noSharing' },
    } as const
    await reconfigure(world.client, { deviceChange: [controller, newDisk({ controllerKey: -10, unitNumber: 3 })] })
    const added = disksOf(await world.client.read(vmRef(101), 'config')).at(-1)!
    expect(added).toMatchObject({ key: 2019, controllerKey: 1001, unitNumber: 3, capacityInBytes: 2 ** 20 })
    expect(added.backing).toMatchObject({ fileName: '[shared-1] web01/web01_2.vmdk', thinProvisioned: true })
  })

  it.each([
    ['a unit that is taken', newDisk({ unitNumber: 0 }), 'InvalidDeviceSpec'],
    ['the controller’s own unit', newDisk({ unitNumber: 7 }), 'InvalidDeviceSpec'],
    ['a controller nobody has', newDisk({ controllerKey: 1003 }), 'MissingController'],
    ['no capacity', newDisk({ capacityInKB: 0 }), 'InvalidDeviceSpec'],
  ])('refuses %s, and changes nothing', async (_, change, type) => {
    await using world = await openTestLab()
    const spec = { annotation: 'never', deviceChange: [newDisk(), change] }
    await expect(reconfigure(world.client, spec)).rejects.toMatchObject({ type })
    expect(disksOf(await world.client.read(vmRef(101), 'config'))).toHaveLength(2)
    expect(await world.client.read(vmRef(101), 'config.annotation')).toBe('')
  })

  it('grows a disk and never shrinks it; removes one with its file', async () => {
    await using world = await openTestLab()
    const [disk] = disksOf(await world.client.read(vmRef(101), 'config'))
    const edit = (capacityInBytes: number) => ({
      $type: 'VirtualDeviceConfigSpec' as const,
      operation: 'edit' as const,
      device: { ...disk!, capacityInBytes },
    })
    await reconfigure(world.client, { deviceChange: [edit(2 ** 21)] })
    expect(await world.client.read(vmRef(101), 'config.hardware.device[2000].capacityInBytes')).toBe(2 ** 21)
    await expect(reconfigure(world.client, { deviceChange: [edit(2 ** 20)] })).rejects.toMatchObject({
      type: 'InvalidDeviceSpec',
    })
    const removal = {
      $type: 'VirtualDeviceConfigSpec',
      operation: 'remove',
      fileOperation: 'destroy',
      device: { $type: 'VirtualDisk', key: 2001, capacityInKB: 0 },
    } as const
    await reconfigure(world.client, { deviceChange: [removal] })
    expect(world.lab.storage.datastore('shared-1').stat('web01/web01_1.vmdk')).toBeUndefined()
  })

  it('asks for the privileges of what it changes', async () => {
    await using world = await openTestLab({
      users: [{ name: 'u', password: 'p', without: ['VirtualMachine.Config.ChangeTracking'] }],
    })
    world.client.cookie = undefined
    await world.client.call('Login', {
      _this: service('SessionManager', 'SessionManager'),
      userName: 'u',
      password: 'p',
    })
    const refused = reconfigure(world.client, { changeTrackingEnabled: true })
    await expect(refused).rejects.toMatchObject({
      type: 'NoPermission',
      fault: { fault: { privilegeId: 'VirtualMachine.Config.ChangeTracking' } },
    })
  })

  it('refuses a stale changeVersion', async () => {
    await using world = await openTestLab()
    await expect(reconfigure(world.client, { changeVersion: 'stale' })).rejects.toMatchObject({
      type: 'ConcurrentAccess',
    })
  })
})

describe('a VM', () => {
  it('is made from a spec, with its files, and destroyed with them', async () => {
    await using world = await openTestLab()
    const folder = (await world.client.read(vmRef(101), 'parent')) as ManagedObjectReference
    const pool = (await world.client.read(vmRef(101), 'resourcePool')) as ManagedObjectReference
    const disk = {
      $type: 'VirtualDeviceConfigSpec',
      operation: 'add',
      fileOperation: 'create',
      device: {
        $type: 'VirtualDisk',
        key: -2,
        controllerKey: -1,
        backing: { $type: 'VirtualDiskFlatVer2BackingInfo', fileName: '[shared-1]', diskMode: 'persistent' },
        capacityInKB: 1024,
      },
    } as const
    const controller = {
      $type: 'VirtualDeviceConfigSpec',
      operation: 'add',
      device: { $type: 'VirtualLsiLogicController', key: -1, busNumber: 0, sharedBus: 'noSharing' },
    } as const
    const config = { name: 'new', files: { vmPathName: '[shared-1]' }, deviceChange: [controller, disk] }
    const task = await world.client.call('CreateVM_Task', { _this: folder, config, pool })
    const vm = (await world.client.finished(task)) as ManagedObjectReference
    expect(
      world.lab.storage
        .datastore('shared-1')
        .list('new')
        .map(({ name }) => name),
    ).toEqual(['new-flat.vmdk', 'new.vmdk', 'new.vmsd', 'new.vmx'])
    const again = world.client.call('CreateVM_Task', { _this: folder, config, pool })
    await expect(again.then((ref) => world.client.finished(ref))).rejects.toMatchObject({ type: 'DuplicateName' })
    await world.client.finished(await world.client.call('Destroy_Task', { _this: vm }))
    expect(world.lab.storage.datastore('shared-1').stat('new')).toBeUndefined()
  })

  it('stays where it is while somebody has its relocation disabled, and only that one ends it', async () => {
    await using world = await openTestLab()
    const [entity, _this] = [[vmRef(101)], { type: 'AuthorizationManager', value: 'AuthorizationManager' }] as const
    const disable = (sourceId: string) => {
      const method = [{ method: 'RelocateVM_Task', reasonId: 'backup' }]
      return world.client.call('DisableMethods', { _this, entity, method, sourceId })
    }
    const enable = (sourceId: string) =>
      world.client.call('EnableMethods', { _this, entity, method: ['RelocateVM_Task'], sourceId })
    const relocate = () => world.client.call('RelocateVM_Task', { _this: vmRef(101), spec: {} })
    await disable('one')
    await expect(disable('another')).rejects.toMatchObject({ type: 'MethodAlreadyDisabledFault' })
    await enable('another')
    expect(await world.client.read(vmRef(101), 'disabledMethod')).toContain('RelocateVM_Task')
    await expect(relocate()).rejects.toMatchObject({ type: 'MethodDisabled' })
    await enable('one')
    await world.client.finished(await relocate())
  })

  it('moves between hosts and datastores, and back from its files', async () => {
    await using world = await openTestLab()
    const hosts = await hostsOf(world.client)
    await world.client.finished(
      await world.client.call('RelocateVM_Task', { _this: vmRef(101), spec: { host: hosts[1]! } }),
    )
    expect(await world.client.read(vmRef(101), 'runtime.host')).toEqual(hosts[1])
    await world.lab.vm('web01').migrate({ datastore: 'shared-2' })
    expect(await world.client.read(vmRef(101), 'config.files.vmPathName')).toBe('[shared-2] web01/web01.vmx')
    await world.lab.vm('web01').power('off')
    const uuid = await world.client.read(vmRef(101), 'config.instanceUuid')
    const folder = (await world.client.read(vmRef(101), 'parent')) as ManagedObjectReference
    const pool = (await world.client.read(vmRef(101), 'resourcePool')) as ManagedObjectReference
    const extraConfig = [{ $type: 'OptionValue', key: 'guestinfo.role', value: 'web' }] as const
    await world.client.finished(
      await world.client.call('ReconfigVM_Task', { _this: vmRef(101), spec: { extraConfig } }),
    )
    await world.client.call('UnregisterVM', { _this: vmRef(101) })
    const task = await world.client.call('RegisterVM_Task', {
      _this: folder,
      path: '[shared-2] web01/web01.vmx',
      asTemplate: false,
      pool,
    })
    const back = (await world.client.finished(task)) as ManagedObjectReference
    expect(await world.client.read(back, 'config.instanceUuid')).toBe(uuid)
    expect(disksOf(await world.client.read(back, 'config'))).toHaveLength(2)
    expect(await world.client.read(back, 'config.changeTrackingEnabled')).toBe(true)
    expect(await world.client.read(back, 'config.extraConfig')).toEqual(extraConfig)
  })

  it('gives NFC tickets for its own host only, and for disks it has', async () => {
    await using world = await openTestLab()
    const nfcService = service('NfcService', 'nfcService')
    const host = (await world.client.read(vmRef(101), 'runtime.host')) as ManagedObjectReference
    const [other] = (await hostsOf(world.client)).filter(({ value }) => value !== host.value)
    const ticket = (hostForAccess: ManagedObjectReference | undefined, diskDeviceKey = 2000) =>
      world.client.call('NfcRandomAccessOpenReadonly', {
        _this: nfcService,
        vm: vmRef(101),
        diskDeviceKey,
        hostForAccess,
      })
    expect(await ticket(host)).toMatchObject({
      host: '127.0.0.1',
      port: world.lab.hosts[0]!.nfcPort,
      service: 'vpxa-nfc',
      serviceVersion: '1.1',
    })
    await expect(ticket(other)).rejects.toThrow('hostForAccess')
    await expect(ticket(undefined)).rejects.toThrow('hostForAccess')
    await expect(ticket(host, 2999)).rejects.toThrow('diskDeviceKey')
    expect(await world.client.call('NfcGetServerNfcLibVersion', { _this: nfcService, hostForAccess: host })).toBe(11)
    const internal = await world.client.call('RetrieveInternalContent', {
      _this: service('ServiceInstance', 'ServiceInstance'),
    })
    expect(internal.nfcService).toEqual(nfcService)
  })
})
