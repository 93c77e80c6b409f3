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

/** Which storage policies a VM and these disks of it have; `undefined` if none has any. @throws `vsphere.*` */
export async function readStoragePolicies(
  policies: StoragePolicies,
  vm: ManagedObjectReference,
  diskKeys: readonly number[],
): Promise<VmStoragePolicies | undefined> {
  const home = await policies.of(vm)
  const disks: DiskStoragePolicy[] = []
  for (const key of diskKeys) {
    const own = await policies.of(vm, key)
    if (own !== undefined) disks.push({ key, ...own })
  }
  if (home === undefined && disks.length === 0) return undefined
  return { ...(home !== undefined && { home }), disks }
}
