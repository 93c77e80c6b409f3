import type { AnyOf, DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import type { Datastore } from '../storage/model.ts'
import { DatastoreBrowser } from './datastore-browser.ts'
import type { Folder } from './folder.ts'
import type { HostSystem } from './host.ts'
import { lunNameOf } from './lun-name.ts'
import { ManagedEntity } from './managed-entity.ts'
import type { World } from './world.ts'

const maxFileSizeBytes = 70_368_744_177_664 // 64 TiB: what VMFS 6 allows

/** A datastore as vSphere shows it; {@link store} holds the files. */
export class DatastoreObject extends ManagedEntity {
  readonly store: Datastore
  readonly hosts: readonly HostSystem[]
  readonly #browser: DatastoreBrowser

  constructor(world: World, value: string, store: Datastore, hosts: readonly HostSystem[], parent: Folder) {
    super(world, 'Datastore', value, store.name, parent)
    this.store = store
    this.hosts = hosts
    this.#browser = world.inventory.add(new DatastoreBrowser(`datastoreBrowser-${value}`, () => [this]))
  }

  get isAccessible(): boolean {
    return this.hosts.some(({ connection }) => connection === 'connected')
  }

  get summary(): DataObject<'DatastoreSummary'> {
    return {
      datastore: this.ref,
      name: this.name,
      url: this.store.url,
      capacity: this.store.capacityBytes,
      freeSpace: this.store.freeBytes,
      uncommitted: 0,
      accessible: this.isAccessible,
      multipleHostAccess: this.hosts.length > 1,
      type: this.store.type,
      maintenanceMode: 'normal',
    }
  }

  get info(): AnyOf<'DatastoreInfo'> {
    const common = {
      name: this.name,
      url: this.store.url,
      freeSpace: this.store.freeBytes,
      maxFileSize: maxFileSizeBytes,
      maxVirtualDiskCapacity: 68_169_720_922_112,
      maxMemoryFileSize: maxFileSizeBytes,
      timestamp: this.world.clock.timestamp(),
    }
    const capacity = this.store.capacityBytes
    if (this.store.type === 'NFS') {
      const nas = { type: 'NFS', name: this.name, capacity, remoteHost: 'nas.lab', remotePath: `/export/${this.name}` }
      return { $type: 'NasDatastoreInfo', ...common, nas: { ...nas, userName: '' } }
    }
    if (this.store.type === 'vsan') return { $type: 'VsanDatastoreInfo', ...common }
    if (this.store.type === 'VVOL') return { $type: 'VvolDatastoreInfo', ...common }
    const vmfs: DataObject<'HostVmfsVolume'> = {
      type: 'VMFS',
      name: this.name,
      capacity,
      blockSizeMb: 1,
      maxBlocks: 63_963_136,
      majorVersion: 6,
      version: '6.82',
      uuid: this.store.url.split('/').at(-2) ?? '',
      extent: [{ diskName: lunNameOf(this.store.url), partition: 1 }],
      vmfsUpgradable: false,
      ssd: true,
      local: this.hosts.length === 1,
    }
    return { $type: 'VmfsDatastoreInfo', ...common, vmfs }
  }

  get capability(): DataObject<'DatastoreCapability'> {
    const vmfs = this.store.type === 'VMFS'
    return {
      directoryHierarchySupported: true,
      rawDiskMappingsSupported: vmfs,
      perFileThinProvisioningSupported: true,
      storageIORMSupported: vmfs,
      nativeSnapshotSupported: this.store.type === 'VVOL',
      topLevelDirectoryCreateSupported: this.store.type !== 'vsan',
      seSparseSupported: true,
      vmfsSparseSupported: vmfs,
    }
  }

  get host(): readonly DataObject<'DatastoreHostMount'>[] {
    const path = this.store.url.replace('ds://', '').replace(/\/$/, '')
    return this.hosts.map((host) => ({
      key: host.ref,
      mountInfo: { path, accessMode: 'readWrite', mounted: true, accessible: host.connection === 'connected' },
    }))
  }
  get vm(): readonly ManagedObjectReference[] {
    const here = this.world.vms.filter((vm) => vm.datastores.includes(this))
    return here.map(({ ref }) => ref)
  }
  get browser(): ManagedObjectReference {
    return this.#browser.ref
  }
}
