import type { Reason } from '../vm/why-not-disk.ts'
import type { DataObject } from '../types/index.ts'
import type { VirtualDiskDevice } from '../vm/vm-disk.ts'
import type { StoragePolicy } from '../policies/storage-policies.ts'
import type { VmNetwork } from '../inventory/vm-network.ts'

export type ConfigSpec = DataObject<'VirtualMachineConfigSpec'>

/** How a saved VM is to come back. */
export interface CreateOptions {
  /** As people write it: slashes and percent signs are escaped for vSphere here. */
  readonly name: string
  readonly datastoreName: string
  /** The target's API version, e.g. `8.0.3.0`: what is newer is left out, with a warning. */
  readonly apiVersion: string
  /** Ours: without it {@link destroyVm} refuses to touch the VM. Written to `extraConfig`. */
  readonly marker: string
  /** The networks the VM had, with their names, as `describePlace` saved them. */
  readonly savedNetworks: readonly VmNetwork[]
  /** The networks of the destination. */
  readonly targetNetworks: readonly VmNetwork[]
  /** Saved network name → target network name, where they differ. */
  readonly networkMap?: Readonly<Record<string, string>>
  /** Keep the MAC addresses, or let vSphere make new ones. Default: keep. */
  readonly mac?: 'keep' | 'generate'
  /** MAC addresses other VMs have: a card with one of these gets a new one, with a warning. */
  readonly macsInUse?: ReadonlySet<string>
  /** Keep the BIOS UUID (what many licences look at), or let vSphere make a new one. Default: keep. */
  readonly biosUuid?: 'keep' | 'generate'
  /** Whether network cards connect at power-on as they did. Default: true. */
  readonly startConnected?: boolean
}

/** What {@link buildCreateSpec} makes of a saved configuration. */
export interface CreatePlan {
  /** Everything but the disks. */
  readonly spec: ConfigSpec
  /** The disks to add once the VM exists, one by one, with `addDisk`. */
  readonly disks: readonly PlannedDisk[]
  /** The order to boot in, to be set with `setBootOrder` once the disks exist. Absent: the VM had none of its own. */
  readonly bootOrder?: readonly PlannedBootDevice[]
  /** What will be different from the saved VM. */
  readonly warnings: readonly CreateWarning[]
}

export interface PlannedDisk {
  /** `VirtualDisk.key` in the saved configuration. */
  readonly savedKey: number
  readonly label: string
  readonly capacityBytes: number
  readonly provisioning: Provisioning
  readonly diskMode: string
  /** The slot it had, and gets again: `scsi`, 0, 1. */
  readonly slot: { readonly bus: string; readonly busNumber: number; readonly unitNumber: number }
  /** The file it had, for messages only: the server names the new one. */
  readonly savedFileName: string
  /** The UUID the guest may know it by (`disk.EnableUUID`). */
  readonly savedUuid?: string | undefined
  /** Given to the new disk; the datastore's default otherwise. */
  readonly storagePolicy?: StoragePolicy | undefined
  /** I/O shares, if they were not the normal ones. */
  readonly shares?: VirtualDiskDevice['shares']
}

/** Thin, thick zeroed at first write (`lazy`), thick zeroed when made (`eager`). */
export type Provisioning = 'thin' | 'lazy' | 'eager'

export type PlannedBootDevice =
  | { readonly kind: 'cdrom' }
  | { readonly kind: 'floppy' }
  | { readonly kind: 'disk'; readonly savedKey: number }
  | { readonly kind: 'ethernet'; readonly ordinal: number }

export interface CreateWarning extends Reason {
  /** The device's label, where it is about one. */
  readonly device?: string
}

/** Collects warnings while a spec is built. */
export type Warn = (warning: CreateWarning) => void
