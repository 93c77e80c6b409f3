import type { DataObject, Enumeration } from '@vmkeep/vsphere/types'
import type { VirtualMachine } from '../virtual-machine.ts'

export const powerStates = { on: 'poweredOn', off: 'poweredOff', suspended: 'suspended' } as const

export function runtimeInfo(vm: VirtualMachine): DataObject<'VirtualMachineRuntimeInfo'> {
  const isOn = vm.power === 'on'
  return {
    host: vm.host.ref,
    connectionState: vm.connectionState,
    powerState: powerStates[vm.power],
    faultToleranceState: vm.faultTolerant ? 'running' : 'notConfigured',
    toolsInstallerMounted: false,
    bootTime: isOn ? vm.bootTime : undefined,
    question: vm.question === undefined ? undefined : questionInfo(vm.question),
    memoryOverhead: isOn ? 67_108_864 : undefined,
    maxCpuUsage: vm.settings.cpus * 2600,
    maxMemoryUsage: vm.settings.memoryMb,
    numMksConnections: 0,
    recordReplayState: 'inactive',
    cleanPowerOff: vm.power === 'off' ? vm.cleanPowerOff : undefined,
    onlineStandby: false,
    consolidationNeeded: vm.consolidationNeeded,
    snapshotInBackground: vm.snapshotInBackground,
    quiescedForkParent: false,
    instantCloneFrozen: vm.instantCloneFrozen,
    cryptoState: vm.keyMissing ? 'locked' : vm.settings.kept.keyId === undefined ? undefined : 'unlocked',
  }
}

function questionInfo(text: string): DataObject<'VirtualMachineQuestionInfo'> {
  const choice = (key: string, label: string) => ({ $type: 'ElementDescription', key, label, summary: label }) as const
  const choices = [choice('0', 'Cancel'), choice('1', 'I Moved It'), choice('2', 'I Copied It')]
  return { id: '1', text, choice: { valueIsReadonly: false, choiceInfo: choices, defaultIndex: 2 } }
}

export type ToolsState = 'running' | 'stopped' | 'missing'

const toolsStatus: Readonly<Record<ToolsState, Enumeration<'VirtualMachineToolsStatus'>>> = {
  running: 'toolsOk',
  stopped: 'toolsNotRunning',
  missing: 'toolsNotInstalled',
}

/** What VMware Tools say. Only a VM that is on can have them running. */
export function toolsInfo(vm: VirtualMachine): Partial<DataObject<'VirtualMachineGuestSummary'>> {
  const tools = vm.toolsState
  return {
    toolsStatus: toolsStatus[tools],
    toolsVersionStatus: tools === 'missing' ? 'guestToolsNotInstalled' : 'guestToolsUnmanaged',
    toolsVersionStatus2: tools === 'missing' ? 'guestToolsNotInstalled' : 'guestToolsUnmanaged',
    toolsRunningStatus: tools === 'running' ? 'guestToolsRunning' : 'guestToolsNotRunning',
  }
}
