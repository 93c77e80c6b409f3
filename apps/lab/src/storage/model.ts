// What the bytes offer to the managed objects above them: datastores, the disks of a VM, snapshots, change tracking.
// Nothing here knows SOAP. Paths are datastore paths as vSphere writes them: `[datastore1] vm/vm-000001.vmdk`.
import type { DiskReader, Extent } from '@vmkeep/disk'
import type { ListedSnapshot, SnapshotList } from './vmsd.ts'

/** All bytes of the lab. Made by `openLabStorage`. Disposing it removes every temporary file. */
export interface LabStorage extends AsyncDisposable {
  readonly datastores: readonly Datastore[]
  readonly vms: readonly VmStorage[]

  addDatastore(spec: DatastoreSpec): Datastore
  /** @throws `lab.no-such-datastore` */
  datastore(name: string): Datastore

  addVm(spec: VmStorageSpec): VmStorage
  /** Forgets the VM (UnregisterVM); with `destroy`, deletes its disks, its snapshots' layers and its folder's files too (Destroy_Task). */
  removeVm(vm: VmStorage, options?: { readonly destroy?: boolean }): void

  /** A disk no VM has (VirtualDiskManager.CreateVirtualDisk_Task). @throws `lab.file-exists`, `lab.no-space` */
  createDisk(path: string, spec: DiskSpec): Promise<void>
  /** A whole copy of the chain that ends in `from`, as one new disk. Costs no bytes until one of the two is written. */
  copyDisk(from: string, to: string, allocation?: DiskAllocation): Promise<void>
  /** @throws `lab.file-locked` while a VM has it or somebody reads it */
  deleteDisk(path: string): void
  /** @throws `lab.disk-has-children` if snapshots stand on it, `lab.file-locked` while a running VM has it */
  growDisk(path: string, capacityBytes: number): Promise<void>

  /**
   * Opens the chain that ends in this layer, as NFC and datastore access see it.
   *
   * Read access to a layer below the leaf of a running VM is allowed; to the leaf itself it is `lab.file-locked`.
   * Write access needs the leaf of a VM that is off, or a disk no VM has.
   * While open, the layers under it can't be consolidated: removal of a snapshot then leaves `consolidationNeeded`.
   *
   * @throws `lab.file-not-found`, `lab.not-a-disk`, `lab.file-locked`, `lab.bad-path`
   */
  openPath(path: string, options?: { readonly access?: DiskAccess }): OpenDisk
}

export type DiskAccess = 'read' | 'write'

export type DatastoreType = 'VMFS' | 'NFS' | 'vsan' | 'VVOL'

export interface DatastoreSpec {
  readonly name: string
  readonly type: DatastoreType
  readonly capacityBytes: number
  readonly volume?: string
}

/** A datastore and its files. Paths here are relative to it: `vm/vm.vmx`. */
export interface Datastore {
  readonly name: string
  readonly type: DatastoreType
  readonly capacityBytes: number
  readonly freeBytes: number
  /** `ds:///vmfs/volumes/<uuid>/` */
  readonly url: string

  /** Leaves only so much free, whatever is stored, until called again without an argument. */
  fill(freeBytes?: number): void

  /** Entries of one folder, by name. @throws `lab.file-not-found` */
  list(folder: string): DatastoreEntry[]
  stat(path: string): DatastoreEntry | undefined
  /** A file's bytes, or a view of a `-flat.vmdk`. @throws `lab.file-not-found`, `lab.file-locked`, `lab.is-folder` */
  open(path: string): DatastoreFile
  /** The whole of a small file. @throws as `open`; `lab.file-too-large` above 64 MiB */
  readFile(path: string): Promise<Uint8Array>
  /** Creates or replaces a small file and the folders above it. @throws `lab.file-locked`, `lab.no-space` */
  writeFile(path: string, content: Uint8Array | string): void
  /** Creates or replaces a file of any size, empty until it is written to. @throws `lab.file-locked`, `lab.is-folder` */
  createFile(path: string): DatastoreWriter
  makeFolder(path: string): void
  /** Deletes a file, or a folder and all in it. A descriptor takes its disk with it. @throws `lab.file-not-found`, `lab.file-locked` */
  deleteFile(path: string): void
  /** Renames a file, or a folder and all in it. @throws `lab.file-not-found`, `lab.file-exists`, `lab.file-locked` */
  moveFile(from: string, to: string): void
  /** Holds a file as a running VM or another host would, until disposed. */
  lock(path: string): Disposable
}

export interface DatastoreEntry {
  readonly name: string
  readonly path: string
  readonly kind: 'file' | 'folder'
  /** As `VirtualMachineFileLayoutExFileInfo.type` says it: config, diskDescriptor, diskExtent, nvram, snapshotData … */
  readonly type: string
  readonly sizeBytes: number
  /** What it takes of the datastore: less than its size if it is thin. */
  readonly allocatedBytes: number
  readonly modifiedMs: number
}

