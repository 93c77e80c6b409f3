// What a restore point of a VM holds, as the repository keeps it: `attributes` of the point and of its images.
// A backup writes it, a restore reads it, perhaps years later: fields are only ever added.
import type { Plain, PointImage, RestorePoint, StoredImage } from '@vmkeep/repository'
import type { Consistency, Place } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import { plainOf } from './plain-of.ts'

export const vmPointFormat = 1
/** Of a point with the guest's memory: who does not know of it would take its images for disks. */
export const vmPointFormatWithMemory = 2

/** Why something is as it is: a stable code and a sentence. */
export interface Cause {
  readonly code: string
  readonly message: string
}

export type Provisioning = 'thin' | 'lazy' | 'eager'

export interface VmPointDisk {
  /** vSphere's VirtualDisk.key: 2000, 2001, … */
  readonly key: number
  /** `Hard disk 1` */
  readonly label: string
  /** `scsi0:1` */
  readonly address: string
  /** `[datastore] folder/name.vmdk`, of the snapshot the bytes were read from. */
  readonly fileName: string
  readonly provisioning: Provisioning
  readonly sectorSizeBytes: number
  readonly backingUuid?: string
  /** What the next backup asks vSphere's changes since. Absent where change tracking was not active. */
  readonly changeId?: string
  /** The change id in its place where vSphere's answers are in doubt: nobody asks since it, and tracking of its epoch stays in doubt. */
  readonly doubtedTracking?: string
  /** The VMDK's own metadata, `ddb.` keys without the prefix. */
  readonly metadata: Readonly<Record<string, string>>
  readonly mode: 'full' | 'incremental'
  /** What has read it, at the end. Absent in points of older versions. */
  readonly transport?: string
  /** Up to where the last audit of change tracking came, in its round over the disk. */
  readonly auditedToBytes?: number
  /** Why it was read in full, or what was remarkable. */
  readonly cause?: Cause
}

export interface SkippedDisk {
  readonly key: number
  readonly label: string
  readonly address: string
  readonly capacityBytes: number
  readonly cause: Cause
}

/** A file in which the snapshot kept the guest's memory, kept as an image beside those of the disks. */
export interface VmMemoryFile {
  /** `web-1-Snapshot7.vmem`, as it must be called where it is used. */
  readonly name: string
  readonly kind: 'snapshotData' | 'snapshotMemory'
}

/** A file of the VM's home, kept as a blob: `config` (the vmx), `nvram`, `vss-manifest`, `snapshotList` (the vmsd, with memory only). */
export interface VmHomeFile {
  readonly name: string
  readonly kind: string
  readonly blob: string
}

/** Whether a new VM can be made of the saved configuration, as it was tried when the point was made. */
export interface Recreate {
  readonly possible: boolean
  /** Why not. */
  readonly reasons: readonly Cause[]
  /** What a new VM would lack, or have otherwise. */
  readonly losses: readonly Cause[]
}

/** A script that was to run around the snapshot, and how that went. */
export interface ScriptRun {
  /** On the machine of vmkeep, or inside of the VM. */
  readonly where: 'host' | 'guest'
  readonly phase: 'pre' | 'post'
  readonly script: string
  readonly outcome: 'ok' | 'failed' | 'not-run'
  /** Why it failed or was not run. */
  readonly why?: string
  readonly seconds: number
}

/** What VMware's library made of the guest on the disks, as it told it. Its words, its gaps. */
export interface GuestOnDisks {
  readonly os?:
    | {
        /** `windows`, `linux`, …, or `other`. */
        readonly family: string
        readonly version: string
        readonly is64Bit: boolean
        readonly vendor: string
        readonly edition: string
      }
    | undefined
  readonly volumes: readonly {
    /** The label of its disk. */
    readonly disk: string
    /** `basic partition`, `GPT partition`, `dynamic volume`, `LVM volume`, or `unknown`. */
    readonly kind: string
    /** Where the guest has it, `C:\\`: of Windows only. */
    readonly mountPoints: readonly string[]
  }[]
}

export interface VmPointAttributes {
  readonly format: number
  readonly inventoryPath: string
  readonly instanceUuid: string
  readonly biosUuid: string
  /** Managed object reference at backup time, valid only on that endpoint. */
  readonly ref: string
  readonly endpointId: string
  readonly powerState: string
  /** Names, not only references: what the VM's surroundings were called, for a restore somewhere else. */
  readonly place: Place
  /** What the snapshot was, read back from vSphere: `application` only if VSS's manifest lists writers. */
  readonly consistency: Consistency
  /** What the policy asked for: `off`, `prefer`, `require`, `application`, `require-application`. */
  readonly quiesceAsked?: string
  /** The scripts around the snapshot, in the order in which they ran. Absent where the policy had none, and in older points. */
  readonly scripts?: readonly ScriptRun[]
  /** Absent where nobody asked for it, or VMware's library is not there. */
  readonly guest?: GuestOnDisks
  readonly runId: string
  readonly skippedDisks: readonly SkippedDisk[]
  readonly homeFiles: readonly VmHomeFile[]
  /** The snapshot's whole VirtualMachineConfigInfo as vSphere sent it, unknown devices included: a blob. */
  readonly configXml: string
  readonly warnings: readonly Cause[]
  /** Absent in points of older versions. */
  readonly recreate?: Recreate
}

export interface VmPoint extends VmPointAttributes {
  readonly id: string
  readonly createdAt: string
  readonly name: string
  readonly disks: readonly (VmPointDisk & { readonly image: StoredImage })[]
  /** The guest's memory at the point's instant: none, or what it takes to go on from there. */
  readonly memory: readonly (VmMemoryFile & { readonly image: StoredImage })[]
}

/** Reads a restore point as one of a VM. @throws `run.point-not-a-vm` if it is of something else or of a newer format */
export function vmPointOf(point: RestorePoint): VmPoint {
  const attributes = point.attributes as unknown as VmPointAttributes
  if (point.subject.kind !== 'vm' || typeof attributes.format !== 'number')
    throw fail('run.point-not-a-vm', { point: point.id })
  if (attributes.format > vmPointFormatWithMemory)
    throw fail('run.point-too-new', { point: point.id, format: attributes.format })
  const memory = point.images.flatMap(({ attributes: { memoryFile }, image }) =>
    memoryFile === undefined ? [] : [{ ...(memoryFile as unknown as VmMemoryFile), image }],
  )
  const disks = point.images
    .filter(isOfDisk)
    .map(({ attributes: disk, image }) => ({ ...(disk as unknown as VmPointDisk), image }))
  return { ...attributes, id: point.id, createdAt: point.createdAt, name: point.subject.name, disks, memory }
}

/** Whether an image of a point is a disk's, and not of memory. */
export const isOfDisk = ({ attributes: { memoryFile } }: Pick<PointImage, 'attributes'>): boolean =>
  memoryFile === undefined

/** How an image says that it is of memory. */
export const memoryImageAttributes = (file: VmMemoryFile): Record<string, Plain> => plainOf({ memoryFile: file })
