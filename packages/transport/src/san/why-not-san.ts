import { parseDatastorePath } from '@vmkeep/vsphere'
import { datastoreOf } from '../datastore-of.ts'
import { encrypted, isEncrypted } from '../is-encrypted.ts'
import type { TransportSettings } from '../settings.ts'
import type { DiskPlace } from '../transport.ts'

/** Why a disk cannot be read from its LUN, as far as vSphere and this machine tell without a look at the LUN. Pure. */
export function whyNotSan(disk: DiskPlace, { luns }: TransportSettings): string | undefined {
  if (parseDatastorePath(disk.path) === undefined) return 'the disk is no file of a datastore'
  if (process.platform !== 'linux') return 'LUNs are found only on Linux'
  if (isEncrypted(disk)) return encrypted
  const datastore = datastoreOf(disk)
  return datastore === undefined ? undefined : luns?.get(datastore.value)
}
