import type { SnapshotNode } from '../snapshots/snapshot-tree.ts'
import type { Enumeration, ManagedObjectReference } from '../types/index.ts'
import type { Device, VmConfig, VmDisk } from './vm-disk.ts'

/** One VM at one moment: everything a planner needs. */
export interface Vm {
  readonly ref: ManagedObjectReference
  /** As people wrote it; see `names.ts`. */
  readonly name: string
  readonly inventoryPath: string
  /** The datacenter's inventory path as vSphere stores it, without the first slash: what `downloadFile` asks for. */
  readonly datacenterPath?: string | undefined
  readonly instanceUuid?: string | undefined
  readonly biosUuid?: string | undefined
  readonly template: boolean
  readonly changeTracking: { readonly supported: boolean; readonly enabled: boolean }
  readonly powerState: Enumeration<'VirtualMachinePowerState'>
  readonly connectionState: Enumeration<'VirtualMachineConnectionState'>
  /** Whether disks wait to be merged after a snapshot was removed. */
  readonly consolidationNeeded: boolean
  /** Whether something else is taking a snapshot in the background right now. */
  readonly snapshotInBackground: boolean
  /** What vSphere waits to have answered before it does anything else with the VM. */
  readonly question?: string | undefined
  readonly toolsRunning: boolean
  readonly faultTolerance: boolean
  readonly encrypted: boolean
  /** Whether it is encrypted and its host lacks the key. */
  readonly locked: boolean
  /** Whether its guest stands still as the source of instant clones. */
  readonly instantCloneFrozen: boolean
  /** The snapshot tree, parents before children. */
  readonly snapshots: readonly SnapshotNode[]
  /** Whether the VM's own settings forbid snapshots to change. */
  readonly snapshotLocked: boolean
  readonly snapshotDisabled: boolean
  readonly snapshotsSupported: boolean
  readonly memorySnapshotsSupported: boolean
  /** `vmx-19`. */
  readonly hardwareVersion?: string | undefined
  readonly host?: VmHost | undefined
  readonly datastores: readonly VmDatastore[]
  readonly disks: readonly VmDisk[]
  readonly devices: readonly Device[]
  /** As VMware Tools tell; none while they do not run. */
  readonly guestVolumes: readonly GuestVolume[]
  /** Tasks on this VM that are queued or running. */
  readonly recentTasks: readonly VmTask[]
  /** `[datastore] folder/name.vmx`. */
  readonly vmxPath?: string | undefined
  /** The VM's configuration; absent while vSphere cannot read it. */
  readonly config?: VmConfig | undefined
  /** The VM's files as vSphere lists them, or none. */
  readonly files: readonly VmFile[]
}

/** A file system that the guest has mounted. */
export interface GuestVolume {
  /** `/var`, `C:\\` */
  readonly path: string
  readonly fileSystem: string
  readonly capacityBytes: number
  readonly usedBytes: number
  /** The virtual disks beneath it, where Tools know them: not before vSphere 7.0. */
  readonly diskKeys: readonly number[]
}

export interface VmHost {
  readonly ref: ManagedObjectReference
  readonly name: string
  readonly inMaintenance: boolean
  readonly connectionState?: string | undefined
}

export interface VmDatastore {
  readonly ref: ManagedObjectReference
  readonly name: string
  /** `VMFS`, `NFS`, `NFS41`, `vsan`, `VVOL`, `PMEM` … */
  readonly type: string
  readonly capacityBytes: number
  readonly freeBytes: number
  readonly accessible: boolean
}

export interface VmTask {
  readonly ref: ManagedObjectReference
  /** `VirtualMachine.createSnapshot`. */
  readonly descriptionId: string
  readonly state: Enumeration<'TaskInfoState'>
  readonly progressPercent?: number | undefined
}

export interface VmFile {
  readonly path: string
  /** `config`, `extendedConfig`, `nvram`, `snapshotList`, `diskDescriptor` … */
  readonly type: string
  readonly sizeBytes: number
}
