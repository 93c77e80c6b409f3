import type { Vm } from './vm.ts'
import type { VmDisk } from './vm-disk.ts'

/** One fact that forbids something, or that the admin should know. */
export interface Reason<Code extends string = string> {
  /** Stable, for programs and translations. */
  readonly code: Code
  /** A full sentence for the admin: the fact, and the way out where there is one. */
  readonly sentence: string
}

type Rule = readonly [applies: (disk: VmDisk, vm: DiskSurroundings) => boolean, sentence: string]

/** What of the VM decides about a disk. */
export type DiskSurroundings = Pick<Vm, 'datastores'>

const is = (mode: string) => (disk: VmDisk) => disk.diskMode === mode

const readableBackings = new Set([
  'VirtualDiskFlatVer2BackingInfo',
  'VirtualDiskSparseVer2BackingInfo',
  'VirtualDiskSeSparseBackingInfo',
  'VirtualDiskRawDiskMappingVer1BackingInfo',
  'VirtualDiskRawDiskVer2BackingInfo',
  'VirtualDiskPartitionedRawDiskVer2BackingInfo',
])
const legacyBackings = new Set(['VirtualDiskFlatVer1BackingInfo', 'VirtualDiskSparseVer1BackingInfo'])
const memoryBackings = new Set(['VirtualDiskLocalPMemBackingInfo'])

const sharesBus = (disk: VmDisk): boolean =>
  disk.controllerSharedBus !== undefined && disk.controllerSharedBus !== 'noSharing'

const datastoreOf = (disk: VmDisk, { datastores }: DiskSurroundings) =>
  datastores.find(({ name }) => name === disk.datastoreName)

// Source: vSphere Web Services API 8.0, VirtualDiskMode, VirtualDiskSharing, VirtualMachineCapability.changeTrackingSupported and
// VDDK programming guide, "Changed Block Tracking". Evidence: documented; that undoable and append belong here: inferred.
const rules = {
  'independent-persistent': [
    is('independent_persistent'),
    'The disk is independent (persistent), so no snapshot holds it. To back it up, make it dependent, or back up its data from inside the guest.',
  ],
  'independent-nonpersistent': [
    is('independent_nonpersistent'),
    'The disk is independent (nonpersistent): what the guest writes is thrown away, and no snapshot holds it. Make it dependent to back it up.',
  ],
  nonpersistent: [
    is('nonpersistent'),
    'The disk is nonpersistent: what the guest writes is thrown away at power-off. Make it persistent to back it up.',
  ],
  undoable: [is('undoable'), 'The disk uses the legacy mode "undoable", which has no snapshots. Make it persistent.'],
  append: [is('append'), 'The disk uses the legacy mode "append", which has no snapshots. Make it persistent.'],
  'physical-rdm': [
    (disk) => disk.rdmMode === 'physicalMode',
    'The disk is a raw device mapping in physical mode, which no snapshot holds. Use virtual mode, or back up the LUN at the array.',
  ],
  'multi-writer': [
    (disk) => disk.sharing === 'sharingMultiWriter',
    'The disk is shared by several VMs (multi-writer); vSphere supports neither snapshots nor change tracking for it. Back it up from inside a guest.',
  ],
  'shared-bus': [
    sharesBus,
    'The disk hangs on a controller with bus sharing, for which vSphere supports no snapshots. Back it up from inside a guest, or turn bus sharing off.',
  ],
  'persistent-memory': [
    (disk) => memoryBackings.has(disk.backingType),
    "The disk lies in persistent memory of the host, which has no change tracking and can't be read from outside. Move it to a datastore.",
  ],
  'legacy-backing': [
    (disk) => legacyBackings.has(disk.backingType),
    'The disk has a format of ESX 2. Migrate it with Storage vMotion or clone it to a current format.',
  ],
  'unknown-backing': [
    (disk) => ![readableBackings, legacyBackings, memoryBackings].some((known) => known.has(disk.backingType)),
    "vSphere reports a kind of disk that this version does not know, so it can't be read safely. Update this program.",
  ],
  'no-capacity': [
    (disk) => disk.capacityBytes <= 0,
    "vSphere reports no capacity for the disk. Check it in the VM's settings; its file may be missing.",
  ],
  'no-datastore': [
    (disk, vm) => disk.datastoreName === undefined || datastoreOf(disk, vm) === undefined,
    "The datastore of the disk is not among the VM's datastores: it is gone, or this account has no right to see it.",
  ],
  'datastore-inaccessible': [
    (disk, vm) => datastoreOf(disk, vm)?.accessible === false,
    'The datastore of the disk is not accessible. Bring it back, then run again.',
  ],
} as const satisfies Readonly<Record<string, Rule>>

export type DiskReasonCode = keyof typeof rules

/**
 * Why a disk can't be backed up: every reason there is, or none. Pure.
 * A disk with a reason is left out of the restore point *and named there*; it is never dropped silently.
 */
export function whyNotDisk(disk: VmDisk, vm: DiskSurroundings): Reason<DiskReasonCode>[] {
  return Object.entries<Rule>(rules)
    .filter(([, [applies]]) => applies(disk, vm))
    .map(([code, [, sentence]]) => ({ code: code as DiskReasonCode, sentence }))
}
