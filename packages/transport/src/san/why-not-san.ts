import { parseDatastorePath } from '@vmkeep/vsphere'
import { isEncrypted } from '../is-encrypted.ts'
import type { TransportSettings } from '../settings.ts'
import type { DiskPlace } from '../transport.ts'

/** Why a disk cannot be read from its LUN, as far as vSphere and this machine tell without a look at the LUN. Pure. */
export function whyNotSan(disk: DiskPlace, { luns }: TransportSettings): string | undefined {
  if (parseDatastorePath(disk.path) === undefined) return 'the disk is no file of a datastore'
  if (process.platform !== 'linux') return 'LUNs are found only on Linux'
  if (isEncrypted(disk)) return 'the disk is encrypted; only its host can read it'
  const backing = disk.device?.backing
  const datastore = backing !== undefined && 'datastore' in backing ? backing.datastore : undefined
  return datastore === undefined ? undefined : luns?.get(datastore.value)
}
