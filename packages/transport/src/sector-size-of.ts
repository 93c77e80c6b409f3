import { sectorBytesOf } from '@vmkeep/vsphere'
import type { DiskPlace } from './transport.ts'

/**
 * The size of sectors that the guest sees, of a disk that is read from its files. vSphere says it from API 9.0 on; else the VMDK's metadata
 * may. The files themselves count in 512 bytes whatever the guest sees.
 *
 * Source: `ddb.logicalSectorSize` in descriptors. Evidence: inferred from the field of the same name in VDDK 7's VixDiskLibInfo.
 */
export function sectorSizeOf(
  { device }: Pick<DiskPlace, 'device'>,
  database: Readonly<Record<string, string>>,
): number {
  const told = device?.$type === 'VirtualDisk' ? sectorBytesOf(device) : undefined
  return told ?? (database['logicalSectorSize'] === '4096' ? 4096 : 512)
}
