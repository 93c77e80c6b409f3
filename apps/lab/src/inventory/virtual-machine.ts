import type { DataObject, Enumeration, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { type GeneratedDisk, GuestMemory } from '../guest/index.ts'
import { parseDatastorePath } from '../storage/index.ts'
import type { SparseBytes, VmStorage } from '../storage/model.ts'
import type { LabMachine } from '../machine/lab-machine.ts'
import type { DatastoreObject } from './datastore.ts'
import { plainName } from './entity-name.ts'
import type { Folder } from './folder.ts'
import type { HostSystem } from './host.ts'
import { ManagedEntity } from './managed-entity.ts'
import type { ResourcePool } from './resource-pool.ts'
import { capabilityOf } from './vm/capability.ts'
import { configInfo } from './vm/config-info.ts'
import { disabledMethodsOf } from './vm/disabled-methods.ts'
import { FileKeys, fileLayout, layoutEx } from './vm/file-layout.ts'
import { GuestSystem } from './vm/guest-system.ts'
import { guestInfo } from './vm/guest-info.ts'
import { networkOf } from './vm/network-card.ts'
import { dropManifest } from './vm/quiesce-guest.ts'
import { runtimeInfo, type ToolsState } from './vm/runtime-info.ts'
import { type Snapshot, snapshotTree } from './vm/snapshot.ts'
import { storageInfo } from './vm/storage-info.ts'
import { summaryOf } from './vm/summary.ts'
import { chainOf } from './vm/vm-files.ts'
import type { VmSettings } from './vm/vm-settings.ts'
import type { World } from './world.ts'

export interface VmParts {
  readonly settings: VmSettings
  readonly storage: VmStorage
  readonly host: HostSystem
  /** Templates have none. */
  readonly pool: ResourcePool | undefined
  readonly folder: Folder
}

type ConnectionState = Enumeration<'VirtualMachineConnectionState'>

/** A VM: its settings here, its bytes in {@link storage}. */
export class VirtualMachine extends ManagedEntity {
  readonly storage: VmStorage
  readonly fileKeys = new FileKeys()
  /** What is known of disks that were made up, by the disk's key. */
  readonly generated = new Map<number, GeneratedDisk>()
  readonly number: number
  readonly memory: GuestMemory
  settings: VmSettings
  host: HostSystem
  pool: ResourcePool | undefined
  /** Whether VMware Tools run when the VM does. */
  tools: ToolsState = 'running'
  ownConnectionState: ConnectionState = 'connected'
  question: string | undefined
  faultTolerant = false
  /** Its host lacks the key of an encrypted VM. */
  keyMissing = false
  instantCloneFrozen = false
  snapshotInBackground = false
  /** What runs inside, for those who can log in there. */
  readonly guestSystem: GuestSystem
  /** The folder in which its guest's devices appear, where somebody asked for that. */
  machine: LabMachine | undefined
  cleanPowerOff = true
  bootTime: string
  changedTime: string
  #consolidationForced = false
  readonly #snapshots = new Map<string, Snapshot>()

  constructor(world: World, value: string, { settings, storage, host, pool, folder }: VmParts) {
    super(world, 'VirtualMachine', value, settings.name, folder)
    this.number = world.nextVmNumber()
    this.settings = settings
    this.memory = new GuestMemory(`${settings.instanceUuid}, ${value}`)
    this.storage = storage
    this.host = host
    this.pool = pool
    this.bootTime = world.clock.timestamp()
    this.guestSystem = new GuestSystem(this)
    this.changedTime = this.bootTime
  }

  /** Says that something about it is different now. */
  touch(): void {
    this.changedTime = this.world.clock.timestamp()
    this.world.inventory.changed()
  }

  get power(): 'on' | 'off' | 'suspended' {
    return this.storage.power
  }
  get toolsState(): ToolsState {
    const stands = this.power !== 'on' || this.instantCloneFrozen
    return this.tools === 'running' && stands ? 'stopped' : this.tools
  }
  get connectionState(): ConnectionState {
    return this.host.connection === 'connected' ? this.ownConnectionState : 'disconnected'
  }
  get hardwareVersion(): number {
    return Number(/^vmx-(\d+)$/.exec(this.settings.version)?.[1] ?? 0)
  }
  get hostName(): string {
    return plainName(this.name)
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')
  }
  get ipAddress(): string {
    return `192.0.2.${(this.number % 254) + 1}`
  }
  /** What its guest has in memory now, or had when it was suspended. Nonsense of a VM that is off. */
  get guestMemory(): SparseBytes {
    const { suspendedMemory } = this.storage
    if (suspendedMemory !== undefined) return suspendedMemory
    return this.memory.now({ sizeBytes: this.settings.memoryMb * 1024 ** 2, writes: this.storage.writes })
  }
  /** Whether some layers could be merged and are not; can be forced, to see what a tool makes of it. */
  get consolidationNeeded(): boolean {
    return this.#consolidationForced || this.storage.consolidationNeeded
  }
  forceConsolidationNeeded(forced: boolean): void {
    this.#consolidationForced = forced
    this.touch()
  }
  /** The datastores its files lie on: its home first. */
  get datastores(): DatastoreObject[] {
    const backings = this.storage.disks.flatMap(({ backing }) => chainOf(backing).map(({ datastore }) => datastore))
    const names = new Set([parseDatastorePath(this.storage.vmxPath).datastore, ...backings])
    return this.world.datastores.filter(({ store }) => names.has(store.name))
  }
  /** Its snapshots that exist, roots first. */
  get snapshots(): Snapshot[] {
    return this.storage.snapshots.map(({ id }) => this.#snapshots.get(id)).filter((found) => found !== undefined)
  }

  addSnapshot(snapshot: Snapshot): void {
    this.#snapshots.set(snapshot.ref.value, this.world.inventory.add(snapshot))
    this.touch()
  }

  /** Forgets the snapshots the storage has no more. */
  dropGoneSnapshots(): void {
    const alive = new Set(this.storage.snapshots.map(({ id }) => id))
    for (const [id, snapshot] of this.#snapshots)
      if (!alive.has(id)) {
        this.#snapshots.delete(id)
        if (snapshot.parts.backupManifest !== undefined) dropManifest(this, snapshot.parts.backupManifest)
        this.world.inventory.remove(snapshot)
      }
    this.touch()
  }

  get config(): DataObject<'VirtualMachineConfigInfo'> | undefined {
    const isUnreadable = ['orphaned', 'inaccessible', 'invalid'].includes(this.connectionState)
    return isUnreadable
      ? undefined
      : this.configOf(this.settings, (key) => this.storage.disks.find((disk) => disk.key === key))
  }

  /** Settings as a config shows them, over the given disks. */
  configOf(
    settings: VmSettings,
    shownDisk: Parameters<typeof configInfo>[1]['shownDisk'],
  ): DataObject<'VirtualMachineConfigInfo'> {
    return configInfo(settings, {
      vmId: this.ref.value,
      vmxPath: this.storage.vmxPath,
      changeTrackingEnabled: this.storage.changeTracking.configured,
      datastores: (name) => this.world.datastores.find(({ store }) => store.name === name)?.ref,
      shownDisk,
    })
  }

  get capability(): DataObject<'VirtualMachineCapability'> {
    return capabilityOf(this.hardwareVersion)
  }
  get layout(): DataObject<'VirtualMachineFileLayout'> {
    return fileLayout(this)
  }
  get layoutEx(): DataObject<'VirtualMachineFileLayoutEx'> {
    return layoutEx(this)
  }
  get storageInfo(): DataObject<'VirtualMachineStorageInfo'> {
    return storageInfo(this)
  }
  get environmentBrowser(): ManagedObjectReference {
    return this.world.compute.environmentBrowser
  }
  get resourcePool(): ManagedObjectReference | undefined {
    return this.pool?.ref
  }
  get resourceConfig(): DataObject<'ResourceConfigSpec'> {
    const unlimited = {
      reservation: 0,
      expandableReservation: false,
      limit: -1,
      shares: { shares: 1000, level: 'normal' },
    } as const
    return { entity: this.ref, cpuAllocation: unlimited, memoryAllocation: unlimited }
  }
  get runtime(): DataObject<'VirtualMachineRuntimeInfo'> {
    return runtimeInfo(this)
  }
  get guest(): DataObject<'GuestInfo'> {
    return guestInfo(this)
  }
  get summary(): DataObject<'VirtualMachineSummary'> {
    return summaryOf(this)
  }
  get datastore(): readonly ManagedObjectReference[] {
    return this.datastores.map(({ ref }) => ref)
  }
  get network(): readonly ManagedObjectReference[] {
    const plugged = new Set(this.settings.devices.map(networkOf))
    return this.world.networks.filter(({ ref }) => plugged.has(ref.value)).map(({ ref }) => ref)
  }
  get snapshot(): DataObject<'VirtualMachineSnapshotInfo'> | undefined {
    return snapshotTree(this)
  }
  get rootSnapshot(): readonly ManagedObjectReference[] {
    return this.snapshots.filter(({ frozen }) => frozen.parent === undefined).map(({ ref }) => ref)
  }
  get guestHeartbeatStatus(): Enumeration<'ManagedEntityStatus'> {
    return this.toolsState === 'running' ? 'green' : 'gray'
  }
  override get disabledMethod(): readonly string[] {
    return [...new Set([...disabledMethodsOf(this), ...this.disabledBy.keys()])]
  }

  override read(property: string, reader: Parameters<ManagedEntity['read']>[1]): unknown {
    // `storage` is vSphere's name for what the files take and ours for the bytes themselves
    return property === 'storage' ? this.storageInfo : super.read(property, reader)
  }
}