/** Bytes that may have holes: a file, a disk, the memory of a guest. */
export interface SparseBytes {
  readonly sizeBytes: number
  read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void>
  /** As a disk's: what is left out reads as zeroes. */
  allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent>
}

/** A file to be read in ranges. Dispose it. */
export interface DatastoreFile extends SparseBytes, AsyncDisposable {
  readonly modifiedMs: number
}

/** A file that is being written. What has been written is there at once, and stays if nothing follows. */
export interface DatastoreWriter {
  /** @throws `lab.no-space` */
  write(offsetBytes: number, bytes: Uint8Array): void
  /** Zeroes up to this size, unless it has it already. */
  extendTo(sizeBytes: number): void
}

export type DiskAllocation = 'thin' | 'lazyZeroedThick' | 'eagerZeroedThick'
/** `VirtualDiskMode`, as vSphere spells it. Independent disks are in no snapshot and are never tracked. */
export type DiskMode =
  | 'persistent'
  | 'independent_persistent'
  | 'independent_nonpersistent'
  | 'nonpersistent'
  | 'undoable'
  | 'append'

export interface DiskSpec {
  readonly capacityBytes: number
  /** Thin, if left out. */
  readonly allocation?: DiskAllocation
  readonly sectorSizeBytes?: 512 | 4096
  /** Bytes the disk starts with; read through, never copied. The storage owns it from now on; it may be given to several disks. */
  readonly source?: DiskReader
  /** `lsilogic`, if left out. Shown in the descriptor and over DDB_GET. */
  readonly adapterType?: string
}

export interface VmStorageSpec {
  readonly name: string
  /** `[datastore1] vm/vm.vmx`; its folder is where snapshots go. The file itself is the caller's to write. */
  readonly vmxPath: string
}

/** What stands behind one VM: its disks, its snapshots' layers, its change tracking. Never two changes at once. */
export interface VmStorage {
  readonly name: string
  readonly vmxPath: string
  readonly disks: readonly VirtualDisk[]
  /** @throws `lab.no-such-disk` */
  disk(key: number): VirtualDisk
  /** How often its disks have been written to. */
  readonly writes: number

  readonly power: 'on' | 'off' | 'suspended'
  /**
   * Starts it anew or ends it: what a suspended VM was doing is gone. A power cycle is a stun: a changed `changeTracking` takes
   * effect. `hard` may lose change tracking, by rule `cbt.power-loss`.
   */
  setPower(power: 'on' | 'off', options?: { readonly hard?: boolean }): Promise<void>
  /** Saves what it does to its folder. @throws `lab.no-space` */
  suspend(state: GuestState): Promise<void>
  /**
   * Goes on from there, and gives the memory it goes on with, to be disposed, and how often its disks had been written to then.
   * @throws `lab.file-locked`, `lab.file-not-found`, `lab.bad-checkpoint`, `lab.memory-cut-short`, `lab.memory-mismatch`
   */
  resume(): Promise<{ readonly memory: DatastoreFile; readonly writes: number }>
  /** Of its .vmss, in its folder; of a VM that is suspended. */
  readonly suspendFileName: string | undefined
  /** Of a VM that is suspended. @throws `lab.file-not-found` */
  readonly suspendedMemory: SparseBytes | undefined

  /** Creates a disk (or `[ds] ` only: names it like vSphere does) and attaches it. */
  addDisk(spec: VmDiskSpec & DiskSpec): Promise<VirtualDisk>
  /** Attaches a disk that exists, or an existing layer of another VM (HotAdd). Change tracking of it starts anew. */
  attachDisk(spec: VmDiskSpec & { readonly path: string }): Promise<VirtualDisk>
  /** Takes the disk from the VM; with `destroy`, deletes its layers that no snapshot needs. */
  detachDisk(key: number, options?: { readonly destroy?: boolean }): Promise<void>
  /** @throws `lab.disk-has-children` while snapshots exist. May reset change tracking, by rule `cbt.resize`. */
  growDisk(key: number, capacityBytes: number): Promise<void>

