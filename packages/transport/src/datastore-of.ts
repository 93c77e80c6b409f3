import type { ManagedObjectReference } from '@vmkeep/vsphere'
import type { DiskPlace } from './transport.ts'

/** The datastore that vSphere says the disk's file lies on. */
export function datastoreOf({ device }: Pick<DiskPlace, 'device'>): ManagedObjectReference | undefined {
  const backing = device?.backing
  return backing !== undefined && 'datastore' in backing ? backing.datastore : undefined
}
