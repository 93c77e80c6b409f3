import type { DataObject } from '@vmkeep/vsphere/types'
import { busNumberOf } from '../inventory/vm/controllers.ts'
import type { SnapshotDisk } from '../storage/model.ts'
import type { VmSettings } from '../inventory/vm/vm-settings.ts'

/** A disk that a lease gives access to: a URL of the host's. */
export interface LeaseFile {
  /** `/vm-101/ParaVirtualSCSIController0:0`: which disk of which VM. */
  readonly key: string
  /** The same, as the descriptor it is imported from names it: `/web/ParaVirtualSCSIController0:0`. Empty in an export. */
  readonly importKey: string
  /** `disk-0.vmdk` */
  readonly name: string
  /** The layer that ends the chain. */
  readonly diskPath: string
  readonly capacityBytes: number
}

export type ManifestEntry = DataObject<'HttpNfcLeaseManifestEntry'>

/** The files of some disks of a VM. Source: `DeviceUrl`s quoted in pyvmomi-community-samples issues 392 and 417. Evidence: observed. */
export function leaseFiles(
  settings: Pick<VmSettings, 'devices' | 'disks'>,
  disks: readonly Pick<SnapshotDisk, 'key' | 'capacityBytes' | 'backing'>[],
  names: { readonly entity: string; readonly importedAs?: string },
): LeaseFile[] {
  return disks.map(({ key, backing, capacityBytes }, index) => {
    const slot = slotOf(settings, key)
    return {
      key: `/${names.entity}/${slot}`,
      importKey: names.importedAs === undefined ? '' : `/${names.importedAs}/${slot}`,
      name: `disk-${index}.vmdk`,
      diskPath: backing.fileName,
      capacityBytes,
    }
  })
}

/** `ParaVirtualSCSIController0:1`: where a disk hangs, as leases write it. */
export function slotOf({ devices, disks }: Pick<VmSettings, 'devices' | 'disks'>, diskKey: number): string {
  const disk = disks.find(({ key }) => key === diskKey)
  const controller = devices.find(({ key }) => key === disk?.controllerKey)
  return `${controller?.$type ?? 'VirtualController'}${busNumberOf(controller)}:${disk?.unitNumber ?? 0}`
}
