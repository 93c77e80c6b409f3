import type { DiskPlace } from './transport.ts'

/** Whether vSphere encrypts the disk: whoever reads its files past the host reads noise. */
export const isEncrypted = ({ device }: Pick<DiskPlace, 'device'>): boolean =>
  device?.backing !== undefined && 'keyId' in device.backing && device.backing.keyId !== undefined

/** Why its files cannot be read past its host. Source: vadp.md §4: such data arrives in clear from a host, over NFC or HotAdd. Evidence: documented. */
export const encrypted = 'the disk is encrypted; only its host can read it'

/**
 * Whether a VMDK's own metadata says so, where vSphere was not asked or did not tell.
 * Source: `ddb.iofilters = "vmwarevmcrypt"` in descriptors of encrypted disks. Evidence: observed in public descriptors.
 */
export const namesEncryption = (database: Readonly<Record<string, string>>): boolean =>
  Object.values(database).some((value) => value.includes('vmwarevmcrypt'))
