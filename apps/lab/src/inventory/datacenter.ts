import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { Folder } from './folder.ts'
import { ManagedEntity } from './managed-entity.ts'
import type { World } from './world.ts'

export interface DatacenterFolders {
  readonly vm: Folder
  readonly host: Folder
  readonly datastore: Folder
  readonly network: Folder
}

export class Datacenter extends ManagedEntity {
  readonly folders: DatacenterFolders

  constructor(world: World, value: string, name: string, parent: Folder) {
    super(world, 'Datacenter', value, name, parent)
    const folder = (kind: keyof DatacenterFolders) =>
      world.inventory.add(new Folder(world, world.morefs.folder(kind), kind, kind, this))
    this.folders = {
      vm: folder('vm'),
      host: folder('host'),
      datastore: folder('datastore'),
      network: folder('network'),
    }
  }

  get vmFolder(): ManagedObjectReference {
    return this.folders.vm.ref
  }
  get hostFolder(): ManagedObjectReference {
    return this.folders.host.ref
  }
  get datastoreFolder(): ManagedObjectReference {
    return this.folders.datastore.ref
  }
  get networkFolder(): ManagedObjectReference {
    return this.folders.network.ref
  }
  get datastore(): readonly ManagedObjectReference[] {
    return this.folders.datastore.childEntity
  }
  get network(): readonly ManagedObjectReference[] {
    return this.folders.network.childEntity.filter(({ type }) => type !== 'VmwareDistributedVirtualSwitch')
  }
  get configuration(): DataObject<'DatacenterConfigInfo'> {
    return {}
  }
}
