// Every case of a VM or a disk that is not the easy one: what it is, and what is done and said about it. A journey holds the product to
// this table, and the guide `what-is-backed-up.md` to its words.
import type { DiskDescription, SnapshotDescription, VmDescription } from '@vmkeep/lab'

export interface DiskCase {
  /** As the guide names it, and the VM's name in the lab. */
  readonly name: string
  /** The guide's sentence: what is done with it. */
  readonly then: string
  readonly vm: Omit<VmDescription, 'name'>
  readonly outcome: 'ok' | 'partial' | 'skipped' | 'failed'
  /** Why the whole VM is skipped: in plan and report. */
  readonly reasons?: readonly string[]
  /** In plan, report and point. */
  readonly warnings?: readonly string[]
  /** The first run mends it, so the second has nothing to warn of. */
  readonly isMended?: true
  /** Why the VM's second disk is left out: in plan, report and point. */
  readonly skipped?: string
  /** Why vSphere refuses: in the report. */
  readonly error?: string
  /** Why the second run still reads the first disk whole: in the report. */
  readonly secondRead?: string
}

const MiB = 1024 * 1024
const plain: DiskDescription = { capacityBytes: 2 * MiB }
const san = { path: '/mnt/san', fileSystem: 'xfs', capacityBytes: 50e9, usedBytes: 12e9 }
const beside = (odd: DiskDescription): Pick<VmDescription, 'disks'> => ({ disks: [plain, odd] })
const independent = (mode: DiskDescription['mode'] & string) => beside({ ...plain, mode })

const deep = (levels: number): SnapshotDescription[] =>
  levels === 0 ? [] : [{ name: 'before upgrade', children: deep(levels - 1) }]

