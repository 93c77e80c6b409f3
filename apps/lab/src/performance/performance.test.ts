import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { describe, expect, it } from 'vitest'
import { type CallFault, openTestLab, service, type TestClient } from '../testing.ts'

const manager = service('PerformanceManager', 'PerfMgr')
const query = async (client: TestClient, spec: DataObject<'PerfQuerySpec'>) =>
  (await client.call('QueryPerf', { _this: manager, querySpec: [spec] }))[0] as DataObject<'PerfEntityMetric'>

async function slowWorld() {
  const world = await openTestLab()
  const { lab, client } = world
  const [host] = (await client.read(await datastoreRef(client), 'host')) as DataObject<'DatastoreHostMount'>[]
  const instance = lab.storage.datastore('shared-1').url.split('/').at(-2)!
  return { world, lab, client, entity: host!.key, instance }
}

async function datastoreRef(client: TestClient): Promise<ManagedObjectReference> {
  const [datacenter] = (await client.read({ type: 'Folder', value: 'group-d1' }, 'childEntity')) as [never]
  const [first] = (await client.read(datacenter, 'datastore')) as ManagedObjectReference[]
  return first!
}

describe('samples', () => {
  it('are taken every 20 seconds, and say what was at their time', async () => {
    const { world, lab, client, entity, instance } = await slowWorld()
    await using _world = world
    lab.clock.advance(20_000 - (lab.clock.nowMs() % 20_000) + 1000) // just after a sample
    lab.setLatency('shared-1', { readMs: 41, writeMs: 7 })
    const spec = { entity, intervalId: 20, maxSample: 2, metricId: [{ counterId: 178, instance }] }
    const values = async () => (await query(client, spec)).value ?? []
    expect(await values()).toMatchObject([{ id: { counterId: 178, instance }, value: [2, 2] }])
    lab.clock.advance(20_000)
    expect(await values()).toMatchObject([{ value: [2, 41] }])
    expect((await query(client, spec)).sampleInfo).toHaveLength(2)
    lab.setLatency('shared-1', undefined)
    expect(await values()).toEqual([])
  })

  it('of every datastore a host sees come for a star, and none for another name', async () => {
    const { world, client, entity } = await slowWorld()
    await using _world = world
    const seen = async (instance: string) =>
      (await query(client, { entity, maxSample: 1, metricId: [{ counterId: 179, instance }] })).value?.length ?? 0
    expect(await seen('*')).toBe(3)
    expect(await seen('no such')).toBe(0)
  })

  it('are refused where there are none, and for a counter that does not exist', async () => {
    const { world, lab, client, entity } = await slowWorld()
    await using _world = world
    const metricId = [{ counterId: 178, instance: '*' }]
    const refused = async (spec: DataObject<'PerfQuerySpec'>) =>
      query(client, spec).catch((error: unknown) => (error as CallFault).fault.fault)
    const argument = (invalidProperty: string) => ({ $type: 'InvalidArgument', invalidProperty })
    const datastore = await datastoreRef(client)
    expect(await refused({ entity: datastore, intervalId: 20, metricId })).toMatchObject(argument('querySpec.interval'))
    expect(await refused({ entity, metricId: [{ counterId: 1, instance: '*' }] })).toMatchObject(
      argument('querySpec.metricId'),
    )
    lab.connectHost('esxi-1.lab', false)
    expect(await refused({ entity, intervalId: 20, metricId })).toMatchObject(argument('querySpec.interval'))
  })
})
