import { hasCode } from '@vmkeep/kit'
import type { ManagedObjectReference } from '../types/index.ts'
import type { StoragePolicies, StoragePolicy } from './storage-policies.ts'

/** The storage policies of a VM. What is not named has the default of its datastore. */
export interface VmStoragePolicies {
  /** That of the VM's own files. */
  readonly home?: StoragePolicy | undefined
  readonly disks: readonly DiskStoragePolicy[]
}

export interface DiskStoragePolicy extends StoragePolicy {
  /** `VirtualDisk.key` */
  readonly key: number
}

export interface StoragePoliciesRead {
  /** Absent if nothing has one of its own. */
  readonly policies?: VmStoragePolicies
  /** Why nothing is known of some disks, by their keys: the service refused to say it of them alone. */
  readonly unread: ReadonlyMap<number, Error>
}

/** Which storage policies a VM and these disks of it have. @throws `vsphere.*` */
export async function readStoragePolicies(
  policies: StoragePolicies,
  vm: ManagedObjectReference,
  diskKeys: readonly number[],
): Promise<StoragePoliciesRead> {
  const home = await policies.of(vm)
  const disks: DiskStoragePolicy[] = []
  const unread = new Map<number, Error>()
  for (const key of diskKeys)
    try {
      const own = await policies.of(vm, key)
      if (own !== undefined) disks.push({ key, ...own })
    } catch (error) {
      if (!hasCode(error, ...refusals)) throw error
      unread.set(key, error as Error)
    }
  if (home === undefined && disks.length === 0) return { unread }
  return { policies: { ...(home !== undefined && { home }), disks }, unread }
}

/** What may be said of one disk and not of the next; anything else would be said of all. */
const refusals = ['vsphere.fault', 'vsphere.invalid-argument', 'vsphere.not-found', 'vsphere.not-supported']
