import type { DiskReader, DiskWriter, Extent } from '@vmkeep/disk'
import type { Clock, KeyedLimiter, Random } from '@vmkeep/kit'
import type { Device, ManagedObjectReference, Session } from '@vmkeep/vsphere'
import type { AttachmentLog } from './hotadd/attachments.ts'
import type { TransportName, TransportSettings } from './settings.ts'

/** What is known of a disk before it is opened. */
export interface DiskPlace {
  /** `[datastore] folder/name.vmdk`. Which link of a snapshot chain is read is decided by this path alone. */
  readonly path: string
  readonly capacityBytes: number
  /** `backing.uuid`, where vSphere says it: the disk that is opened must have the same. */
  readonly uuid?: string | undefined
  /** Only parts of it are going to be read: what changed. */
  readonly inPart?: boolean | undefined
  readonly vm?: ManagedObjectReference
  /** `scsi0:1` */
  readonly address?: string
  /** As decoded, for whoever needs more. */
  readonly device?: Device
}

export interface VmDiskRequest extends DiskPlace {
  readonly session: Session
  readonly vm: ManagedObjectReference
  /** The snapshot whose disk it is; absent for a VM that is off. */
  readonly snapshot?: ManagedObjectReference | undefined
  /** VirtualDisk.key */
  readonly deviceKey: number
  /** What of it changed since it was read last, if that is what will be read: who may not see the newest has to look there. */
  readonly changed?: ((signal: AbortSignal) => AsyncIterable<Extent>) | undefined
  readonly settings: TransportSettings
  readonly clock: Clock
  readonly random: Random
  /** What remembers a disk that is attached to this machine. Without it none is. */
  readonly attachments?: AttachmentLog
  /** Places for NFC connections, per host. Without it there is no limit. */
  readonly nfcConnections?: KeyedLimiter
  /** Told of a host on which there is no place now. */
  readonly onWait?: (host: string) => void
  /** Told each time a connection was lost or not made, and another is tried. */
  readonly onReconnect: (cause: unknown) => void
  /** Told of the connection that was made after all. */
  readonly onReconnected?: () => void
  /** Told each time a transport gave up and the next one goes on. */
  readonly onFallback: (fallback: { readonly from: TransportName; readonly to: TransportName; cause: unknown }) => void
  readonly signal: AbortSignal
}

export interface VmDiskReader extends DiskReader {
  /** Which transport reads it now. */
  readonly transport: TransportName
  /** The VMDK's own metadata: `ddb.` keys without the prefix. */
  metadata(signal?: AbortSignal): Promise<Readonly<Record<string, string>>>
}

/** A disk of a VM that is off. */
export interface VmDiskWriter extends DiskWriter {
  readonly transport: TransportName
}

/** A disk of a VM that is off. `read` shows what is on it now; what is read and what is written at the same time do not overlap. */
export type VmDiskInPlace = VmDiskReader & VmDiskWriter

/** One way to VMs' disks. What it opens keeps the disk contract. */
export interface Transport {
  /** What speaks for it, in a few words. */
  readonly why: string
  /** Why it cannot reach this disk, as far as can be told without trying. */
  whyNot(disk: DiskPlace, settings: TransportSettings): string | undefined
  open(request: VmDiskRequest): Promise<VmDiskReader>
  /** Absent: it cannot write. */
  openForWriting?(request: VmDiskRequest): Promise<VmDiskWriter>
  /** A disk of a VM that is off, to be changed where it must be: what is read is what is on it now. Absent: it cannot do both at once. */
  openInPlace?(request: VmDiskRequest): Promise<VmDiskInPlace>
}
