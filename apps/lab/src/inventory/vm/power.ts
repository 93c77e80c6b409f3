import { AppError } from '@vmkeep/kit'
import type { VirtualMachine } from '../virtual-machine.ts'
import { VimFault } from '../../faults/vim-fault.ts'
import { powerStates } from './runtime-info.ts'
import { vmxTextOf, writeVmx } from './vmx-file.ts'

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

export async function boot(vm: VirtualMachine): Promise<void> {
  await vm.storage.setPower('on')
  vm.memory.boot()
  vm.bootTime = vm.world.clock.timestamp()
}

export async function suspend(vm: VirtualMachine): Promise<void> {
  await vm.storage.suspend({ config: vmxTextOf(vm), memory: () => vm.guestMemory })
  vm.memory.stop()
}

/**
 * Memory that does not belong to what is on the disks would damage the guest's file systems: whoever brought it about is to know,
 * and so the lab counts it among the mistakes.
 */
export async function resume(vm: VirtualMachine): Promise<void> {
  try {
    const { memory, writes } = await vm.storage.resume()
    vm.memory.resume(memory, writes)
  } catch (error) {
    if (error instanceof AppError && error.code === 'lab.memory-mismatch') vm.world.report(error)
    throw error
  }
  vm.bootTime = vm.world.clock.timestamp()
}

async function stop(vm: VirtualMachine, options: { readonly hard?: boolean }): Promise<void> {
  await vm.storage.setPower('off', options)
  vm.memory.stop()
}

/** Switches a VM. `hard` is a power failure: nobody shut anything down. */
export async function switchPower(
  vm: VirtualMachine,
  power: Power,
  options: { readonly hard?: boolean } = {},
): Promise<void> {
  if (power === 'on' && vm.settings.template) throw new VimFault('NotSupported')
  if (power === 'suspended') await suspend(vm)
  else if (power === 'off') await stop(vm, options)
  else if (vm.power === 'suspended') await resume(vm)
  else await boot(vm)
  vm.cleanPowerOff = options.hard !== true
  writeVmx(vm)
  vm.touch()
  const [$type, verb] = told[power]
  vm.world.events.vm(vm, { $type, message: `${vm.name} on ${vm.host.name} in ${vm.world.datacenter.name} is ${verb}` })
}
