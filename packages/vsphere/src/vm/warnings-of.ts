import type { Device } from './vm-disk.ts'
import type { Vm } from './vm.ts'
import { volumesElsewhere } from './volumes-elsewhere.ts'
import type { Reason } from './why-not-disk.ts'

type Rule = readonly [applies: (vm: Vm) => boolean, sentence: (vm: Vm) => string]

/** vSphere allows 32 snapshots in a chain. Source: VMware vSphere, "Managing snapshots". Evidence: documented. */
const snapshotDepthMax = 32

const isPassthrough = ({ $type }: Device): boolean =>
  $type === 'VirtualPCIPassthrough' || $type === 'VirtualSriovEthernetCard'
const has = (vm: Vm, type: Device['$type']): boolean => vm.devices.some(({ $type }) => $type === type)
const depthOf = (vm: Vm): number => Math.max(0, ...vm.snapshots.map(({ depth }) => depth + 1))
const sharesDisks = (vm: Vm): boolean =>
  vm.disks.some(
    ({ sharing, controllerSharedBus = 'noSharing' }) =>
      sharing === 'sharingMultiWriter' || controllerSharedBus !== 'noSharing',
  )

const rules = {
  template: [
    (vm) => vm.template,
    () =>
      'It is a template, which has no snapshots: its disks are read as they lie there, whole each time. Only what differs is stored.',
  ],
  'consolidation-needed': [
    (vm) => vm.consolidationNeeded,
    () =>
      'Its disks need consolidation: an earlier snapshot was removed without being merged. Consolidate before more pile up.',
  ],
  'snapshots-present': [
    (vm) => vm.snapshots.length > 0 && vm.changeTracking.supported && !vm.changeTracking.enabled && !vm.template,
    (vm) =>
      `Change tracking can't be turned on while it has snapshots (${vm.snapshots.length}), so every run reads the whole disks. Remove the snapshots.`,
  ],
  'change-tracking-unsupported': [
    (vm) => !vm.changeTracking.supported && vm.config !== undefined && !vm.template,
    () => 'It does not support change tracking (virtual hardware 7 or newer does), so every run reads the whole disks.',
  ],
  'snapshot-chain-deep': [
    (vm) => depthOf(vm) >= snapshotDepthMax - 2,
    (vm) => `Its snapshots are ${depthOf(vm)} deep; vSphere stops at ${snapshotDepthMax}. Remove some.`,
  ],
  'passthrough-powered-on': [
    (vm) => vm.powerState === 'poweredOn' && vm.devices.some(isPassthrough),
    () =>
      'It is powered on with a passthrough device, for which vSphere supports no snapshots: the snapshot may be refused.',
  ],
  'shared-disks': [
    sharesDisks,
    () => 'It shares disks or a bus with other VMs: vSphere may refuse to snapshot any of its disks while it runs.',
  ],
  'physical-rdm': [
    (vm) => vm.disks.some(({ rdmMode }) => rdmMode === 'physicalMode'),
    () =>
      'It has a raw device mapping in physical mode: vSphere may refuse to snapshot any of its disks while it runs.',
  ],
  vtpm: [
    (vm) => has(vm, 'VirtualTPM'),
    () =>
      'It has a virtual TPM. Its secrets are not in the backup: keep the recovery keys of what it seals (BitLocker, LUKS). Restored in place it keeps its TPM; a new VM is made without one.',
  ],
  encrypted: [
    (vm) => vm.encrypted,
    () =>
      "It is encrypted by vSphere. The backup holds its data as the guest sees it; the repository's own encryption protects it. Restored in place it stays encrypted; a new VM is not encrypted until a storage policy does it.",
  ],
  // Source: vSphere Web Services API, VirtualPMem.SnapshotMode: a snapshot never holds their data. Evidence: documented.
  nvdimm: [
    (vm) => has(vm, 'VirtualNVDIMM'),
    () =>
      'It has memory modules that keep their data (NVDIMM), which no snapshot holds: back up what is on them from inside the guest.',
  ],
  'first-class-disk': [
    (vm) => vm.disks.some(({ device }) => device.vDiskId !== undefined),
    () =>
      'It has a first class disk, as Kubernetes volumes are. Its data is saved; restored into a new VM it is an ordinary disk, and whoever knows it by its id has to be told of the new one.',
  ],
  // Source: vSphere Web Services SDK Programming Guide 6.7, "Freezing the Source Virtual Machine". Evidence: documented.
  'instant-clone-frozen': [
    (vm) => vm.instantCloneFrozen,
    () =>
      'It is frozen as the source of instant clones: its guest stands still and cannot be quiesced. Its disks are saved as they stand, its memory is not.',
  ],
  suspended: [
    (vm) => vm.powerState === 'suspended',
    () => 'It is suspended: its disks are saved as they stand, the memory of the guest is not.',
  ],
  // A warning, not a reason against: servers have been seen to say so of VMs that can be snapshotted (vcsim does of all).
  'snapshots-unsupported': [
    (vm) => !vm.snapshotsSupported && vm.config !== undefined && !vm.template,
    () =>
      'vSphere says that it supports no snapshots: the snapshot may be refused. Look for shared disks, Fault Tolerance or passthrough devices.',
  ],
  'guest-volumes-elsewhere': [
    (vm) => volumesElsewhere(vm).length > 0,
    (vm) => {
      const volumes = volumesElsewhere(vm)
      const gb = volumes.reduce((sum, { usedBytes }) => sum + usedBytes, 0) / 1e9
      return `Its guest has ${gb.toFixed(1)} GB on ${volumes.map(({ path }) => path).join(', ')} that VMware Tools find on none of its virtual disks. What it has over iSCSI or NFS is not in the backup: back it up where it lies.`
    },
  ],
  'snapshot-in-background': [(vm) => vm.snapshotInBackground, () => 'Another snapshot of it is being taken right now.'],
} as const satisfies Readonly<Record<string, Rule>>

export type VmWarningCode = keyof typeof rules

/** What the admin should know about a VM though it can be backed up. Pure. */
export function warningsOf(vm: Vm): Reason<VmWarningCode>[] {
  return Object.entries<Rule>(rules)
    .filter(([, [applies]]) => applies(vm))
    .map(([code, [, sentence]]) => ({ code: code as VmWarningCode, sentence: sentence(vm) }))
}
