import type { GuestVolume, Vm } from './vm.ts'

/** On a CD, or in memory. */
const notOfDisks = new Set(['iso9660', 'udf', 'cdfs', 'squashfs', 'tmpfs', 'overlay'])

/**
 * File systems of the guest that can be on none of the VM's disks: it has them over iSCSI, NFS or the like.
 *
 * Only where Tools name the disks of others: old ones name none. And only if they have no room on disks that no file system is said to be
 * on: what lies on a pool of whole disks (ZFS, Storage Spaces) may not be known to Tools either.
 * Source: vSphere Web Services API 8.0, GuestDiskInfo.mappings, "VirtualDisks backing the guest partition, if known", since 7.0. Evidence:
 * documented; that Tools name none beneath iSCSI and NFS: inferred.
 */
export function volumesElsewhere({ guestVolumes, disks }: Pick<Vm, 'guestVolumes' | 'disks'>): readonly GuestVolume[] {
  const known = new Set(guestVolumes.flatMap(({ diskKeys }) => diskKeys))
  if (known.size === 0) return []
  const unknown = guestVolumes.filter(
    ({ diskKeys, fileSystem }) => diskKeys.length === 0 && !notOfDisks.has(fileSystem.toLowerCase()),
  )
  const roomBytes = sumOf(disks.filter(({ key }) => !known.has(key)))
  return sumOf(unknown) > roomBytes ? unknown : []
}

const sumOf = (parts: readonly { readonly capacityBytes: number }[]): number =>
  parts.reduce((sum, { capacityBytes }) => sum + capacityBytes, 0)
