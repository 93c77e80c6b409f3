import type { DataObject } from '@vmkeep/vsphere/types'
import { VimFault } from '../../faults/vim-fault.ts'
import { policyOfSpec } from '../../policies/policy-of-spec.ts'
import { escapeName } from '../entity-name.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import type { DiskChange } from './change-disks.ts'
import { planDeviceChange } from './plan-device-change.ts'
import type { KeptSettings, VmSettings } from './vm-settings.ts'

export type ConfigSpec = DataObject<'VirtualMachineConfigSpec'>

/** What a reconfiguration comes to: the settings afterwards, and what is done to the disks. */
export interface ReconfigurePlan {
  readonly settings: VmSettings
  readonly diskChanges: readonly DiskChange[]
}

/** Works a spec out against a VM without touching it. @throws VimFault for what vSphere would refuse */
export function planReconfigure(vm: VirtualMachine, spec: ConfigSpec): ReconfigurePlan {
  checkHotChanges(vm, spec)
  let plan: ReconfigurePlan = { settings: changedSettings(vm, spec), diskChanges: [] }
  const keys = new Map<number, number>() // negative keys of the spec → the keys they became
  for (const [index, change] of (spec.deviceChange ?? []).entries())
    plan = planDeviceChange(vm, plan, change, { index, keys })
  return plan
}

function checkHotChanges(vm: VirtualMachine, spec: ConfigSpec): void {
  const { settings, power } = vm
  const { changeVersion } = spec
  if (changeVersion !== undefined && changeVersion !== '' && changeVersion !== vm.config?.changeVersion)
    throw new VimFault('ConcurrentAccess')
  if (power === 'off') return
  const cpus = spec.numCPUs !== undefined && spec.numCPUs !== settings.cpus && settings.kept.cpuHotAddEnabled !== true
  const memory =
    spec.memoryMB !== undefined && spec.memoryMB !== settings.memoryMb && settings.kept.memoryHotAddEnabled !== true
  const fixed = spec.uuid !== undefined || spec.firmware !== undefined || spec.version !== undefined
  if (cpus || memory || fixed)
    throw new VimFault('InvalidPowerState', { requestedState: 'poweredOff', existingState: vm.runtime.powerState })
}

function changedSettings(vm: VirtualMachine, spec: ConfigSpec): VmSettings {
  const { settings } = vm
  if (spec.numCPUs !== undefined && spec.numCPUs < 1) throw invalid('numCPUs')
  if (spec.memoryMB !== undefined && Number(spec.memoryMB) < 4) throw invalid('memoryMB')
  return {
    ...settings,
    modified: vm.world.clock.timestamp(),
    changeVersion: settings.changeVersion + 1,
    name: spec.name === undefined ? settings.name : escapeName(spec.name),
    version: spec.version ?? settings.version,
    uuid: spec.uuid ?? settings.uuid,
    instanceUuid:
      spec.instanceUuid === undefined || spec.instanceUuid === '' ? settings.instanceUuid : spec.instanceUuid,
    guestId: spec.guestId ?? settings.guestId,
    annotation: spec.annotation ?? settings.annotation,
    cpus: spec.numCPUs ?? settings.cpus,
    coresPerSocket: spec.numCoresPerSocket ?? settings.coresPerSocket,
    memoryMb: spec.memoryMB === undefined ? settings.memoryMb : Number(spec.memoryMB),
    firmware: spec.firmware ?? settings.firmware,
    extraConfig: changedExtraConfig(settings, spec),
    policyId: changedPolicy(vm, spec),
    kept: { ...settings.kept, ...keptOf(spec) },
  }
}

function changedPolicy(vm: VirtualMachine, { vmProfile }: ConfigSpec): string | undefined {
  const asked = policyOfSpec(vm.world, vmProfile, 'spec.vmProfile')
  return asked === undefined ? vm.settings.policyId : asked || undefined
}

/** An option without a value goes; any other is set. Source: VirtualMachineConfigSpec.extraConfig. Evidence: documented. */
function changedExtraConfig({ extraConfig }: VmSettings, spec: ConfigSpec): ReadonlyMap<string, string> {
  const options = new Map(extraConfig)
  for (const { key, value } of spec.extraConfig ?? []) {
    if (value === undefined || value === '') options.delete(key)
    else if (typeof value === 'string') options.set(key, value)
    else throw invalid('extraConfig')
  }
  return options
}

const sameNames = [
  'alternateGuestName',
  'locationId',
  'managedBy',
  'bootOptions',
  'swapPlacement',
  'cpuHotAddEnabled',
  'cpuHotRemoveEnabled',
  'memoryHotAddEnabled',
  'nestedHVEnabled',
  'cpuAllocation',
  'memoryAllocation',
  'cpuAffinity',
  'latencySensitivity',
  'tools',
  'flags',
  'ftInfo',
  'migrateEncryption',
  'maxMksConnections',
  'guestAutoLockEnabled',
  'memoryReservationLockedToMax',
  'messageBusTunnelEnabled',
  'vPMCEnabled',
] as const satisfies readonly (keyof KeptSettings & keyof ConfigSpec)[]

function keptOf(spec: ConfigSpec): KeptSettings {
  const kept = sameNames.filter((name) => spec[name] !== undefined).map((name) => [name, spec[name]])
  const power = spec.powerOpInfo === undefined ? {} : { defaultPowerOps: spec.powerOpInfo }
  return { ...(Object.fromEntries(kept) as KeptSettings), ...power }
}

const invalid = (property: string): VimFault => new VimFault('InvalidArgument', { invalidProperty: `spec.${property}` })
