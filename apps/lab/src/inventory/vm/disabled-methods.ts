import type { VirtualMachine } from '../virtual-machine.ts'

/** Methods that make no sense on a VM as it is. Source: ManagedEntity.disabledMethod. Evidence: documented; the lists, inferred. */
export function disabledMethodsOf(vm: VirtualMachine): string[] {
  if (vm.settings.template) return [...powerMethods, ...snapshotMethods, 'MarkAsTemplate']
  const byPower = vm.power === 'on' ? ['PowerOnVM_Task', 'MarkAsTemplate', 'Destroy_Task', 'UnregisterVM'] : []
  const byRest =
    vm.power === 'on'
      ? []
      : ['PowerOffVM_Task', 'ResetVM_Task', 'SuspendVM_Task', 'ShutdownGuest', 'RebootGuest', 'StandbyGuest']
  return [...byPower, ...byRest, 'MarkAsVirtualMachine']
}

const powerMethods = ['PowerOnVM_Task', 'PowerOffVM_Task', 'ResetVM_Task', 'SuspendVM_Task']
const snapshotMethods = [
  'CreateSnapshot_Task',
  'CreateSnapshotEx_Task',
  'RevertToCurrentSnapshot_Task',
  'RemoveAllSnapshots_Task',
]
