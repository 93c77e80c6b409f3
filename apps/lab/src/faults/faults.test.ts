import { readFileSync } from 'node:fs'
import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import { dataObjectTable } from '@vmkeep/vsphere/types'
import { describe, expect, it } from 'vitest'
import { openTestLab, service, type TestClient, vmRef } from '../testing.ts'
import { isFaultType } from './complete-fault.ts'
import type { LabAction } from './lab-action.ts'
import { parseFaultRule } from './parse-fault-rule.ts'

describe('a rule on a command line', () => {
  it.each([
    [
      'CreateSnapshotEx_Task,times=1,then=fault:ApplicationQuiesceFault',
      { on: 'CreateSnapshotEx_Task', times: 1, then: { do: 'fault', type: 'ApplicationQuiesceFault' } },
    ],
    [
      '*,object=web*,after=2,chance=0.5,then=delay:500',
      { on: '*', object: 'web*', after: 2, chance: 0.5, then: { do: 'delay', ms: 500 } },
    ],
    [
      'X,then=task-fault:FileLocked:it is, as they say, locked',
      { on: 'X', then: { do: 'task-fault', type: 'FileLocked', text: 'it is, as they say, locked' } },
    ],
    ['nfc.io,then=error:5', { on: 'nfc.io', then: { do: 'error', code: 5 } }],
    ['cbt.query,then=omit:0.1', { on: 'cbt.query', then: { do: 'omit', share: 0.1 } }],
    ['X,then=vmotion:esxi-2.lab', { on: 'X', then: { do: 'vmotion', host: 'esxi-2.lab' } }],
    ['X,then=vmotion', { on: 'X', then: { do: 'vmotion' } }],
    ['X,then=lost-reply', { on: 'X', then: { do: 'lost-reply' } }],
  ])('%s', (text, rule) => expect(parseFaultRule(text)).toEqual(rule))

  it.each([
    '',
    'X',
    ',then=disconnect',
    'X,then=',
    'X,then=nonsense',
    'X,then=fault',
    'X,then=fault:Nope',
    'X,then=delay:soon',
    'X,chance=2,then=disconnect',
    'X,times=-1,then=disconnect',
    'X,wat=1,then=disconnect',
    'X,then=http-error:',
  ])('refuses "%s"', (text) =>
    expect(() => parseFaultRule(text)).toThrow(expect.objectContaining({ code: 'lab.bad-fault-rule' })),
  )
})

const page = readFileSync(new URL('../../../../docs/reference/lab-faults.md', import.meta.url), 'utf8')
const recipes = [...page.matchAll(/`([^`\s]+,then=[^`]+)`/g)].map(([, recipe]) => recipe!)

it.each(recipes)('the recipe %s is one the lab takes', (recipe) => expect(parseFaultRule(recipe).on).not.toBe(''))
it('the page of recipes has many', () => expect(recipes.length).toBeGreaterThan(30))

const create = (client: TestClient) =>
  client.call('CreateSnapshot_Task', { _this: vmRef(101), name: 's', memory: false, quiesce: false })
const time = (client: TestClient) =>
  client.call('CurrentTime', { _this: service('ServiceInstance', 'ServiceInstance') })
const rule = (on: string, then: LabAction, object?: string) => ({
  on,
  then,
  times: 1,
  ...(object === undefined ? {} : { object }),
})

