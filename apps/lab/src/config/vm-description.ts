// What a make-believe VM is made of, in the fewest words: everything left out is what an ordinary VM has.
import type { DiskContent } from '../guest/index.ts'
import type { DiskMode } from '../storage/model.ts'

/** How a disk takes space: only what was written (`thin`), all of it (`thick`), all of it and zeroed first (`eager`). */
export type DiskFormat = 'thin' | 'thick' | 'eager'

export type ControllerKind = 'pvscsi' | 'lsilogic' | 'lsilogicsas' | 'nvme' | 'sata' | 'ide'

export interface DiskDescription {
  /** A raw image file with the first content. It is copied on write, never changed. */
  readonly image?: string
  /** A disk that is made up: a file system full of files, or a pattern of any size. */
  readonly generate?: DiskContent
  /** Needed for an empty disk; otherwise the size of the image. */
  readonly capacityBytes?: number
  /** `thin`, if left out. */
  readonly format?: DiskFormat
  /** `persistent`, if left out. Independent disks are in no snapshot; the last three are of old times. */
  readonly mode?: DiskMode
  /** A raw device mapping instead of a file. */
  readonly rdm?: 'physical' | 'virtual'
  /** In persistent memory of the host. */
  readonly pmem?: boolean
  /** 512, if left out. */
  readonly sectorBytes?: 512 | 4096
  /** A linked clone's: it stands on the first disk of this VM's first snapshot. That VM is described before. */
  readonly linkedTo?: string
  /** Shared with other VMs by the multi-writer flag. */
  readonly multiwriter?: boolean
  /** `pvscsi`, if left out. */
  readonly controller?: ControllerKind
  /** The controller's bus is shared with other VMs. */
  readonly sharedBus?: 'virtual' | 'physical'
  /** Where it lies, if not beside the VM. */
  readonly datastore?: string
  /** Whether this disk is encrypted with a key of the lab's key provider. */
  readonly encrypted?: boolean
  /** A first class disk: it has an id of its own in vCenter's catalogue. */
  readonly firstClass?: boolean
  /** Its file, or the whole datastore it lies on: vSphere shows no size of it, or no datastore, and refuses snapshots of the VM. */
  readonly lost?: 'file' | 'datastore'
  /** The name of its storage policy, which is made if there is none. vCenter only. */
  readonly storagePolicy?: string
}

export interface SnapshotDescription {
  readonly name: string
  readonly description?: string
  readonly children?: readonly SnapshotDescription[]
}

export interface GuestDescription {
  readonly users?: readonly GuestUser[]
  readonly programs?: readonly GuestProgram[]
  /** File systems that are on none of the VM's disks, as over iSCSI or NFS. */
  readonly volumes?: readonly GuestVolume[]
  /** `false`: its Tools are old, and do not tell which virtual disk a file system is on. */
  readonly namesDisks?: boolean
}

export interface GuestVolume {
  readonly path: string
  readonly fileSystem: string
  readonly capacityBytes: number
  readonly usedBytes: number
}

export interface GuestUser {
  readonly name: string
  readonly password: string
}

export interface GuestProgram {
  /** An absolute path of that guest. */
  readonly path: string
  /** 0, if left out. */
  readonly exitCode?: number
  /** What it writes, on stdout and stderr, as soon as it is started. */
  readonly writes?: string
  /** How long it runs, by the lab's clock; it ends at once, if left out. */
  readonly runsMs?: number
  /** Who may run it; everybody, if left out. */
  readonly onlyFor?: string
}

export interface VmDescription {
  readonly name: string
  /** Random, if left out. */
  readonly instanceUuid?: string
  readonly disks?: readonly DiskDescription[]
  /** `on`, if left out. */
  readonly power?: 'on' | 'off' | 'suspended'
  /** Whether changed block tracking is on and active from the start. */
  readonly cbt?: boolean
  readonly snapshots?: readonly SnapshotDescription[]
  /** `Production/Linux`, below the datacenter's VM folder. */
  readonly folder?: string
  /** The name of a host; the hosts take turns, if left out. */
  readonly host?: string
  readonly datastore?: string
  /** The networks of its network cards; one card on the first network, if left out. */
  readonly networks?: readonly string[]
  readonly cpus?: number
  readonly memoryMb?: number
  readonly firmware?: 'bios' | 'efi'
  readonly guestId?: string
  /** VMware Tools: `running` on a VM that is on, if left out. */
  readonly tools?: 'running' | 'stopped' | 'missing'
  /** Who may log in to its guest, and what can be run there. Nobody and nothing, if left out. */
  readonly guest?: GuestDescription
  readonly annotation?: string
  readonly extraConfig?: Readonly<Record<string, string>>
  readonly customValues?: Readonly<Record<string, string>>
  /** `env:prod`: the tag prod of the category env. vCenter only. */
  readonly tags?: readonly string[]
  /** The storage policy of its own files, by name. vCenter only. */
  readonly storagePolicy?: string
  readonly template?: boolean
  readonly faultTolerant?: boolean
  /** PCI passthrough: no snapshot while the VM is on. */
  readonly passthrough?: boolean
  readonly virtualTpm?: boolean
  /** A memory module of persistent memory: in no snapshot. */
  readonly nvdimm?: boolean
  readonly encrypted?: boolean
  /** Its host lacks the key: the VM is locked, and nothing can be done with it. */
  readonly keyMissing?: boolean
  /** Frozen as the source of instant clones: it is on, and its guest stands still. */
  readonly instantCloneFrozen?: boolean
  /** vSphere says that another snapshot of it is being taken. */
  readonly snapshotInBackground?: boolean
  /** What its settings forbid: any change of its snapshots, or any snapshot. */
  readonly snapshotsForbidden?: 'locked' | 'disabled'
  readonly connection?: 'connected' | 'disconnected' | 'orphaned' | 'inaccessible' | 'invalid'
  readonly consolidationNeeded?: boolean
  /** A question that hangs the VM until somebody answers. */
  readonly question?: string
}
