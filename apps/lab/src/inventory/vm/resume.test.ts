import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { describe, expect, it } from 'vitest'
import { contentDigest } from '../../storage/sparse-bytes.ts'
import { openTestLab, type TestClient, vmRef } from '../../testing.ts'

type TestLab = Awaited<ReturnType<typeof openTestLab>>

const mebibyte = 2 ** 20
const memoryMb = 16
const disks = [{ capacityBytes: mebibyte }, { capacityBytes: mebibyte, controller: 'nvme' as const }]
const description = { vms: [{ name: 'web01', memoryMb, disks }] }
const layoutOf = async ({ client }: TestLab, vm = vmRef(101)) =>
  (await client.read(vm, 'layoutEx')) as DataObject<'VirtualMachineFileLayoutEx'>
const stateOf = ({ client }: TestLab, vm = vmRef(101)) => client.read(vm, 'runtime.powerState')
const memoryOf = ({ lab }: TestLab, name = 'web01') => contentDigest(lab.vm(name).memory()!)

type TaskMethod = 'PowerOnVM_Task' | 'SuspendVM_Task' | 'PowerOffVM_Task' | 'RevertToCurrentSnapshot_Task'

const run = async ({ client }: TestLab, method: TaskMethod, vm = vmRef(101)) =>
  client.finished(await client.call(method, { _this: vm }))

async function snapshot({ client }: TestLab, { vm = vmRef(101), memory = true } = {}): Promise<ManagedObjectReference> {
  const task = await client.call('CreateSnapshot_Task', { _this: vm, name: 's', memory, quiesce: false })
  return (await client.finished(task)) as ManagedObjectReference
}

const revert = async ({ client }: TestLab, _this: ManagedObjectReference, suppressPowerOn = true) =>
  client.finished(await client.call('RevertToSnapshot_Task', { _this, suppressPowerOn }))

async function register({ client }: TestLab, path: string, place: Place): Promise<ManagedObjectReference> {
  const { folder: _this, pool } = place
  return (await client.finished(
    await client.call('RegisterVM_Task', { _this, path, pool, asTemplate: false }),
  )) as ManagedObjectReference
}

interface Place {
  readonly folder: ManagedObjectReference
  readonly pool: ManagedObjectReference
}

async function placeOf({ client }: TestLab): Promise<Place> {
  const folder = (await client.read(vmRef(101), 'parent')) as ManagedObjectReference
  return { folder, pool: (await client.read(vmRef(101), 'resourcePool')) as ManagedObjectReference }
}

const snapshotOf = async ({ client }: TestLab, vm: ManagedObjectReference) =>
  ((await client.read(vm, 'snapshot')) as DataObject<'VirtualMachineSnapshotInfo'>).rootSnapshotList[0]!.snapshot

describe('a VM that is suspended', () => {
  it('goes on with the memory it had, and has it in files meanwhile', async () => {
    await using world = await openTestLab(description)
    const before = await memoryOf(world)
    await run(world, 'SuspendVM_Task')
    expect(await memoryOf(world)).toBe(before)
    const files = (await layoutOf(world)).file!.filter(({ type }) => type.startsWith('suspend'))
    expect(files.map(({ name, type }) => [name, type])).toEqual([
      [expect.stringMatching(/^\[shared-1\] web01\/web01-[0-9a-f]{8}\.vmem$/), 'suspendMemory'],
      [expect.stringMatching(/^\[shared-1\] web01\/web01-[0-9a-f]{8}\.vmss$/), 'suspend'],
    ])
    await run(world, 'PowerOnVM_Task')
    expect([world.lab.vm('web01').lastStart, await memoryOf(world)]).toEqual(['resume', before])
    expect((await layoutOf(world)).file!.filter(({ type }) => type.startsWith('suspend'))).toEqual([])
    await world.lab.vm('web01').disk().writeGuest(0, Buffer.from('on it goes'))
    expect(await memoryOf(world)).not.toBe(before)
  })

  it('has its memory in a snapshot, asked for or not, and may be suspended again after it went on', async () => {
    await using world = await openTestLab(description)
    const before = await memoryOf(world)
    for (let i = 0; i < 2; i++) {
      await run(world, 'SuspendVM_Task')
      if (i === 0) await snapshot(world, { memory: false })
      await run(world, 'PowerOnVM_Task')
    }
    expect(await memoryOf(world)).toBe(before)
    await run(world, 'RevertToCurrentSnapshot_Task')
    expect([await stateOf(world), await memoryOf(world)]).toEqual(['suspended', before])
  })

  it('is suspended still when it is registered again', async () => {
    await using world = await openTestLab(description)
    const before = await memoryOf(world)
    await run(world, 'SuspendVM_Task')
    const place = await placeOf(world)
    await world.client.call('UnregisterVM', { _this: vmRef(101) })
    const vm = await register(world, '[shared-1] web01/web01.vmx', place)
    expect(await stateOf(world, vm)).toBe('suspended')
    await run(world, 'PowerOnVM_Task', vm)
    expect([world.lab.vm('web01').lastStart, await memoryOf(world)]).toEqual(['resume', before])
  })
})

