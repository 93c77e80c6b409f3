import type { VirtualMachine } from '../virtual-machine.ts'
import { VimFault } from '../../faults/vim-fault.ts'
import { powerStates } from './runtime-info.ts'

type Power = VirtualMachine['power']

/** @throws VimFault `InvalidPowerState` unless the VM is in one of these states */
export function mustBe(vm: VirtualMachine, allowed: readonly Power[], requested?: Power): void {
  if (allowed.includes(vm.power)) return
  throw new VimFault('InvalidPowerState', {
    ...(requested === undefined ? {} : { requestedState: powerStates[requested] }),
    existingState: powerStates[vm.power],
  })
}

const told: Readonly<Record<Power, readonly [$type: string, verb: string]>> = {
  on: ['VmPoweredOnEvent', 'powered on'],
  off: ['VmPoweredOffEvent', 'powered off'],
  suspended: ['VmSuspendedEvent', 'suspended'],
}

/** Switches a VM. `hard` is a power failure: nobody shut anything down. */
export async function switchPower(
  vm: VirtualMachine,
  power: Power,
  options: { readonly hard?: boolean } = {},
): Promise<void> {
  if (power === 'on' && vm.settings.template) throw new VimFault('NotSupported')
  const starts = power === 'on' && vm.power === 'off'
  await vm.storage.setPower(power, options)
  if (starts) vm.memory.boot()
  if (power === 'on') vm.bootTime = vm.world.clock.timestamp()
  vm.cleanPowerOff = options.hard !== true
  vm.touch()
  const [$type, verb] = told[power]
  vm.world.events.vm(vm, { $type, message: `${vm.name} on ${vm.host.name} in ${vm.world.datacenter.name} is ${verb}` })
}
