import { Folder } from '../folder.ts'
import type { VirtualMachine } from '../virtual-machine.ts'

/** Takes a VM out of the inventory; with `destroy`, its files are gone too. @throws `lab.file-locked` while somebody reads them */
export function removeVm(vm: VirtualMachine, { destroy }: { readonly destroy: boolean }): void {
  const { world } = vm
  vm.memory.stop()
  world.storage.removeVm(vm.storage, { destroy })
  world.events.vm(vm, {
    $type: 'VmRemovedEvent',
    message: `Removed ${vm.name} on ${vm.host.name} from ${world.datacenter.name}`,
  })
  for (const snapshot of vm.snapshots) world.inventory.remove(snapshot)
  if (vm.parentEntity instanceof Folder) vm.parentEntity.detach(vm)
  world.inventory.remove(vm)
}
