import type { AnyOf, DataObject } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import type { DatastoreObject } from '../inventory/datastore.ts'
import { HostSystem } from '../inventory/host.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import type { World } from '../inventory/world.ts'
import type { Handlers } from '../soap/call.ts'
import { type Counter, counters, describeCounter } from './counters.ts'

/** Source: vSphere Web Services API, PerformanceManager: a host takes a sample every 20 s and keeps them for an hour. Evidence: documented. */
const sampleSeconds = 20
const samplesKept = 180

export const performanceMethods: Handlers = {
  QueryPerfProviderSummary({ world, request }) {
    const entity = world.inventory.get(request.entity)
    const currentSupported = hasSamples(entity)
    const summary = { entity: entity.ref, currentSupported, summarySupported: world.mode === 'vcenter' }
    return currentSupported ? { ...summary, refreshRate: sampleSeconds } : summary
  },

  QueryPerfCounter: ({ request }) => request.counterId.map((id) => describeCounter(counterOf(id, 'counterId'))),

  QueryAvailablePerfMetric({ world, request }) {
    const entity = world.inventory.get(request.entity)
    const { intervalId = sampleSeconds } = request
    if (intervalId !== sampleSeconds || !hasSamples(entity)) return []
    return counters.flatMap(({ key }) => seenBy(entity, world).map(([instance]) => ({ counterId: key, instance })))
  },

  QueryPerf({ world, request }) {
    return request.querySpec.map((spec) => answer(spec, world))
  },
}

function answer(spec: DataObject<'PerfQuerySpec'>, world: World): AnyOf<'PerfEntityMetricBase'> {
  const entity = world.inventory.get(spec.entity)
  const { intervalId = sampleSeconds, format = 'normal', metricId = [] } = spec
  if (format !== 'normal') throw new VimFault('NotSupported')
  const wanted = metricId.map(({ counterId, instance }) => ({
    counter: counterOf(counterId, 'querySpec.metricId'),
    instance,
  }))
  const blank = { $type: 'PerfEntityMetric', entity: entity.ref } as const
  if (intervalId !== sampleSeconds) return blank // the lab keeps no history
  // Source: centreon-archive/centreon-vmware#55: so it is refused for a datastore, which has no samples of its own.
  // Evidence: observed there; for a host that does not respond: inferred.
  if (!hasSamples(entity)) throw new VimFault('InvalidArgument', { invalidProperty: 'querySpec.interval' })
  const times = sampleTimes(spec, world.clock.nowMs())
  return {
    ...blank,
    sampleInfo: times.map((timeMs) => ({ timestamp: new Date(timeMs).toISOString(), interval: sampleSeconds })),
    value: wanted.flatMap(({ counter, instance }) => seriesOf(entity, { counter, instance, times }, world)),
  }
}

function seriesOf(
  entity: HostSystem,
  { counter, instance: asked, times }: { counter: Counter; instance: string; times: readonly number[] },
  { latencies }: World,
): AnyOf<'PerfMetricSeries'>[] {
  const { world } = entity
  return seenBy(entity, world)
    .filter(([instance]) => asked === '*' || asked === instance)
    .map(([instance, datastore]) => ({
      $type: 'PerfMetricIntSeries',
      id: { counterId: counter.key, instance },
      value: times.map((timeMs) => {
        const latency = latencies.at(datastore, timeMs)
        return latency === undefined ? -1 : counter.valueOf(latency)
      }),
    }))
}

/** Oldest first, the newest no younger than asked for. */
function sampleTimes({ startTime, endTime, maxSample }: DataObject<'PerfQuerySpec'>, nowMs: number): number[] {
  const stepMs = sampleSeconds * 1000
  const newestMs = Math.floor(Math.min(nowMs, timeOf(endTime) ?? nowMs) / stepMs) * stepMs
  const times = Array.from({ length: samplesKept }, (_, index) => newestMs - (samplesKept - 1 - index) * stepMs)
  return times.filter((timeMs) => timeMs > (timeOf(startTime) ?? -Infinity)).slice(-(maxSample ?? samplesKept))
}

const timeOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text))

const hasSamples = (entity: LabObject): entity is HostSystem =>
  entity instanceof HostSystem && entity.connection === 'connected'

/**
 * What a host counts, by the last part of the datastore's url.
 * Source: how public exporters of these counters name the datastore of a sample. Evidence: observed.
 */
function seenBy(host: HostSystem, { latencies, clock }: World): [instance: string, DatastoreObject][] {
  return host.datastores
    .filter((datastore) => latencies.at(datastore, clock.nowMs()) !== undefined)
    .map((datastore) => [datastore.store.url.split('/').at(-2) ?? '', datastore])
}

function counterOf(id: number, parameter: string): Counter {
  const counter = counters.find(({ key }) => key === id)
  if (counter === undefined) throw new VimFault('InvalidArgument', { invalidProperty: parameter })
  return counter
}
