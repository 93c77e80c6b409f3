import type { DataObject } from '@vmkeep/vsphere/types'
import type { VirtualMachine } from '../virtual-machine.ts'
import { vmFiles } from './vm-files.ts'

/** What a VM takes of each datastore, and what its thin disks could still take. */
export function storageInfo(vm: VirtualMachine): DataObject<'VirtualMachineStorageInfo'> {
  const files = vmFiles(vm.world.storage, vm.storage)
  const usage = vm.datastores.map((datastore) => {
    const here = files.filter((file) => file.datastore === datastore.store.name)
    const committed = here.reduce((sum, file) => sum + file.allocatedBytes, 0)
    const disks = vm.storage.disks.filter(({ backing }) => backing.datastore === datastore.store.name)
    const provisioned = disks.reduce((sum, disk) => sum + disk.capacityBytes, 0)
    return {
      datastore: datastore.ref,
      committed,
      uncommitted: Math.max(0, provisioned - committed),
      unshared: committed,
    }
  })
  return { perDatastoreUsage: usage, timestamp: vm.changedTime }
}
