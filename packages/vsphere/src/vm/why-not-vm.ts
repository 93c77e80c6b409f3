import { unfinishedRestoreOf } from '../in-place/unfinished-restore.ts'
import type { Reason } from './why-not-disk.ts'
import type { Vm } from './vm.ts'

type Rule = readonly [applies: (vm: Vm) => boolean, sentence: (vm: Vm) => string]

const isState = (state: Vm['connectionState']) => (vm: Vm) => vm.connectionState === state

// Source: vSphere Web Services API 8.0, VirtualMachineConnectionState, VirtualMachineFlagInfo, VirtualMachineRuntimeInfo (cryptoState);
// that a host in maintenance mode refuses to serve disks: virt-v2v's manual. Evidence: documented.
const rules = {
  'fault-tolerant': [
    (vm) => vm.faultTolerance,
    () => 'It is protected by vSphere Fault Tolerance, which has no snapshots. Turn Fault Tolerance off to back it up.',
  ],
  disconnected: [
    isState('disconnected'),
    (vm) => `vCenter has lost its host${named(vm.host?.name)}. Reconnect the host, then run again.`,
  ],
  orphaned: [
    isState('orphaned'),
    () => 'It is orphaned: vCenter lists it, but no host runs it. Remove it from the inventory or register it again.',
  ],
  inaccessible: [
    isState('inaccessible'),
    () => "vSphere can't reach its configuration file. Bring the datastore back, then run again.",
  ],
  invalid: [isState('invalid'), () => "vSphere can't read its configuration file. Repair or register the VM again."],
  'no-configuration': [
    (vm) => vm.config === undefined,
    () => "vSphere reports no configuration for it. Reload or register the VM again, and check this account's rights.",
  ],
  'restore-unfinished': [
    (vm) => unfinishedRestoreOf(vm.config) !== undefined,
    (vm) =>
      `A restore in place to restore point ${unfinishedRestoreOf(vm.config)} has not finished, so its disks may hold parts of two moments. Run it again: vmkeep restore --point ${unfinishedRestoreOf(vm.config)} --in-place`,
  ],
  'question-pending': [
    (vm) => vm.question !== undefined,
    (vm) =>
      `vSphere waits for an answer before it does anything else: "${vm.question}" Answer it in the vSphere client.`,
  ],
  'key-missing': [
    (vm) => vm.locked,
    (vm) =>
      `It is encrypted and its host${named(vm.host?.name)} lacks the key, so vSphere keeps it locked. Bring the key provider back, then unlock the VM in the vSphere client.`,
  ],
  'host-in-maintenance': [
    (vm) => vm.host?.inMaintenance === true,
    (vm) =>
      `Its host${named(vm.host?.name)} is in maintenance mode and serves no disks. Move the VM, or end maintenance.`,
  ],
  'snapshots-locked': [
    (vm) => vm.snapshotLocked,
    () => 'Its snapshots are locked by its own settings (snapshot.maxSnapshots or snapshotLocked). Unlock them.',
  ],
  'snapshots-disabled': [
    (vm) => vm.snapshotDisabled,
    () => 'Snapshots are turned off in its settings (snapshotDisabled). Turn them on to back it up.',
  ],
} as const satisfies Readonly<Record<string, Rule>>

export type VmReasonCode = keyof typeof rules

/** Why a VM can't be backed up at all now: every reason there is, or none. Pure. */
export function whyNotVm(vm: Vm): Reason<VmReasonCode>[] {
  return Object.entries<Rule>(rules)
    .filter(([, [applies]]) => applies(vm))
    .map(([code, [, sentence]]) => ({ code: code as VmReasonCode, sentence: sentence(vm) }))
}

const named = (name: string | undefined): string => (name === undefined ? '' : ` ${name}`)
