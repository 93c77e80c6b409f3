import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import type { InventoryTree } from '../inventory/inventory-tree.ts'
import { decodeName } from '../inventory/names.ts'
import { readInventoryTree } from '../inventory/read-inventory-tree.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/** Something a VM can be put in or on. */
export interface Spot {
  readonly ref: ManagedObjectReference
  readonly name: string
  readonly path: string
  /** The reference of the datacenter it belongs to. */
  readonly datacenter: string
}

export interface HostSpot extends Spot {
  /** The cluster or single host system it is part of. */
  readonly compute: string
  readonly usable: boolean
  readonly datastores: readonly string[]
  readonly networks: readonly ManagedObjectReference[]
}

export interface PoolSpot extends Spot {
  readonly compute: string
  readonly isRoot: boolean
}

export interface DatastoreSpot extends Spot {
  readonly usable: boolean
  readonly freeBytes: number
}

/** Everything that decides where a VM may go. */
export interface DestinationInventory {
  readonly datacenters: readonly Spot[]
  readonly folders: readonly (Spot & { readonly isRoot: boolean })[]
  readonly computes: readonly Spot[]
  readonly hosts: readonly HostSpot[]
  readonly pools: readonly PoolSpot[]
  readonly datastores: readonly DatastoreSpot[]
}

/** Reads all places of a vCenter or ESXi host that this account may see. */
export async function readDestinationInventory(session: Session, signal?: AbortSignal): Promise<DestinationInventory> {
  const tree = await readInventoryTree(session, signal)
  const datacenters = await readDatacenters(session, tree, signal)
  await addComputes(session, tree, signal)
  const reader = new SpotReader(session, tree, signal)
  return {
    datacenters: datacenters.map(({ spot }) => spot),
    folders: await reader.folders(datacenters.map(({ vmFolder }) => vmFolder)),
    computes: await reader.computes(),
    hosts: await reader.hosts(),
    pools: await reader.pools(),
    datastores: await reader.datastores(),
  }
}

interface DatacenterRoots {
  readonly spot: Spot
  readonly vmFolder: string
}

async function readDatacenters(
  session: Session,
  tree: InventoryTree,
  signal: AbortSignal | undefined,
): Promise<DatacenterRoots[]> {
  const found: DatacenterRoots[] = []
  const request = { type: 'Datacenter', from: underRoot(session), paths: ['name', 'parent', 'vmFolder'] } as const
  for await (const { ref, properties } of retrieve(session, request, signal)) {
    const storedName = properties.name ?? ref.value
    const path = tree.pathOf(storedName, properties.parent)
    const spot = { ref, name: decodeName(storedName), path, datacenter: ref.value }
    if (properties.vmFolder !== undefined) found.push({ spot, vmFolder: properties.vmFolder.value })
  }
  return found
}

const underRoot = (session: Session) => ({ under: session.content.rootFolder })

/** Clusters, hosts and pools lie in one another: they must all be in the tree before a path can be told. */
async function addComputes(session: Session, tree: InventoryTree, signal: AbortSignal | undefined): Promise<void> {
  for (const type of ['ComputeResource', 'ResourcePool', 'HostSystem'] as const) {
    const request = { type, from: underRoot(session), paths: ['name', 'parent'] } as const
    for await (const { ref, properties } of retrieve(session, request, signal))
      tree.add({ ref, name: properties.name ?? ref.value, parent: properties.parent })
  }
}

class SpotReader {
  readonly #session: Session
  readonly #tree: InventoryTree
  readonly #signal: AbortSignal | undefined

  constructor(session: Session, tree: InventoryTree, signal: AbortSignal | undefined) {
    this.#session = session
    this.#tree = tree
    this.#signal = signal
  }

  /** Only folders for VMs, which lie below the `vmFolder` of a datacenter. */
  async folders(vmFolders: readonly string[]): Promise<(Spot & { isRoot: boolean })[]> {
    const found: (Spot & { isRoot: boolean })[] = []
    const request = { type: 'Folder', from: underRoot(this.#session), paths: ['name'] } as const
    for await (const { ref } of retrieve(this.#session, request, this.#signal)) {
      const isForVms = this.#tree.chainTo(ref).some((node) => vmFolders.includes(node.ref.value))
      if (isForVms) found.push({ ...this.#spot(ref), isRoot: vmFolders.includes(ref.value) })
    }
    return found
  }

  async computes(): Promise<Spot[]> {
    const found: Spot[] = []
    const request = { type: 'ComputeResource', from: underRoot(this.#session), paths: ['name'] } as const
    for await (const { ref } of retrieve(this.#session, request, this.#signal)) found.push(this.#spot(ref))
    return found
  }

  async hosts(): Promise<HostSpot[]> {
    const found: HostSpot[] = []
    const state = ['runtime.connectionState', 'runtime.inMaintenanceMode'] as const
    const paths = ['parent', 'datastore', 'network', ...state] as const
    const request = { type: 'HostSystem', from: underRoot(this.#session), paths } as const
    for await (const { ref, properties } of retrieve(this.#session, request, this.#signal))
      found.push({
        ...this.#spot(ref),
        compute: properties.parent?.value ?? '',
        usable:
          properties['runtime.connectionState'] === 'connected' && properties['runtime.inMaintenanceMode'] !== true,
        datastores: (properties.datastore ?? []).map(({ value }) => value),
        networks: properties.network ?? [],
      })
    return found
  }

  async pools(): Promise<PoolSpot[]> {
    const found: PoolSpot[] = []
    const request = { type: 'ResourcePool', from: underRoot(this.#session), paths: ['owner', 'parent'] } as const
    for await (const { ref, properties } of retrieve(this.#session, request, this.#signal))
      if (ref.type === 'ResourcePool')
        found.push({
          ...this.#spot(ref),
          compute: properties.owner?.value ?? '',
          isRoot: properties.parent?.value === properties.owner?.value,
        })
    return found
  }

  async datastores(): Promise<DatastoreSpot[]> {
    const found: DatastoreSpot[] = []
    const request = { type: 'Datastore', from: underRoot(this.#session), paths: ['name', 'parent', 'summary'] } as const
    for await (const { ref, properties } of retrieve(this.#session, request, this.#signal)) {
      this.#tree.add({ ref, name: properties.name ?? ref.value, parent: properties.parent })
      const { accessible, maintenanceMode = 'normal', freeSpace = 0 } = properties.summary ?? {}
      found.push({
        ...this.#spot(ref),
        usable: accessible === true && maintenanceMode === 'normal',
        freeBytes: Number(freeSpace),
      })
    }
    return found
  }

  #spot(ref: ManagedObjectReference): Spot {
    const chain = this.#tree.chainTo(ref)
    const node = chain.at(-1)
    return {
      ref,
      name: decodeName(node?.name ?? ref.value),
      path: this.#tree.pathOf(node?.name ?? ref.value, node?.parent),
      datacenter: chain.find((one) => one.ref.type === 'Datacenter')?.ref.value ?? '',
    }
  }
}
