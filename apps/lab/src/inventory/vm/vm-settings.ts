import type { AnyOf, DataObject } from '@vmkeep/vsphere/types'
import type { DiskMode } from '../../storage/model.ts'

export type Device = AnyOf<'VirtualDevice'>

/**
 * What a VM is configured to be, without its disks' bytes. Never changed in place: a change makes a new one, and so a snapshot
 * keeps the old one by holding on to it.
 */
export interface VmSettings {
  readonly name: string
  readonly uuid: string
  readonly instanceUuid: string
  readonly guestId: string
  readonly version: string
  readonly firmware: string
  readonly annotation: string
  readonly cpus: number
  readonly coresPerSocket: number
  readonly memoryMb: number
  readonly createDate: string
  readonly modified: string
  readonly changeVersion: number
  readonly template: boolean
  readonly extraConfig: ReadonlyMap<string, string>
  /** Parts a client may set that nothing here acts on: kept and shown as they came. */
  readonly kept: KeptSettings
  /** All devices but disks. */
  readonly devices: readonly Device[]
  readonly disks: readonly DiskSettings[]
  /** The storage policy of the VM's own files. */
  readonly policyId?: string | undefined
}

export type KeptSettings = Partial<
  Pick<
    DataObject<'VirtualMachineConfigInfo'>,
    | 'alternateGuestName'
    | 'locationId'
    | 'managedBy'
    | 'bootOptions'
    | 'keyId'
    | 'swapPlacement'
    | 'cpuHotAddEnabled'
    | 'cpuHotRemoveEnabled'
    | 'memoryHotAddEnabled'
    | 'nestedHVEnabled'
    | 'cpuAllocation'
    | 'memoryAllocation'
    | 'cpuAffinity'
    | 'latencySensitivity'
    | 'tools'
    | 'flags'
    | 'defaultPowerOps'
    | 'ftInfo'
    | 'migrateEncryption'
    | 'maxMksConnections'
    | 'guestAutoLockEnabled'
    | 'memoryReservationLockedToMax'
    | 'messageBusTunnelEnabled'
    | 'vPMCEnabled'
  >
>

/** How a disk hangs on its VM. Its bytes, files and size are in the storage, under the same key. */
export interface DiskSettings {
  readonly key: number
  readonly label: string
  readonly controllerKey: number
  readonly unitNumber: number
  readonly mode: DiskMode
  readonly sharing: 'sharingNone' | 'sharingMultiWriter'
  readonly rdm?: {
    readonly mode: 'physicalMode' | 'virtualMode'
    readonly lunUuid: string
    readonly deviceName: string
  }
  readonly pmem?: boolean
  /** Of a first class disk. */
  readonly firstClassId?: string
  readonly keyId?: DataObject<'CryptoKeyId'> | undefined
  /** What vSphere can't find of it any more. */
  readonly lost?: 'file' | 'datastore'
  readonly shares: DataObject<'SharesInfo'>
  readonly policyId?: string | undefined
}
