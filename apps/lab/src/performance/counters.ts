import type { AnyOf, DataObject } from '@vmkeep/vsphere/types'
import type { Latency } from './latencies.ts'

/** A counter that hosts have for each datastore they see. */
export interface Counter {
  /** Another number on every server and version: to be looked up by its names. */
  readonly key: number
  readonly group: string
  readonly name: string
  readonly label: string
  readonly valueOf: (latency: Latency) => number
}

/** Source: vSphere Web Services API, Disk I/O counters. Evidence: documented; the keys are the lab's own. */
export const counters: readonly Counter[] = [
  {
    key: 178,
    group: 'datastore',
    name: 'totalReadLatency',
    label: 'Read latency',
    valueOf: ({ readMs }) => readMs,
  },
  {
    key: 179,
    group: 'datastore',
    name: 'totalWriteLatency',
    label: 'Write latency',
    valueOf: ({ writeMs }) => writeMs,
  },
]

const described = (key: string, label: string): AnyOf<'ElementDescription'> => ({
  $type: 'ElementDescription',
  label,
  summary: label,
  key,
})

export const describeCounter = ({ key, group, name, label }: Counter): DataObject<'PerfCounterInfo'> => ({
  key,
  nameInfo: described(name, label),
  groupInfo: described(group, 'Datastore'),
  unitInfo: described('millisecond', 'ms'),
  rollupType: 'average',
  statsType: 'absolute',
  level: 1,
  perDeviceLevel: 3,
})

export const counterDescription: DataObject<'PerformanceDescription'> = {
  counterType: ['average', 'maximum', 'minimum', 'latest', 'summation', 'none'].map((key) => described(key, key)),
  statsType: ['absolute', 'delta', 'rate'].map((key) => described(key, key)),
}
