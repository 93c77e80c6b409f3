import type { DiskReader, DiskWriter } from '@vmkeep/disk'
import type { Clock, Random } from '@vmkeep/kit'
import type { ManagedObjectReference, Session } from '@vmkeep/vsphere'
import { openNfcDisk } from './nfc/open-nfc-disk.ts'
import type { TransportSettings } from './settings.ts'

export interface VmDiskRequest {
  readonly session: Session
  readonly vm: ManagedObjectReference
  /** VirtualDisk.key */
  readonly deviceKey: number
  /** `[datastore] folder/name.vmdk`. Which link of a snapshot chain is read is decided by this path alone. */
  readonly path: string
  readonly settings: TransportSettings
  readonly clock: Clock
  readonly random: Random
  /** Told each time a lost connection was mended. */
  readonly onReconnect: (cause: unknown) => void
  readonly signal: AbortSignal
}

export interface VmDiskReader extends DiskReader {
  /** Which transport reads it: `nbdssl`, `nbd`. */
  readonly transport: string
  /** The VMDK's own metadata: `ddb.` keys without the prefix. */
  metadata(signal?: AbortSignal): Promise<Readonly<Record<string, string>>>
}

/** A disk of a VM that is off. `read` shows what is on it now. */
export interface VmDiskWriter extends DiskWriter {
  readonly transport: string
}

/** Opens a disk of a snapshot, or of a VM that is off, for reading. Passes `diskReaderContract`. */
export function openVmDisk(request: VmDiskRequest): Promise<VmDiskReader> {
  return openNfcDisk(request, 'read')
}

/** Opens a disk of a VM that is off for writing. Its holes stay holes where nothing is written. */
export function openVmDiskForWriting(request: VmDiskRequest): Promise<VmDiskWriter> {
  return openNfcDisk(request, 'write')
}