describe('a rule that strikes', () => {
  it('raises any fault there is, with what its type requires', async () => {
    await using world = await openTestLab()
    const types = Object.keys(dataObjectTable).filter(isFaultType)
    for (const type of types) {
      world.lab.faults.add(rule('CurrentTime', { do: 'fault', type }))
      await expect(time(world.client)).rejects.toMatchObject({ type })
    }
    expect(types.length).toBeGreaterThan(100)
    expect(world.lab.stats.mistakes).toEqual([])
  })

  it('finds a VM by its moref or its name, and a snapshot by its VM', async () => {
    await using world = await openTestLab()
    world.lab.faults.add(rule('*Snapshot_Task', { do: 'fault', type: 'InvalidState' }, 'web*'))
    await expect(create(world.client)).rejects.toMatchObject({ type: 'InvalidState' })
    const snapshot = (await world.client.finished(await create(world.client))) as ManagedObjectReference
    world.lab.faults.add(rule('RemoveSnapshot_Task', { do: 'fault', type: 'FileLocked' }, 'vm-101'))
    const removal = world.client.call('RemoveSnapshot_Task', { _this: snapshot, removeChildren: false })
    await expect(removal).rejects.toMatchObject({ type: 'FileLocked' })
  })

  it('lets a task fail, and do nothing', async () => {
    await using world = await openTestLab()
    world.lab.faults.add(rule('CreateSnapshot_Task', { do: 'task-fault', type: 'ApplicationQuiesceFault' }))
    const task = await create(world.client)
    await expect(world.client.finished(task)).rejects.toMatchObject({ type: 'ApplicationQuiesceFault' })
    expect(world.lab.stats.snapshotsAlive).toBe(0)
  })

  it('cuts the connection before the call, or after it', async () => {
    await using world = await openTestLab()
    world.lab.faults.add(rule('CreateSnapshot_Task', { do: 'disconnect' }))
    await expect(create(world.client)).rejects.toThrow()
    await world.lab.settled()
    expect(world.lab.stats.snapshotsAlive).toBe(0)
    world.lab.faults.add(rule('CreateSnapshot_Task', { do: 'lost-reply' }))
    await expect(create(world.client)).rejects.toThrow()
    await world.lab.settled()
    expect(world.lab.stats.snapshotsAlive).toBe(1)
  })

  it('answers in HTTP, in garbage, in half', async () => {
    await using world = await openTestLab()
    world.lab.faults.add(rule('CurrentTime', { do: 'http-error', status: 503 }))
    world.lab.faults.add(rule('CurrentTime', { do: 'garbage' }))
    world.lab.faults.add(rule('CurrentTime', { do: 'truncate' }))
    for (const message of ['XML', 'XML', 'XML']) await expect(time(world.client)).rejects.toThrow(message)
    expect(await time(world.client)).toMatch(/Z$/)
  })

  it('ends the session, delays the call, moves the VM, takes its power', async () => {
    await using world = await openTestLab()
    world.lab.faults.add(rule('RefreshStorageInfo', { do: 'vmotion' }))
    world.lab.faults.add(rule('RefreshStorageInfo', { do: 'power-loss' }))
    world.lab.faults.add(rule('CurrentTime', { do: 'delay', ms: 1 }))
    world.lab.faults.add(rule('CurrentTime', { do: 'expire-session' }))
    await world.client.call('RefreshStorageInfo', { _this: vmRef(101) })
    expect(world.lab.vm('web01').hostName).toBe('esxi-2.lab')
    await world.client.call('RefreshStorageInfo', { _this: vmRef(101) })
    expect(world.lab.vm('web01').powerState).toBe('off')
    await time(world.client)
    await expect(time(world.client)).rejects.toMatchObject({ type: 'NotAuthenticated' })
  })

  it('lets a task vanish, though it did its work', async () => {
    await using world = await openTestLab()
    world.lab.faults.add(rule('CreateSnapshot_Task', { do: 'vanish-task' }))
    const task = await create(world.client)
    await world.lab.settled()
    await expect(world.client.read(task, 'info')).rejects.toMatchObject({ type: 'ManagedObjectNotFound' })
    expect(world.lab.stats.snapshotsAlive).toBe(1)
  })

  it('leaves disks unmerged until somebody consolidates them', async () => {
    await using world = await openTestLab()
    const snapshot = (await world.client.finished(await create(world.client))) as ManagedObjectReference
    world.lab.faults.add(rule('RemoveSnapshot_Task', { do: 'leave-consolidation-needed' }))
    const removal = { _this: snapshot, removeChildren: false, consolidate: true }
    await world.client.finished(await world.client.call('RemoveSnapshot_Task', removal))
    expect(await world.client.read(vmRef(101), 'snapshot')).toBeUndefined()
    expect(await world.client.read(vmRef(101), 'runtime.consolidationNeeded')).toBe(true)
    await world.client.finished(await world.client.call('ConsolidateVMDisks_Task', { _this: vmRef(101) }))
    expect(await world.client.read(vmRef(101), 'runtime.consolidationNeeded')).toBe(false)
  })
})
