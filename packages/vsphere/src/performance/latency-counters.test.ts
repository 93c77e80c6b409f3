import { expect, it } from 'vitest'
import { FakeSession, refOf } from '../fake-session.ts'
import { LatencyCounters } from './latency-counters.ts'

const manager = refOf('PerformanceManager', 'PerfMgr')
const datastore = refOf('Datastore', 'datastore-7')
const host = (name: string) => refOf('HostSystem', name)
const words = (key: string) => ({ label: key, summary: key, key })

const counter = (key: number, group: string, name: string, rollupType = 'average') => ({
  key,
  groupInfo: words(group),
  nameInfo: words(name),
  unitInfo: words('millisecond'),
  rollupType,
  statsType: 'absolute',
})
const known = [
  counter(7, 'disk', 'totalReadLatency'),
  counter(8, 'datastore', 'totalReadLatency'),
  counter(9, 'datastore', 'totalWriteLatency'),
  counter(10, 'datastore', 'totalWriteLatency', 'maximum'),
]

/** What hosts tell: by host, the samples of reading and of writing. */
function telling(samples: Readonly<Record<string, readonly [read: number[], write: number[]]>>): FakeSession {
  const session = new FakeSession(
    {
      QueryPerf: ({ querySpec }) =>
        querySpec.map(({ entity, metricId = [] }) => ({
          $type: 'PerfEntityMetric',
          entity,
          value: metricId.map((id) => ({
            $type: 'PerfMetricIntSeries',
            id,
            value: samples[entity.value]![id.counterId === 8 ? 0 : 1],
          })),
        })),
    },
    { content: { perfManager: manager } },
  )
  session.put(manager, { perfCounter: known })
  const mount = (name: string) => ({ key: host(name), mountInfo: { accessMode: 'readWrite', accessible: true } })
  session.put(datastore, {
    summary: { url: 'ds:///vmfs/volumes/5f1c-aa/' },
    host: [...Object.keys(samples), 'gone'].map(mount),
  })
  for (const name of Object.keys(samples)) session.put(host(name), { name, runtime: { connectionState: 'connected' } })
  session.put(host('gone'), { name: 'gone', runtime: { connectionState: 'notResponding' } })
  return session
}

const latencyOf = async (session: FakeSession) => (await LatencyCounters.find(session))?.read(datastore)

it.each([
  ['the mean of a minute', { a: [[10, 20, 30], [1]] }, { latencyMs: 20, host: 'a' }],
  ['of the host that has the worst of it', { a: [[10], [4]], b: [[2], [35]] }, { latencyMs: 35, host: 'b' }],
  ['without samples that were not taken', { a: [[-1, 12, -1], [-1]] }, { latencyMs: 12, host: 'a' }],
  ['unknown where no sample was taken', { a: [[-1], []] }, undefined],
] as const)('a datastore has the latency that its hosts tell: %s', async (_, samples, expected) => {
  const session = telling(samples as never)
  expect(await latencyOf(session)).toEqual(expected)
})

it('asks hosts that are connected, by the names of counters and of the datastore', async () => {
  const session = telling({ a: [[1], [2]] })
  await latencyOf(session)
  const metricId = [8, 9].map((counterId) => ({ counterId, instance: '5f1c-aa' }))
  expect(session.requestsOf('QueryPerf')).toEqual([
    {
      _this: manager,
      querySpec: [{ entity: host('a'), maxSample: 3, metricId, intervalId: 20, format: 'normal' }],
    },
  ])
})

it('tells nothing where the server has no such counters', async () => {
  expect(await LatencyCounters.find(new FakeSession())).toBeUndefined()
  const session = telling({})
  session.change(manager, { perfCounter: [known[0]] })
  expect(await LatencyCounters.find(session)).toBeUndefined()
})
