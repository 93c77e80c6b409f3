import { VimFault } from '../../faults/vim-fault.ts'
import { plainName } from '../entity-name.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { changeDisks } from './change-disks.ts'
import { checkReachable } from './check-snapshot.ts'
import { type ConfigSpec, planReconfigure } from './plan-reconfigure.ts'
import { writeVmx } from './vmx-file.ts'

/** Does what a spec asks: plans all of it, then changes the disks, then the settings. @throws VimFault */
export async function reconfigure(vm: VirtualMachine, spec: ConfigSpec): Promise<void> {
  checkReachable(vm)
  const { settings, diskChanges } = planReconfigure(vm, spec)
  if (settings.template && (diskChanges.length > 0 || spec.changeTrackingEnabled === true))
    throw new VimFault('NotSupported')
  await changeDisks(vm, settings, diskChanges)
  vm.settings = settings
  if (spec.name !== undefined) vm.rename(spec.name)
  if (spec.changeTrackingEnabled !== undefined) await setChangeTracking(vm, spec.changeTrackingEnabled)
  writeVmx(vm)
  vm.touch()
  await vm.machine?.sync()
  vm.world.events.vm(vm, {
    $type: 'VmReconfiguredEvent',
    message: `Reconfigured ${plainName(vm.name)} on ${vm.host.name} in ${vm.world.datacenter.name}.`,
    fields: { configSpec: {} },
  })
}

/** It takes effect at the next stun, or at once on a VM that is off. */
async function setChangeTracking(vm: VirtualMachine, enabled: boolean): Promise<void> {
  if (enabled && vm.capability.changeTrackingSupported !== true) throw new VimFault('NotSupported')
  await vm.storage.setChangeTracking(enabled)
}
