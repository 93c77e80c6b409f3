import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import { ManagedEntity } from './managed-entity.ts'
import type { World } from './world.ts'

export type FolderKind = 'root' | 'vm' | 'host' | 'datastore' | 'network'

const childTypes: Readonly<Record<FolderKind, readonly string[]>> = {
  root: ['Folder', 'Datacenter'],
  vm: ['Folder', 'VirtualMachine', 'VirtualApp'],
  host: ['Folder', 'ComputeResource'],
  datastore: ['Folder', 'Datastore', 'StoragePod'],
  network: ['Folder', 'Network', 'DistributedVirtualSwitch', 'DistributedVirtualPortgroup'],
}

export class Folder extends ManagedEntity {
  readonly kind: FolderKind
  readonly #children = new Set<ManagedEntity>()

  constructor(world: World, value: string, name: string, kind: FolderKind, parent?: ManagedEntity) {
    super(world, 'Folder', value, name, parent)
    this.kind = kind
  }

  get children(): readonly ManagedEntity[] {
    return [...this.#children]
  }

  attach(child: ManagedEntity): void {
    this.#children.add(child)
    child.parentEntity = this
    this.world.inventory.changed()
  }

  detach(child: ManagedEntity): void {
    this.#children.delete(child)
    this.world.inventory.changed()
  }

  get childType(): readonly string[] {
    return childTypes[this.kind]
  }
  get childEntity(): readonly ManagedObjectReference[] {
    return this.children.map(({ ref }) => ref)
  }
}
