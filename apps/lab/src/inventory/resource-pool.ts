import type { AnyOf, DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { ComputeResource } from './compute-resource.ts'
import { hostSize } from './host.ts'
import { ManagedEntity } from './managed-entity.ts'
import type { World } from './world.ts'

const unlimited: DataObject<'ResourceAllocationInfo'> = {
  reservation: 0,
  expandableReservation: true,
  limit: -1,
  shares: { shares: 4000, level: 'normal' },
}

export class ResourcePool extends ManagedEntity {
  readonly #owner: ComputeResource

  constructor(world: World, value: string, name: string, owner: ComputeResource, parent: ManagedEntity) {
    super(world, 'ResourcePool', value, name, parent)
    this.#owner = owner
  }

  get owner(): ManagedObjectReference {
    return this.#owner.ref
  }
  get resourcePool(): readonly ManagedObjectReference[] {
    const pools = this.world.pools
    return pools.filter((pool) => pool.parentEntity === this).map(({ ref }) => ref)
  }
  get vm(): readonly ManagedObjectReference[] {
    const vms = this.world.vms
    return vms.filter((vm) => vm.pool === this).map(({ ref }) => ref)
  }
  get config(): DataObject<'ResourceConfigSpec'> {
    return { entity: this.ref, cpuAllocation: unlimited, memoryAllocation: unlimited }
  }
  get runtime(): DataObject<'ResourcePoolRuntimeInfo'> {
    const hosts = this.#owner.hosts.length
    return {
      memory: usage(hosts * hostSize.memoryBytes),
      cpu: usage(hosts * hostSize.cores * hostSize.mhz),
      overallStatus: this.overallStatus,
    }
  }
  get summary(): AnyOf<'ResourcePoolSummary'> {
    return { $type: 'ResourcePoolSummary', name: this.name, config: this.config, runtime: this.runtime }
  }
  get childConfiguration(): readonly never[] {
    return []
  }
}

function usage(max: number): DataObject<'ResourcePoolResourceUsage'> {
  return {
    reservationUsed: 0,
    reservationUsedForVm: 0,
    unreservedForPool: max,
    unreservedForVm: max,
    overallUsage: 0,
    maxUsage: max,
  }
}