export const diskCases: readonly DiskCase[] = [
  {
    name: 'Snapshots of its owner, change tracking on',
    then: 'Backed up, incrementally; the snapshots stay.',
    vm: { disks: [plain], cbt: true, snapshots: [{ name: 'before upgrade' }] },
    outcome: 'ok',
  },
  {
    name: 'Snapshots of its owner, change tracking off',
    then: 'Backed up; every run reads the whole disk, because tracking that is switched on beside snapshots gives wrong answers.',
    vm: { disks: [plain], snapshots: [{ name: 'before upgrade' }] },
    outcome: 'ok',
    warnings: ['snapshots-present'],
    secondRead: 'tracking-inactive',
  },
  {
    name: 'Snapshots 30 deep',
    then: 'Backed up; vSphere stops at 32, and a backup needs one.',
    vm: { disks: [plain], cbt: true, snapshots: deep(30) },
    outcome: 'ok',
    warnings: ['snapshot-chain-deep'],
  },
  {
    name: 'Linked clone',
    then: 'Backed up with all that its disk stands on; restored as a whole disk.',
    vm: { disks: [{ linkedTo: 'Snapshots of its owner, change tracking on' }] },
    outcome: 'ok',
  },
  {
    name: 'Raw device mapping, virtual mode',
    then: 'Backed up; restored as an ordinary disk.',
    vm: { disks: [{ ...plain, rdm: 'virtual' }] },
    outcome: 'ok',
  },
  {
    name: 'Raw device mapping, physical mode, VM off',
    then: 'Backed up without that disk.',
    vm: { ...beside({ ...plain, rdm: 'physical' }), power: 'off' },
    outcome: 'partial',
    warnings: ['physical-rdm'],
    skipped: 'physical-rdm',
  },
  {
    name: 'Raw device mapping, physical mode, VM on',
    then: 'vSphere refuses the snapshot: the VM fails, with vSphere’s reason.',
    vm: beside({ ...plain, rdm: 'physical' }),
    outcome: 'failed',
    warnings: ['physical-rdm'],
    skipped: 'physical-rdm',
    error: 'vsphere.snapshot-device-incompatible',
  },
  {
    name: 'Independent disk, persistent',
    then: 'Backed up without that disk.',
    vm: independent('independent_persistent'),
    outcome: 'partial',
    skipped: 'independent-persistent',
  },
  {
    name: 'Independent disk, nonpersistent',
    then: 'Backed up without that disk.',
    vm: independent('independent_nonpersistent'),
    outcome: 'partial',
    skipped: 'independent-nonpersistent',
  },
  ...(['nonpersistent', 'undoable', 'append'] as const).map((mode) => ({
    name: `Disk of the old mode ${mode}`,
    then: 'Backed up without that disk.',
    vm: independent(mode),
    outcome: 'partial' as const,
    skipped: mode,
  })),
  {
    name: 'First class disk',
    then: 'Backed up; in a new VM it is an ordinary disk.',
    vm: { disks: [{ ...plain, firstClass: true }] },
    outcome: 'ok',
    warnings: ['first-class-disk'],
  },
  {
    name: 'No disk but an independent one',
    then: 'Not backed up.',
    vm: { disks: [{ ...plain, mode: 'independent_persistent' }] },
    outcome: 'skipped',
    reasons: ['no-disk'],
  },
  {
    name: 'Multi-writer disk, VM off',
    then: 'Backed up without that disk.',
    vm: { ...beside({ ...plain, multiwriter: true }), power: 'off' },
    outcome: 'partial',
    warnings: ['shared-disks'],
    skipped: 'multi-writer',
  },
  {
    name: 'Multi-writer disk, VM on',
    then: 'vSphere refuses the snapshot: the VM fails, with vSphere’s reason.',
    vm: beside({ ...plain, multiwriter: true }),
    outcome: 'failed',
    warnings: ['shared-disks'],
    skipped: 'multi-writer',
    error: 'vsphere.snapshot-device-incompatible',
  },
  {
    name: 'Controller with bus sharing',
    then: 'vSphere refuses the snapshot: the VM fails, with vSphere’s reason.',
    vm: beside({ ...plain, controller: 'lsilogicsas', sharedBus: 'physical' }),
    outcome: 'failed',
    warnings: ['shared-disks'],
    skipped: 'shared-bus',
    error: 'vsphere.snapshot-device-incompatible',
  },
  {
    name: 'Disk in persistent memory',
    then: 'Backed up without that disk.',
    vm: beside({ ...plain, pmem: true }),
    outcome: 'partial',
    skipped: 'persistent-memory',
  },
  {
    name: 'Disk whose file is gone',
    then: 'vSphere refuses the snapshot: the VM fails, with vSphere’s reason, and the disk is named.',
    vm: { ...beside({ ...plain, lost: 'file' }), power: 'off' },
    outcome: 'failed',
    skipped: 'no-capacity',
    error: 'vsphere.file-not-found',
  },
  {
    name: 'Disk whose datastore is gone',
    then: 'vSphere refuses the snapshot: the VM fails, with vSphere’s reason, and the disk is named.',
    vm: { ...beside({ ...plain, lost: 'datastore' }), power: 'off' },
    outcome: 'failed',
    skipped: 'no-datastore',
    error: 'vsphere.file-not-found',
  },
  {
    name: 'Passthrough device, VM on',
    then: 'vSphere refuses the snapshot: the VM fails, with vSphere’s reason.',
    vm: { disks: [plain], passthrough: true },
    outcome: 'failed',
    warnings: ['passthrough-powered-on'],
    error: 'vsphere.snapshot-device-incompatible',
  },
  {
    name: 'Memory modules that keep their data (NVDIMM)',
    then: 'Backed up without what is on them.',
    vm: { disks: [plain], nvdimm: true },
    outcome: 'ok',
    warnings: ['nvdimm'],
  },
  {
    name: 'Frozen source of instant clones',
    then: 'Backed up: its disks as they stand, not its memory.',
    vm: { disks: [plain], instantCloneFrozen: true },
    outcome: 'ok',
    warnings: ['instant-clone-frozen'],
  },
  {
    name: 'Another snapshot is being taken',
    then: 'Backed up; ours is taken after it.',
    vm: { disks: [plain], snapshotInBackground: true },
    outcome: 'ok',
    warnings: ['snapshot-in-background'],
  },
  ...(['locked', 'disabled'] as const).map((snapshotsForbidden) => ({
    name: `Snapshots are ${snapshotsForbidden} in its settings`,
    then: 'Not backed up.',
    vm: { disks: [plain], snapshotsForbidden },
    outcome: 'skipped' as const,
    reasons: [`snapshots-${snapshotsForbidden}`],
  })),
  {
    name: 'Encrypted, and its host lacks the key',
    then: 'Not backed up until the VM is unlocked.',
    vm: { disks: [{ ...plain, encrypted: true }], encrypted: true, keyMissing: true },
    outcome: 'skipped',
    reasons: ['key-missing'],
    warnings: ['encrypted'],
  },
  {
    name: 'Template',
    then: 'Backed up when it is named or a selector speaks of templates (`template=yes`): its disks are read as they lie there, without a snapshot, whole each time.',
    vm: { disks: [plain], template: true },
    outcome: 'ok',
    warnings: ['template'],
    secondRead: 'without-snapshot',
  },
  {
    name: 'VM that is off',
    then: 'Backed up from a snapshot as one that is on: it may be started meanwhile, and only a snapshot says what changed.',
    vm: { disks: [plain], power: 'off' },
    outcome: 'ok',
  },
  {
    name: 'Suspended VM',
    then: 'Backed up: its disks, not its memory. It starts anew after a restore, as after a power failure.',
    vm: { disks: [plain], power: 'suspended', cbt: true },
    outcome: 'ok',
    warnings: ['suspended'],
  },
  {
    name: 'Sectors of 4096 bytes',
    then: 'Backed up. A restore into vSphere warns: the new disk may have sectors of 512 bytes.',
    vm: { disks: [{ ...plain, sectorBytes: 4096 }] },
    outcome: 'ok',
  },
  {
    name: 'File systems of the guest over iSCSI or NFS',
    then: 'Backed up without them. Told where VMware Tools name the disks of the guest’s other file systems, as from vSphere 7.0 on; else nothing shows it.',
    vm: { disks: [plain], guest: { volumes: [san] } },
    outcome: 'ok',
    warnings: ['guest-volumes-elsewhere'],
  },
  {
    name: 'Encrypted VM',
    then: 'Backed up as its guest sees it, so the repository’s own encryption protects it; a new VM is not encrypted until a storage policy does it.',
    vm: { disks: [{ ...plain, encrypted: true }], encrypted: true },
    outcome: 'ok',
    warnings: ['encrypted'],
  },
  {
    name: 'Virtual TPM',
    then: 'Backed up without the secrets of the TPM, and a new VM is made without one: keep the recovery keys of what it seals.',
    vm: { disks: [plain], virtualTpm: true },
    outcome: 'ok',
    warnings: ['vtpm', 'encrypted'],
  },
  {
    name: 'Consolidation needed',
    then: 'Backed up, and its disks are consolidated after.',
    vm: { disks: [plain], consolidationNeeded: true },
    outcome: 'ok',
    warnings: ['consolidation-needed'],
    isMended: true,
  },
  {
    name: 'Fault Tolerance',
    then: 'Not backed up.',
    vm: { disks: [plain], faultTolerant: true },
    outcome: 'skipped',
    reasons: ['fault-tolerant'],
  },
  ...(['disconnected', 'orphaned', 'inaccessible', 'invalid'] as const).map((connection) => ({
    name: `vSphere calls it ${connection}`,
    then: 'Not backed up.',
    vm: { disks: [plain], connection },
    outcome: 'skipped' as const,
    reasons: connection === 'disconnected' ? [connection] : [connection, 'no-configuration', 'no-disk'],
  })),
  {
    name: 'A question is pending',
    then: 'Not backed up until somebody answers it.',
    vm: { disks: [plain], question: 'Moved or copied?' },
    outcome: 'skipped',
    reasons: ['question-pending'],
  },
]

/** The guide's table. */
export function guideTable(): string {
  const rows = diskCases.map(({ name, then, reasons = [], warnings = [], skipped, error }) => {
    const codes = [...reasons, ...warnings, ...(skipped === undefined ? [] : [skipped]), ...(error ? [error] : [])]
    return `| ${name} | ${then} | ${[...new Set(codes)].map((code) => `\`${code}\``).join(' ')} |`
  })
  return ['| case | what is done | named as |', '|---|---|---|', ...rows].join('\n')
}
