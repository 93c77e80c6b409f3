import type { AnyOf, DataObject } from '../types/index.ts'

/** A virtual disk as one configuration of a VM describes it: the VM's current one, or a snapshot's. */
export interface VmDisk {
  /** `VirtualDisk.key`, 2000 and up: stable for as long as the disk stays in its slot. */
  readonly key: number
  /** What the vSphere client shows: `Hard disk 1`. */
  readonly label: string
  /** The slot as a vmx file writes it: `scsi0:1`, `nvme0:0`, `sata1:4`, `ide0:0`. */
  readonly address: string
  readonly capacityBytes: number
  /** `[datastore] folder/disk.vmdk`; empty where the backing names no file. */
  readonly fileName: string
  readonly datastoreName?: string | undefined
  /** `persistent`, `independent_persistent`, `nonpersistent` …; a physical RDM has none. */
  readonly diskMode?: string | undefined
  readonly sharing?: string | undefined
  /** vSphere's name of the backing: `VirtualDiskFlatVer2BackingInfo`. Empty if there is none. */
  readonly backingType: string
  /** `physicalMode` or `virtualMode` of a raw device mapping. */
  readonly rdmMode?: string | undefined
  /** `noSharing`, `virtualSharing`, `physicalSharing` of the controller the disk hangs on. */
  readonly controllerSharedBus?: string | undefined
  /** Where CBT stood. Absent: CBT is not active on this disk. Only a snapshot's is good for a backup. */
  readonly changeId?: string | undefined
  readonly uuid?: string | undefined
  readonly diskObjectId?: string | undefined
  readonly thinProvisioned?: boolean | undefined
  readonly eagerlyScrub?: boolean | undefined
  /** 512 or 4096 where the server says; servers before API 9.0 do not. */
  readonly sectorBytes?: number | undefined
  /** The device as decoded, for whoever needs more. */
  readonly device: VirtualDiskDevice
}

export type Device = AnyOf<'VirtualDevice'>
export type VirtualDiskDevice = Extract<Device, { readonly $type: 'VirtualDisk' }>
export type VmConfig = DataObject<'VirtualMachineConfigInfo'>
