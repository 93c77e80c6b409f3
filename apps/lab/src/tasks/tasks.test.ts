import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { describe, expect, it } from 'vitest'
import { login, openTestLab, service, TestClient, vmRef } from '../testing.ts'

const create = (client: TestClient, name = 's') =>
  client.call('CreateSnapshot_Task', { _this: vmRef(101), name, memory: false, quiesce: false })
const infoOf = async (client: TestClient, task: ManagedObjectReference) =>
  (await client.read(task, 'info')) as DataObject<'TaskInfo'>

describe('a task', () => {
  it('says what it is about, and what came of it', async () => {
    await using world = await openTestLab()
    const task = await create(world.client)
    const snapshot = await world.client.finished(task)
    expect(await infoOf(world.client, task)).toMatchObject({
      key: task.value,
      name: 'CreateSnapshot_Task',
      descriptionId: 'VirtualMachine.createSnapshot',
      entity: vmRef(101),
      entityName: 'web01',
      state: 'success',
      result: snapshot,
      reason: { $type: 'TaskReasonUser', userName: 'administrator@vsphere.local' },
    })
    expect(await world.client.read(vmRef(101), 'recentTask')).toEqual([task])
    expect(await world.client.read(service('TaskManager', 'TaskManager'), 'recentTask')).toEqual([task])
  })

  it('is queued, then runs, then is done', async () => {
    await using world = await openTestLab({ taskDurationMs: 40 })
    const task = await create(world.client)
    const states = new Set<string>()
    for (let state = ''; state !== 'success';) states.add((state = (await infoOf(world.client, task)).state))
    expect([...states].at(-1)).toBe('success')
    expect(states.has('running')).toBe(true)
  })

  it('keeps others off its VM: a second one fails on a vCenter', async () => {
    await using world = await openTestLab({ taskDurationMs: 30 })
    const first = await create(world.client, 'first')
    const second = await create(world.client, 'second')
    await expect(world.client.finished(second)).rejects.toMatchObject({
      type: 'TaskInProgress',
      fault: { fault: { task: first } },
    })
    await world.client.finished(first)
    await world.client.finished(await create(world.client, 'third'))
    expect(world.lab.stats.snapshotsAlive).toBe(2)
  })

  it('keeps others off its VM: the second call is refused by a bare ESXi', async () => {
    const vms = [{ name: 'a', disks: [{ capacityBytes: 2 ** 20 }] }]
    await using world = await openTestLab({ mode: 'esxi', vms, taskDurationMs: 30 })
    const call = () =>
      world.client.call('CreateSnapshot_Task', {
        _this: service('VirtualMachine', '1'),
        name: 's',
        memory: false,
        quiesce: false,
      })
    const first = await call()
    expect(first.value).toMatch(/^haTask-1-vim\.VirtualMachine\.createSnapshot-\d+$/)
    await expect(call()).rejects.toMatchObject({ type: 'TaskInProgress' })
    await world.lab.settled()
  })

  it('can be cancelled while it waits, and not once it is done', async () => {
    await using world = await openTestLab({ taskDurationMs: 5000 })
    const task = await create(world.client)
    await world.client.call('CancelTask', { _this: task })
    await expect(world.client.finished(task)).rejects.toMatchObject({ type: 'RequestCanceled' })
    await expect(world.client.call('CancelTask', { _this: task })).rejects.toMatchObject({ type: 'InvalidState' })
    expect(world.lab.stats.snapshotsAlive).toBe(0)
  })

  it('is forgotten after a while, but not by the history', async () => {
    await using world = await openTestLab({ taskRetentionMs: 60_000 })
    const task = await create(world.client)
    await world.client.finished(task)
    world.lab.clock.advance(61_000)
    expect(await world.client.read(vmRef(101), 'recentTask')).toEqual([])
    await expect(infoOf(world.client, task)).rejects.toMatchObject({ type: 'ManagedObjectNotFound' })
    const collector = await world.client.call('CreateCollectorForTasks', {
      _this: service('TaskManager', 'TaskManager'),
      filter: {},
    })
    expect(await world.client.call('ReadNextTasks', { _this: collector, maxCount: 10 })).toMatchObject([
      { key: task.value },
    ])
  })

  it('fails with the words of the bytes below it: a full datastore', async () => {
    await using world = await openTestLab()
    world.lab.storage.datastore('shared-1').fill(0)
    await expect(world.client.finished(await create(world.client))).rejects.toMatchObject({ type: 'NoDiskSpace' })
    expect(world.lab.stats.mistakes).toEqual([])
  })
})

describe('the history of events', () => {
  const eventManager = service('EventManager', 'EventManager')

  it('tells of tasks, power and logins, each with where it happened', async () => {
    await using world = await openTestLab()
    await world.client.finished(await create(world.client))
    await world.lab.vm('web01').power('off')
    const entity = { entity: vmRef(101), recursion: 'all' as const }
    const events = await world.client.call('QueryEvents', { _this: eventManager, filter: { entity } })
    expect(events!.map(({ $type }) => $type)).toEqual(['TaskEvent', 'VmPoweredOffEvent'])
    expect(events![1]).toMatchObject({
      vm: { name: 'web01', vm: vmRef(101) },
      host: { name: 'esxi-1.lab' },
      datacenter: { name: 'Lab' },
    })
    const logins = await world.client.call('QueryEvents', {
      _this: eventManager,
      filter: { type: ['UserLoginSessionEvent'] },
    })
    expect(logins).toMatchObject([{ userName: 'administrator@vsphere.local', ipAddress: '127.0.0.1' }])
  })

  it('is read forwards from the oldest, backwards from the newest, and by its latest page', async () => {
    await using world = await openTestLab()
    for (const message of ['one', 'two', 'three'])
      await world.client.call('LogUserEvent', { _this: eventManager, entity: vmRef(101), msg: message })
    const filter = { type: ['GeneralUserEvent'] }
    const collector = await world.client.call('CreateCollectorForEvents', { _this: eventManager, filter })
    const words = (events: readonly { fullFormattedMessage?: string | undefined }[] | undefined) =>
      events!.map(({ fullFormattedMessage }) => fullFormattedMessage!.split(' ').at(-1))
    expect(words(await world.client.call('ReadNextEvents', { _this: collector, maxCount: 2 }))).toEqual(['one', 'two'])
    expect(words(await world.client.call('ReadNextEvents', { _this: collector, maxCount: 2 }))).toEqual(['three'])
    expect(await world.client.call('ReadNextEvents', { _this: collector, maxCount: 2 })).toEqual([])
    expect(words(await world.client.call('ReadPreviousEvents', { _this: collector, maxCount: 2 }))).toEqual([
      'three',
      'two',
    ])
    await world.client.call('SetCollectorPageSize', { _this: collector, maxCount: 2 })
    expect(words((await world.client.read(collector, 'latestPage')) as [])).toEqual(['three', 'two'])
  })

  it('tells of a login that failed', async () => {
    await using world = await openTestLab()
    await using other = new TestClient(world.lab.port)
    await expect(login(other, world.lab, { name: 'nobody', password: 'x' })).rejects.toThrow()
    const filter = { type: ['BadUsernameSessionEvent'] }
    expect(await world.client.call('QueryEvents', { _this: eventManager, filter })).toMatchObject([
      { userName: 'nobody' },
    ])
  })
})
