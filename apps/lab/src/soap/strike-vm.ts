import type { LabAction } from '../faults/lab-action.ts'
import type { VirtualMachine } from '../inventory/virtual-machine.ts'
import { anotherHost, moveToHost } from '../inventory/vm/move-vm.ts'
import { switchPower } from '../inventory/vm/power.ts'

type VmAction = Extract<LabAction, { readonly do: 'vmotion' | 'power-loss' }>

/** What a rule does to a VM while somebody calls one of its methods. */
export async function strikeVm(vm: VirtualMachine, action: VmAction): Promise<void> {
  if (action.do === 'power-loss') return vm.power === 'on' ? switchPower(vm, 'off', { hard: true }) : undefined
  const named = vm.world.hosts.find(({ name, ref }) => name === action.host || ref.value === action.host)
  const host = action.host === undefined ? anotherHost(vm) : named
  if (host !== undefined) moveToHost(vm, host)
}
