import type { AnyOf, DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { EnvironmentBrowser } from './environment-browser.ts'
import type { Folder } from './folder.ts'
import { type HostSystem, hostSize } from './host.ts'
import { ManagedEntity } from './managed-entity.ts'
import { ResourcePool } from './resource-pool.ts'
import type { World } from './world.ts'

/** A cluster of hosts on a vCenter, or what stands for the one host of a bare ESXi. */
export class ComputeResource extends ManagedEntity {
  readonly hosts: HostSystem[] = []
  readonly pool: ResourcePool
  readonly environment: EnvironmentBrowser
  readonly #cluster: boolean

  constructor(world: World, value: string, name: string, parent: Folder) {
    const cluster = world.mode === 'vcenter'
    super(world, cluster ? 'ClusterComputeResource' : 'ComputeResource', value, name, parent)
    this.#cluster = cluster
    this.pool = world.inventory.add(new ResourcePool(world, world.morefs.resourcePool(), 'Resources', this, this))
    this.environment = world.inventory.add(
      new EnvironmentBrowser(world.morefs.services.environmentBrowser, () => this.hosts[0]),
    )
  }

  get resourcePool(): ManagedObjectReference {
    return this.pool.ref
  }
  get host(): readonly ManagedObjectReference[] {
    return this.hosts.map(({ ref }) => ref)
  }
  get datastore(): readonly ManagedObjectReference[] {
    return this.world.datastores.map(({ ref }) => ref)
  }
  get network(): readonly ManagedObjectReference[] {
    return this.world.networks.map(({ ref }) => ref)
  }
  get summary(): AnyOf<'ComputeResourceSummary'> {
    return this.#cluster
      ? { $type: 'ClusterComputeResourceSummary', ...this.summaryEx! }
      : { $type: 'ComputeResourceSummary', ...this.#capacity() }
  }
  get summaryEx(): DataObject<'ClusterComputeResourceSummary'> | undefined {
    return this.#cluster ? { ...this.#capacity(), currentFailoverLevel: 0, numVmotions: 0 } : undefined
  }
  get environmentBrowser(): ManagedObjectReference {
    return this.environment.ref
  }
  get configurationEx(): AnyOf<'ComputeResourceConfigInfo'> {
    return { $type: 'ComputeResourceConfigInfo', vmSwapPlacement: 'vmDirectory', spbmEnabled: false }
  }
  get lifecycleManaged(): boolean {
    return false
  }

  #capacity(): DataObject<'ComputeResourceSummary'> {
    const usable = this.hosts.filter(({ connection, maintenance }) => connection === 'connected' && !maintenance)
    return {
      totalCpu: this.hosts.length * hostSize.cores * hostSize.mhz,
      totalMemory: this.hosts.length * hostSize.memoryBytes,
      numCpuCores: this.hosts.length * hostSize.cores,
      numCpuThreads: this.hosts.length * hostSize.threads,
      effectiveCpu: usable.length * hostSize.cores * hostSize.mhz,
      effectiveMemory: (usable.length * hostSize.memoryBytes) / 1024 ** 2,
      numHosts: this.hosts.length,
      numEffectiveHosts: usable.length,
      overallStatus: this.overallStatus,
    }
  }
}