  /** Roots first, children after their parents. */
  readonly snapshots: readonly VmSnapshot[]
  readonly currentSnapshot: VmSnapshot | undefined
  /** @throws `lab.no-such-snapshot` */
  snapshot(id: string): VmSnapshot
  /** Freezes every disk that snapshots take, all at one instant between two guest writes. @throws `lab.no-space`, `lab.file-exists` */
  createSnapshot(spec: NewSnapshot): Promise<VmSnapshot>
  /**
   * Removes a snapshot and merges its layers, a step at a time: yields 0 to 100. The snapshot is gone from the tree at the first
   * step. What could not be merged (a layer open elsewhere, a rule `snapshot.consolidate`, `consolidate: false`) leaves
   * `consolidationNeeded`; the generator ends all the same. The guest may write between steps.
   */
  removeSnapshot(id: string, options?: RemoveOptions): AsyncGenerator<number, void, undefined>
  removeAllSnapshots(options?: { readonly consolidate?: boolean }): AsyncGenerator<number, void, undefined>
  /**
   * Back to the snapshot's bytes. Change tracking starts anew. The VM is then suspended with the snapshot's memory, or off if
   * that has none. @throws `lab.file-not-found`, `lab.bad-checkpoint`, `lab.memory-cut-short`: nothing has changed then
   */
  revertToSnapshot(id: string): Promise<void>
  /** The text of the .vmx that a snapshot keeps in its .vmsn, and the power the VM had; `undefined` if that can't be read. */
  keptState(fileName: string): Promise<{ readonly power: VmStorage['power']; readonly config: string } | undefined>
  /** What the .vmsd in its folder says. */
  listedSnapshots(): Promise<SnapshotList>
  /** Takes up what a VM that was unregistered left in its folder, when its disks hang on it again. @throws `lab.file-not-found`, `lab.not-a-disk` */
  adopt(left: LeftBehind): void
  readonly consolidationNeeded: boolean
  /** @throws `lab.file-locked` if a layer is still open elsewhere: {@link consolidationNeeded} stays */
  consolidate(): AsyncGenerator<number, void, undefined>

  /** `configured` is what the VM's config says; `effective` what the disks do: it follows at the next stun (at once, if the VM is off). */
  readonly changeTracking: { readonly configured: boolean; readonly effective: boolean }
  setChangeTracking(enabled: boolean): Promise<void>
  /** QueryChangedDiskAreas. Never throws: what vCenter answers with a fault comes as such. */
  queryChanged(query: ChangedQuery): Promise<ChangedAnswer>

  /** The bytes of one disk as they were at the snapshot's instant. Outlives the snapshot; ask while it exists. For tests to compare with. */
  frozenView(snapshotId: string, key: number): DiskReader
  /** Moves all its files to another folder, e.g. `[ds2] vm` (storage vMotion). Change tracking survives unless told otherwise. */
  relocate(folder: string, options?: { readonly keepChangeTracking?: boolean }): Promise<void>
}

export interface VmDiskSpec {
  /** `VirtualDisk.key`: 2000, 2001 … */
  readonly key: number
  /** `[ds] vm/vm.vmdk`; `[ds]` or nothing: the next free name in the VM's folder. */
  readonly path?: string
  /** `scsi0:0`, as the vmx names it. */
  readonly node?: string
  readonly mode?: DiskMode
  /** Whether CBT may track it. Default: if it is not independent. */
  readonly trackable?: boolean
}

/** A guest's disk: what it can write to. */
export interface GuestDisk {
  readonly capacityBytes: number
  /** To the leaf and to change tracking, as the running guest writes. @throws `lab.no-space` when its datastore is full */
  writeGuest(offsetBytes: number, bytes: Uint8Array): Promise<void>
  /** TRIM/UNMAP: reads zero from now on, is unallocated where whole 64 KiB pages are covered, and counts as changed. */
  trimGuest(offsetBytes: number, lengthBytes: number): Promise<void>
}

export interface VirtualDisk extends GuestDisk {
  readonly key: number
  readonly node: string
  readonly mode: DiskMode
  readonly sectorSizeBytes: number
  readonly allocation: DiskAllocation
  /** Backing of the current leaf, with its parents. */
  readonly backing: DiskBacking
  /** What the guest reads now. Bytes may change under it. */
  readGuest(offsetBytes: number, target: Uint8Array): Promise<void>
}

/** One file of a chain, in the words of `VirtualDiskFlatVer2BackingInfo`. */
export interface DiskBacking {
  readonly fileName: string
  readonly datastore: string
  readonly uuid: string
  readonly contentId: string
  /** `uuid/sequence`, absent while CBT is not effective on this disk. Only ever on the top of a chain. */
  readonly changeId?: string
  readonly thinProvisioned: boolean
  readonly eagerlyScrub: boolean
  /** `redoLogFormat` or `seSparseFormat`, on children only. */
  readonly deltaDiskFormat?: 'redoLogFormat' | 'seSparseFormat'
  readonly parent?: DiskBacking
}

export interface SnapshotSpec {
  /** The caller's moref, e.g. `snapshot-12`. */
  readonly id: string
  readonly name: string
  readonly description?: string
}

export interface NewSnapshot extends SnapshotSpec {
  /** The text of the .vmx, kept in the .vmsn. */
  readonly config?: string
  /** The guest's memory, asked for at the snapshot's instant. */
  readonly memory?: (() => SparseBytes) | undefined
}

