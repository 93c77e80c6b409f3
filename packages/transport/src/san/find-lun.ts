import { realpath } from 'node:fs/promises'
import { join } from 'node:path'

/** Where Linux names the disks it sees by their world wide names. */
export const defaultLunFolder = '/dev/disk/by-id'

/**
 * The device of a LUN that vSphere calls `naa.…` or `eui.…`, several paths to it as one where multipath has made them one. `undefined`: this
 * machine does not see it, or it has no world wide name (`mpx.`, `t10.`: local disks).
 *
 * Source: udev's persistent storage rules, scsi_id(8): type 3 is NAA, 2 is EUI-64. Evidence: documented.
 */
export async function findLun(diskName: string, folder: string): Promise<string | undefined> {
  for (const name of namesOf(diskName)) {
    const device = await realpath(join(folder, name)).catch(() => undefined)
    if (device !== undefined) return device
  }
  return undefined
}

function namesOf(diskName: string): string[] {
  const [, kind, digits] = /^(naa|eui)\.([0-9a-f]{16,32})$/i.exec(diskName) ?? []
  if (kind === undefined || digits === undefined) return []
  const name = digits.toLowerCase()
  return kind.toLowerCase() === 'naa'
    ? [`dm-uuid-mpath-3${name}`, `wwn-0x${name}`, `scsi-3${name}`]
    : [`dm-uuid-mpath-2${name}`, `nvme-eui.${name}`, `wwn-0x${name}`, `scsi-2${name}`]
}
