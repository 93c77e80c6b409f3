import { VimFault } from '../../faults/vim-fault.ts'
import { folderOf, formatDatastorePath, parseDatastorePath } from '../../storage/datastore-path.ts'
import type { DatastoreObject } from '../datastore.ts'
import type { HostSystem } from '../host.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { writeVmx } from './vmx-file.ts'

const argumentOf = (host: HostSystem) => ({ name: host.name, host: host.ref })

/** vMotion: another host runs the VM from the same files. @throws VimFault if that host can't see them */
export function moveToHost(vm: VirtualMachine, host: HostSystem): void {
  if (host.connection !== 'connected') throw new VimFault('HostNotConnected')
  const blind = vm.datastores.find((datastore) => !datastore.hosts.includes(host))
  if (blind !== undefined) throw new VimFault('InaccessibleDatastore', { datastore: blind.ref, name: blind.name })
  const from = vm.host
  if (from === host) return
  vm.host = host
  vm.touch()
  vm.world.events.vm(vm, {
    $type: 'VmMigratedEvent',
    message: `Virtual machine ${vm.name} migrated from ${from.name} to ${host.name}`,
    fields: { sourceHost: argumentOf(from) },
  })
}

/** The other host of a lab, for a vMotion that nobody gave a target. */
export function anotherHost(vm: VirtualMachine): HostSystem | undefined {
  return vm.world.hosts.find((host) => host !== vm.host && vm.datastores.every(({ hosts }) => hosts.includes(host)))
}

/** Storage vMotion: all files of the VM move to another datastore. */
export async function moveToDatastore(
  vm: VirtualMachine,
  target: DatastoreObject,
  keepChangeTracking = true,
): Promise<void> {
  if (!target.hosts.includes(vm.host))
    throw new VimFault('InaccessibleDatastore', { datastore: target.ref, name: target.name })
  const home = parseDatastorePath(vm.storage.vmxPath)
  const folder = formatDatastorePath({ datastore: target.store.name, path: folderOf(home.path) })
  await vm.storage.relocate(folder, { keepChangeTracking })
  writeVmx(vm)
  vm.touch()
  vm.world.events.vm(vm, {
    $type: 'VmRelocatedEvent',
    message: `Completed the relocation of the virtual machine ${vm.name} to ${target.name}`,
    fields: {
      sourceHost: argumentOf(vm.host),
      sourceDatastore: { name: home.datastore, datastore: datastoreRef(vm, home.datastore) },
    },
  })
}

function datastoreRef(vm: VirtualMachine, name: string) {
  return (vm.world.datastores.find(({ store }) => store.name === name) ?? vm.world.datastores[0]!).ref
}