export interface GuestState {
  /** The text of the .vmx. */
  readonly config: string
  /** Asked for at the instant. */
  readonly memory: () => SparseBytes
}

export interface LeftBehind {
  readonly list: SnapshotList
  /** Whether its .vmx says that it is suspended, and in which file. */
  readonly suspendFileName: string | undefined
  /** A moref for each snapshot. */
  readonly idOf: (listed: ListedSnapshot) => string
  /** The key of the disk at `scsi0:0`. */
  readonly keyOf: (node: string) => number
}

export interface VmSnapshot extends SnapshotSpec {
  /** Counts up per VM; part of the names of its files: `vm-Snapshot3.vmsn`. */
  readonly number: number
  /** Of its .vmsn, in the VM's folder. */
  readonly fileName: string
  /** Of its .vmem, beside that; of snapshots with memory. */
  readonly memoryFileName: string | undefined
  readonly createdMs: number
  readonly parent: VmSnapshot | undefined
  readonly children: readonly VmSnapshot[]
  readonly disks: readonly SnapshotDisk[]
}

/** A disk as the snapshot's config shows it. `backing` follows the file names when layers are merged. */
export interface SnapshotDisk {
  readonly key: number
  readonly node: string
  readonly mode: DiskMode
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly backing: DiskBacking
}

export interface RemoveOptions {
  readonly removeChildren?: boolean
  /** Default true. */
  readonly consolidate?: boolean
}

export interface ChangedQuery {
  /** Left out: the disk as it is now, which vSphere answers for a VM that is off. */
  readonly snapshotId?: string | undefined
  readonly deviceKey: number
  readonly startOffset: number
  readonly changeId: string
}

export type ChangedAnswer =
  | {
      readonly kind: 'page'
      readonly startOffset: number
      readonly length: number
      readonly extents: readonly Extent[]
    }
  /** "Error caused by file …". */
  | { readonly kind: 'file-fault'; readonly file: string }
  | { readonly kind: 'invalid-argument'; readonly property: 'deviceKey' | 'startOffset' | 'changeId' | 'snapshot' }
  | { readonly kind: 'not-supported' }

/** An open chain. Reading keeps the DiskReader contract unless it was opened for writing. */
export interface OpenDisk extends DiskReader {
  readonly path: string
  readonly access: DiskAccess
  /** Counts as changed and allocates, like a guest's write. @throws `disk.out-of-range`, `lab.no-space` */
  write(offsetBytes: number, bytes: Uint8Array): Promise<void>
  /** What the host says is allocated: everything for an eager disk and off VMFS, else what was written. */
  reportedAllocated(within: Extent): AsyncIterable<Extent>
  /** Value of a disk database key without `ddb.`, as DDB_GET asks for it. */
  database(key: string): string | undefined
}

/** The settings of change tracking, for the whole lab. */
export interface ChangeTrackingSettings {
  /** 64 KiB, if left out. */
  readonly blockSizeBytes?: number
  /** 2,000, if left out. */
  readonly extentsPerPageMax?: number
  /** How much of a disk one page describes at most: makes empty pages. No limit, if left out. */
  readonly pageLengthBytesMax?: number
  /** What `*` gives on NFS, vSAN and vVol. `whole`, if left out. */
  readonly starOffVmfs?: 'whole' | 'file-fault'
}

/**
 * What a rule can do to the bytes. Names of `on`, with the `object` they are asked about:
 * - `snapshot.create`, `snapshot.consolidate` (vm name): `fail`
 * - `cbt.query` (snapshot's disk path): `omit`, `stuck-page`, `wrong-start`, `file-fault`
 * - `cbt.change-id` (snapshot's disk path): `empty-change-id`
 * - `cbt.stun`, `cbt.power-loss`, `cbt.resize` (vm name): `reset-change-tracking`
 */
export type StorageAction =
  | { readonly do: 'fail' }
  | { readonly do: 'delay'; readonly ms: number }
  /** In each round of a merge the guest writes so many bytes to each disk. */
  | { readonly do: 'guest-writes'; readonly bytes: number }
  /** CBT lies: leaves out this share of the changed areas, 0 to 1. */
  | { readonly do: 'omit'; readonly share: number }
  | { readonly do: 'stuck-page' }
  | { readonly do: 'wrong-start' }
  | { readonly do: 'file-fault' }
  | { readonly do: 'empty-change-id' }
  | { readonly do: 'reset-change-tracking' }
  /** As another VM lets go of a disk below a snapshot, the change tracking file beside it goes too. */
  | { readonly do: 'delete-tracking-file' }

/** Kit's FaultPlan, over any union of actions: the bytes act on those they know. */
export interface Faults {
  next(on: string, object?: string): unknown
}
