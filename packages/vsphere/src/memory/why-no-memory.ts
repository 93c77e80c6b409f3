import type { Vm } from '../vm/vm.ts'
import type { Reason } from '../vm/why-not-disk.ts'

type Rule = readonly [applies: (vm: Vm) => boolean, sentence: (vm: Vm) => string]

const independent = ({ disks }: Vm) => disks.filter(({ diskMode = '' }) => diskMode.startsWith('independent'))
const homeOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))
const elsewhere = ({ disks, vmxPath = '' }: Vm) => disks.filter(({ fileName }) => homeOf(fileName) !== homeOf(vmxPath))
const labels = (disks: Vm['disks']): string => disks.map(({ label }) => label).join(', ')

// Source: vSphere Web Services API 8.0, MemorySnapshotOnIndependentDisk, VirtualMachineCapability.memorySnapshotsSupported; vSphere
// Virtual Machine Administration, "Taking Snapshots" (no memory with PCI passthrough). Evidence: documented. The last four are ours:
// what stands in the way of giving the memory back. A saved state names its disks by their file names. Evidence: observed in vmsn files.
const rules = {
  'memory-unsupported': [
    ({ memorySnapshotsSupported }) => !memorySnapshotsSupported,
    () => 'vSphere takes no snapshots of it with memory.',
  ],
  'memory-independent-disk': [
    (vm) => independent(vm).length > 0,
    (vm) => `vSphere takes no snapshot with memory beside independent disks: ${labels(independent(vm))}.`,
  ],
  'memory-passthrough': [
    ({ devices }) => devices.some(({ $type }) => $type === 'VirtualPCIPassthrough'),
    () => 'It has a device of its host passed through, whose state no snapshot holds.',
  ],
  'memory-encrypted': [
    ({ encrypted }) => encrypted,
    () => 'It is encrypted: its memory is too, under a key that a restored VM has not.',
  ],
  'memory-other-snapshots': [
    ({ snapshots }) => snapshots.length > 0,
    () =>
      'It has other snapshots, and its memory belongs to that chain of disks, which a restore does not make. Remove them.',
  ],
  'memory-disks-elsewhere': [
    (vm) => elsewhere(vm).length > 0,
    (vm) => `Its memory belongs to disks in the VM's own folder, and these lie elsewhere: ${labels(elsewhere(vm))}.`,
  ],
} as const satisfies Readonly<Record<string, Rule>>

export type NoMemoryCode = keyof typeof rules

/** Why the memory of a running VM can't be kept with a point, or could not be given back: every reason, or none. Pure. */
export function whyNoMemory(vm: Vm): Reason<NoMemoryCode>[] {
  return Object.entries<Rule>(rules)
    .filter(([, [applies]]) => applies(vm))
    .map(([code, [, sentence]]) => ({ code: code as NoMemoryCode, sentence: sentence(vm) }))
}
