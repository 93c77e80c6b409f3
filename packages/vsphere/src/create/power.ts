import { fail } from '../errors.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { faultOf } from '../soap/fault-error.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { Enumeration, ManagedObjectReference } from '../types/index.ts'

type PowerState = Enumeration<'VirtualMachinePowerState'>

// A task may end a moment before its effect is seen. Source: reports on DRS clusters. Evidence: observed.
const looksMax = 20
const lookEveryMs = 500

/** Starts a VM and sees it run. One that runs already is left alone. @throws `vsphere.power-state-unreached`, `vsphere.*` */
export function powerOn(session: Session, vm: ManagedObjectReference, signal?: AbortSignal): Promise<void> {
  return switchTo(session, vm, 'poweredOn', signal)
}

/** Cuts a VM's power, as pulling the plug does, and sees it off. @throws `vsphere.power-state-unreached`, `vsphere.*` */
export function powerOff(session: Session, vm: ManagedObjectReference, signal?: AbortSignal): Promise<void> {
  return switchTo(session, vm, 'poweredOff', signal)
}

const methods = { poweredOn: 'PowerOnVM_Task', poweredOff: 'PowerOffVM_Task' } as const

async function switchTo(
  session: Session,
  vm: ManagedObjectReference,
  wanted: keyof typeof methods,
  signal: AbortSignal | undefined,
): Promise<void> {
  if ((await powerStateOf(session, vm, signal)) === wanted) return
  try {
    const task = await session.call(methods[wanted], { _this: vm }, { signal })
    await waitForTask(session, task, { signal })
  } catch (error) {
    if (!isAlready(error, wanted)) throw error
  }
  await seeState(session, vm, wanted, signal)
}

/** Waits until a VM is seen in a state. @throws `vsphere.power-state-unreached` */
export async function seeState(
  session: Session,
  vm: ManagedObjectReference,
  wanted: PowerState,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let look = 1; ; look++) {
    const found = await powerStateOf(session, vm, signal)
    if (found === wanted) return
    if (look === looksMax)
      throw fail('vsphere.power-state-unreached', { vm: vm.value, wanted, found: found ?? 'unknown' })
    await session.clock.sleep(lookEveryMs, signal)
  }
}

/** `undefined` while vSphere does not know. */
export async function powerStateOf(
  session: Session,
  vm: ManagedObjectReference,
  signal: AbortSignal | undefined,
): Promise<PowerState | undefined> {
  const request = { type: 'VirtualMachine', ref: vm, paths: ['runtime.powerState'] } as const
  return (await readProperties(session, request, signal))['runtime.powerState']
}

function isAlready(error: unknown, wanted: PowerState): boolean {
  const fault = faultOf(error)
  return fault?.$type === 'InvalidPowerState' && fault.existingState === wanted
}
