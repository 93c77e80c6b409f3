import { collect } from '@vmkeep/kit'
import { readProperties } from '../properties/read-properties.ts'
import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import { type DataObject, isA, type ManagedObjectReference } from '../types/index.ts'

export interface DatastoreLatency {
  /** The slower of reading and writing, as the host sees it that has the worst of it. */
  readonly latencyMs: number
  readonly host: string
}

/** Source: vSphere Web Services API, PerformanceManager: hosts take a sample every 20 s. Evidence: documented. */
const sampleSeconds = 20
/** A minute: one slow command in a quiet 20 s is not yet a slow datastore. */
const samplesMax = 3

/**
 * What vSphere's own counters say of datastores. Hosts count, not datastores, and not vCenter: each host for each datastore it sees.
 * Counters have other numbers on every server, so they are looked up by name, once.
 *
 * It takes `System.View`, which every account has that sees the hosts.
 * Source: required privileges of PerformanceManager's methods in pyvmomi's types. Evidence: documented.
 */
export class LatencyCounters {
  readonly #session: Session
  readonly #manager: ManagedObjectReference
  readonly #counterIds: readonly number[]

  private constructor(session: Session, manager: ManagedObjectReference, counterIds: readonly number[]) {
    this.#session = session
    this.#manager = manager
    this.#counterIds = counterIds
  }

  /** `undefined` if this server has none. @throws `vsphere.*` */
  static async find(session: Session, signal?: AbortSignal): Promise<LatencyCounters | undefined> {
    const ref = session.content.perfManager
    if (ref === undefined) return undefined
    const request = { type: 'PerformanceManager', ref, paths: ['perfCounter'] } as const
    const { perfCounter = [] } = await readProperties(session, request, signal)
    const ids = perfCounter.filter(isLatency).map(({ key }) => key)
    return ids.length === 0 ? undefined : new LatencyCounters(session, ref, ids)
  }

  /** `undefined` if no host that is connected tells anything of this datastore. @throws `vsphere.*` */
  async read(datastore: ManagedObjectReference, signal?: AbortSignal): Promise<DatastoreLatency | undefined> {
    const request = { type: 'Datastore', ref: datastore, paths: ['summary', 'host'] } as const
    const { summary, host: mounts = [] } = await readProperties(this.#session, request, signal)
    const instance = instanceOf(summary?.url ?? '')
    const mounted = mounts.filter(({ mountInfo }) => mountInfo.accessible !== false && mountInfo.mounted !== false)
    const hosts = await this.#connected(mounted, signal)
    if (instance === undefined || hosts.size === 0) return undefined
    const metricId = this.#counterIds.map((counterId) => ({ counterId, instance }))
    const querySpec = [...hosts.values()].map(({ ref }) => ({
      entity: ref,
      maxSample: samplesMax,
      metricId,
      intervalId: sampleSeconds,
      format: 'normal',
    }))
    const answers = (await this.#session.call('QueryPerf', { _this: this.#manager, querySpec }, { signal })) ?? []
    const seen = answers.flatMap((answer) => {
      const latencyMs = worstOf(answer)
      const host = hosts.get(answer.entity.value)?.name ?? answer.entity.value
      return latencyMs === undefined ? [] : [{ latencyMs, host }]
    })
    return seen.toSorted((a, b) => b.latencyMs - a.latencyMs)[0]
  }

  /** A host that is not connected has no samples, and is refused with all the others that are asked along with it. */
  async #connected(
    mounts: readonly DataObject<'DatastoreHostMount'>[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, { readonly ref: ManagedObjectReference; readonly name: string }>> {
    const from = mounts.map(({ key }) => key)
    const request = { type: 'HostSystem', from, paths: ['name', 'runtime.connectionState'] } as const
    const found = await collect(retrieve(this.#session, request, signal))
    const connected = found.filter(({ properties }) => properties['runtime.connectionState'] === 'connected')
    return new Map(connected.map(({ ref, properties: { name } }) => [ref.value, { ref, name: name ?? ref.value }]))
  }
}

/** Source: vSphere Web Services API, Disk I/O counters. Evidence: documented. */
const isLatency = ({ groupInfo, nameInfo, rollupType }: DataObject<'PerfCounterInfo'>): boolean =>
  groupInfo.key === 'datastore' &&
  (nameInfo.key === 'totalReadLatency' || nameInfo.key === 'totalWriteLatency') &&
  rollupType === 'average'

/**
 * `ds:///vmfs/volumes/5f1c…-…/` → `5f1c…-…`: what a host calls a datastore in its counters.
 * Source: how public exporters of these counters name the datastore of a sample. Evidence: observed.
 */
const instanceOf = (url: string): string | undefined => url.split('/').findLast((part) => part !== '')

/** The mean of each counter, and of those the worst. A sample that was not taken is negative. Evidence: inferred. */
function worstOf(answer: unknown): number | undefined {
  if (!isA(answer, 'PerfEntityMetric')) return undefined
  const means = (answer.value ?? []).flatMap((series) => {
    const taken = (isA(series, 'PerfMetricIntSeries') ? (series.value ?? []) : []).map(Number).filter((ms) => ms >= 0)
    return taken.length === 0 ? [] : [taken.reduce((sum, ms) => sum + ms, 0) / taken.length]
  })
  return means.length === 0 ? undefined : Math.max(...means)
}
