import type { DataObject } from '@vmkeep/vsphere/types'
import { LabObject } from '../inventory/lab-object.ts'
import type { World } from '../inventory/world.ts'
import { counterDescription, counters, describeCounter } from './counters.ts'

export class PerformanceManager extends LabObject {
  readonly #world: World

  constructor(world: World) {
    super('PerformanceManager', world.morefs.services.perfManager)
    this.#world = world
  }

  get description(): DataObject<'PerformanceDescription'> {
    return counterDescription
  }
  get perfCounter(): readonly DataObject<'PerfCounterInfo'>[] {
    return counters.map(describeCounter)
  }
  /** What a vCenter rolls up to; a host by itself has none of its own. */
  get historicalInterval(): readonly DataObject<'PerfInterval'>[] {
    if (this.#world.mode === 'esxi') return []
    return [
      { key: 1, samplingPeriod: 300, name: 'Past day', length: 86_400, level: 1, enabled: true },
      { key: 2, samplingPeriod: 1800, name: 'Past week', length: 604_800, level: 1, enabled: true },
    ]
  }
}