describe('a revert to a snapshot with memory', () => {
  it('leaves the VM suspended if it may not start, and it goes on without the snapshot', async () => {
    await using world = await openTestLab(description)
    const before = await memoryOf(world)
    await world.lab.vm('web01').disk().writeGuest(0, Buffer.from('then'))
    const then = await memoryOf(world)
    const ref = await snapshot(world)
    await world.lab.vm('web01').disk().writeGuest(0, Buffer.from('now!'))
    await revert(world, ref)
    expect([await stateOf(world), await memoryOf(world)]).toEqual(['suspended', then])
    await world.client.finished(await world.client.call('RemoveSnapshot_Task', { _this: ref, removeChildren: false }))
    expect(await stateOf(world)).toBe('suspended')
    await run(world, 'PowerOnVM_Task')
    const bytes = Buffer.alloc(4)
    await world.lab.vm('web01').disk().readGuest(0, bytes)
    expect([bytes.toString(), await memoryOf(world), before === then]).toEqual(['then', then, false])
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('goes on at once if it may', async () => {
    await using world = await openTestLab(description)
    const then = await memoryOf(world)
    const ref = await snapshot(world)
    await run(world, 'PowerOffVM_Task')
    await revert(world, ref, false)
    expect([await stateOf(world), await memoryOf(world)]).toEqual(['poweredOn', then])
    expect(world.lab.vm('web01').lastStart).toBe('resume')
  })

  const file = (extension: string) => `/folder/web01/web01-Snapshot1.${extension}?dcPath=Lab&dsName=shared-1`
  it.each<[string, (client: TestClient) => Promise<unknown>, string]>([
    ['its .vmem is gone', (client) => client.http('DELETE', file('vmem')), 'FileNotFound'],
    ['its .vmem is short', (client) => client.http('PUT', file('vmem'), { body: 'half' }), 'FileFault'],
    ['its .vmsn is gone', (client) => client.http('DELETE', file('vmsn')), 'FileNotFound'],
    ['its .vmsn is none', (client) => client.http('PUT', file('vmsn'), { body: 'none' }), 'InvalidSnapshotFormat'],
  ])('fails when %s, and changes nothing', async (_, damage, type) => {
    await using world = await openTestLab(description)
    const ref = await snapshot(world)
    await world.lab.vm('web01').disk().writeGuest(0, Buffer.from('now'))
    const now = await memoryOf(world)
    await damage(world.client)
    await expect(revert(world, ref)).rejects.toMatchObject({ type })
    expect([await stateOf(world), await memoryOf(world)]).toEqual(['poweredOn', now])
    expect(world.lab.stats.mistakes).toEqual([])
  })
})

describe('a VM that is registered', () => {
  it('has its snapshots again, as they stood, with cards and controllers', async () => {
    await using world = await openTestLab(description)
    await snapshot(world)
    await world.lab.vm('web01').snapshot('child')
    await run(world, 'PowerOffVM_Task')
    const shape = async (vm: ManagedObjectReference) => ({
      tree: shapeOf((await world.client.read(vm, 'snapshot')) as DataObject<'VirtualMachineSnapshotInfo'>),
      chains: (await layoutOf(world, vm)).snapshot!.map(({ disk }) => disk!.map(({ chain }) => chain!.length)),
      types: ((await world.client.read(vm, 'config')) as DataObject<'VirtualMachineConfigInfo'>).hardware.device!.map(
        (device) => [device.$type, 'macAddress' in device ? device.macAddress : ''],
      ),
    })
    const [before, place] = [await shape(vmRef(101)), await placeOf(world)]
    await world.client.call('UnregisterVM', { _this: vmRef(101) })
    const path = '[shared-1] web01/web01.vmx'
    const vm = await register(world, path, place)
    const after = await shape(vm)
    expect(after.tree).toEqual(before.tree)
    expect(after.chains).toEqual(before.chains)
    expect(after.types).toEqual(expect.arrayContaining(before.types))
    await expect(register(world, path, place)).rejects.toMatchObject({ type: 'AlreadyExists' })
    await expect(register(world, '[shared-1] no/no.vmx', place)).rejects.toMatchObject({ type: 'NotFound' })
    await run(world, 'PowerOnVM_Task', vm)
    await snapshot(world, { vm })
    expect(world.lab.vm('web01').snapshots.map(({ number }) => number)).toEqual([1, 2, 3])
    await world.lab.vm('web01').removeSnapshots()
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('is not when a disk of its snapshots is missing, and then nothing is left half done', async () => {
    await using world = await openTestLab(description)
    await snapshot(world)
    await run(world, 'PowerOffVM_Task')
    const place = await placeOf(world)
    await world.client.call('UnregisterVM', { _this: vmRef(101) })
    const list = '/folder/web01/web01.vmsd?dcPath=Lab&dsName=shared-1'
    const { body } = await world.client.http('GET', list)
    await world.client.http('PUT', list, { body: body.replace('"web01.vmdk"', '"other.vmdk"') })
    const path = '[shared-1] web01/web01.vmx'
    await expect(register(world, path, place)).rejects.toMatchObject({ type: 'FileNotFound' })
    await world.client.http('PUT', list, { body })
    await register(world, path, place)
  })
})

describe('the memory of one VM', () => {
  /** A snapshot's files put into the folder of a new VM, between its being unregistered and registered. */
  async function carried(world: TestLab, { content = 'same' } = {}): Promise<ManagedObjectReference> {
    const { client, lab } = world
    const get = async (name: string) =>
      (await client.http('GET', `/folder/web01/${name}?dcPath=Lab&dsName=shared-1`)).bytes
    const [vmsn, vmem] = [await get('web01-Snapshot1.vmsn'), await get('web01-Snapshot1.vmem')]
    const place = await placeOf(world)
    await lab.vm('new').disk().writeGuest(4096, Buffer.from(content))
    await snapshot(world, { vm: vmRef(102), memory: false })
    await client.call('UnregisterVM', { _this: vmRef(102) })
    const put = (name: string, body: Uint8Array | string) =>
      client.http('PUT', `/folder/new/${name}?dcPath=Lab&dsName=shared-1`, { body })
    const { body } = await client.http('GET', '/folder/new/new.vmsd?dcPath=Lab&dsName=shared-1')
    await put('new-Snapshot1.vmsn', vmsn)
    await put('new-Snapshot1.vmem', vmem)
    await put('new.vmsd', body.replace('snapshot0.displayName', 'snapshot0.type = "1"\nsnapshot0.displayName'))
    return await register(world, '[shared-1] new/new.vmx', place)
  }

  const two = { vms: [...description.vms, { name: 'new', memoryMb: 8, power: 'off' as const, disks }] }

  async function withSnapshot(): Promise<TestLab & { readonly then: string }> {
    const world = await openTestLab(two)
    await world.lab.vm('web01').disk().writeGuest(4096, Buffer.from('same'))
    const then = await memoryOf(world)
    await snapshot(world)
    await world.lab.vm('web01').disk().writeGuest(4096, Buffer.from('later'))
    return { ...world, then, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
  }

  it('goes on in another one whose disks hold the same', async () => {
    await using world = await withSnapshot()
    const uuid = world.lab.vm('new').instanceUuid
    const vm = await carried(world)
    expect(await world.client.read(vm, 'snapshot')).toMatchObject({ rootSnapshotList: [{ state: 'poweredOn' }] })
    const ref = await snapshotOf(world, vm)
    await revert(world, ref)
    expect([await stateOf(world, vm), await memoryOf(world, 'new')]).toEqual(['suspended', world.then])
    expect(await world.client.read(vm, 'config')).toMatchObject({
      name: 'new',
      instanceUuid: uuid,
      uuid: await world.client.read(vmRef(101), 'config.uuid'),
      hardware: { memoryMB: memoryMb },
    })
    await world.client.finished(await world.client.call('RemoveSnapshot_Task', { _this: ref, removeChildren: false }))
    await run(world, 'PowerOnVM_Task', vm)
    expect([world.lab.vm('new').lastStart, await memoryOf(world, 'new')]).toEqual(['resume', world.then])
    expect(world.lab.vm('new').disks.map(({ backing }) => backing.fileName)).toEqual([
      '[shared-1] new/new.vmdk',
      '[shared-1] new/new_1.vmdk',
    ])
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('does not go on over other bytes, and who tries it is told on', async () => {
    await using world = await withSnapshot()
    const vm = await carried(world, { content: 'other' })
    await revert(world, await snapshotOf(world, vm))
    await expect(run(world, 'PowerOnVM_Task', vm)).rejects.toMatchObject({ type: 'GenericVmConfigFault' })
    expect(await stateOf(world, vm)).toBe('suspended')
    expect(world.lab.stats.mistakes).toMatchObject([{ code: 'lab.memory-mismatch' }])
  })

  it('does not go on when it was changed on the way', async () => {
    await using world = await openTestLab(description)
    await run(world, 'SuspendVM_Task')
    const { name } = (await layoutOf(world)).file!.find(({ type }) => type === 'suspendMemory')!
    const body = Buffer.alloc(memoryMb * mebibyte, 1)
    await world.client.http('PUT', `/folder/${name.replace('[shared-1] ', '')}?dcPath=Lab&dsName=shared-1`, { body })
    await expect(run(world, 'PowerOnVM_Task')).rejects.toMatchObject({ type: 'GenericVmConfigFault' })
    expect(world.lab.stats.mistakes).toMatchObject([{ code: 'lab.memory-mismatch' }])
  })
})

/** What of a snapshot tree does not depend on references. */
function shapeOf({ rootSnapshotList }: DataObject<'VirtualMachineSnapshotInfo'>): unknown {
  const branch = (tree: DataObject<'VirtualMachineSnapshotTree'>): unknown => {
    const { snapshot: _, vm: __, childSnapshotList, ...rest } = tree
    return { ...rest, children: childSnapshotList?.map(branch) }
  }
  return rootSnapshotList.map(branch)
}
