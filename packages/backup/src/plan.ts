// The one planner: `vmkeep plan` shows what it says, a backup does what it says. Pure; a test holds the two together.
import type { Cause, SkippedDisk, VmPoint } from '@vmkeep/run'
import {
  type Consistency,
  isWindows,
  type Reason,
  type Vm,
  type VmDisk,
  warningsOf,
  whyNotApplication,
  whyNotDisk,
  whyNotVm,
} from '@vmkeep/vsphere'
import { chooseTransport, type TransportChoice } from '@vmkeep/transport'
import type { ReadDecision } from './decide-read.ts'
import { decideDisk } from './decide-transport.ts'
import { whyTooFull } from './free-space.ts'
import { takesSnapshot, transportsFor } from './standstill.ts'
import type { BackupOptions, MemoryPolicy } from './options.ts'
import { guestScriptWarnings } from './guest-scripts.ts'
import { planMemory } from './memory-plan.ts'
import { quiesceLadderOf } from './quiesce-ladder.ts'

export interface DiskPlan {
  readonly key: number
  readonly label: string
  readonly address: string
  readonly capacityBytes: number
  /** What is expected. The snapshot's own change id decides at the run, and the run says where that differs. */
  readonly expected: ReadDecision
  /** What reads it, unless it fails. */
  readonly transport: TransportChoice
}

export interface VmPlan {
  readonly vm: string
  readonly inventoryPath: string
  readonly ref: string
  readonly instanceUuid: string
  readonly action: 'backup' | 'skip'
  /** Why the VM as a whole is skipped. */
  readonly reasons: readonly Cause[]
  readonly warnings: readonly Cause[]
  readonly enableChangeTracking: boolean
  readonly quiesce: boolean
  /** Whether the snapshot is to hold the guest's memory. */
  readonly memory: MemoryPolicy
  /** Of a template none can be taken: its disks are read as they lie there. */
  readonly snapshot: boolean
  /** What the snapshot is to be. What it is, the run reads back. */
  readonly wants: Consistency
  readonly disks: readonly DiskPlan[]
  readonly skippedDisks: readonly SkippedDisk[]
  /** The point that an incremental backup builds on. */
  readonly previousPoint?: string
}

export function planVm(vm: Vm, previous: VmPoint | undefined, options: BackupOptions): VmPlan {
  const skippedDisks = vm.disks.flatMap((disk) => skip(disk, vm, options))
  const disks = vm.disks.filter((disk) => !skippedDisks.some(({ key }) => key === disk.key))
  const reasons = [
    ...whyNotVm(vm).map(causeOf),
    ...(disks.length === 0 ? [noDisk] : []),
    ...fullDatastores(vm, options),
  ]
  const quiesce = options.quiesce !== 'off' && vm.powerState === 'poweredOn'
  const { memory, warnings: ofMemory } = planMemory(vm, skippedDisks, options)
  return {
    vm: vm.name,
    inventoryPath: vm.inventoryPath,
    ref: vm.ref.value,
    instanceUuid: vm.instanceUuid ?? '',
    action: reasons.length === 0 ? 'backup' : 'skip',
    reasons,
    warnings: [
      ...warningsOf(vm).map(causeOf),
      ...trackingWarnings(vm, options),
      ...applicationWarnings(vm, options),
      ...guestScriptWarnings(vm, options),
      ...ofMemory,
    ],
    enableChangeTracking: options.changeTracking === 'enable' && canEnableTracking(vm),
    quiesce,
    memory,
    snapshot: takesSnapshot(vm),
    wants: quiesce && memory === 'off' ? quiesceLadderOf(options, { windows: isWindows(vm) }).rungs[0].wants : 'crash',
    disks: disks.flatMap((disk) => planDisk(disk, vm, previous, options)),
    skippedDisks,
    ...(previous === undefined ? {} : { previousPoint: previous.id }),
  }
}

function fullDatastores(vm: Vm, { freeSpace }: BackupOptions): Cause[] {
  const cause = freeSpace && takesSnapshot(vm) ? whyTooFull(vm, freeSpace) : undefined
  return cause === undefined ? [] : [cause]
}

const causeOf = ({ code, sentence }: Reason): Cause => ({ code, message: sentence })

const noDisk: Cause = { code: 'no-disk', message: 'It has no disk that can be backed up.' }

function planDisk(disk: VmDisk, vm: Vm, previous: VmPoint | undefined, options: BackupOptions): DiskPlan[] {
  const { key, label, address, capacityBytes } = disk
  const before = previous?.disks.find((candidate) => candidate.key === key)
  const now = { ...disk, vm: vm.ref, path: disk.fileName, backingUuid: disk.uuid, inSnapshot: takesSnapshot(vm) }
  const { read: expected, transport } = decideDisk(now, before, transportsFor(vm, options))
  return transport === undefined ? [] : [{ key, label, address, capacityBytes, expected, transport }]
}

function skip(disk: VmDisk, vm: Vm, options: BackupOptions): SkippedDisk[] {
  const excludeDisks = [...options.excludeDisks, ...(options.excludeDisksOfVm?.[vm.ref.value] ?? [])]
  const { key, label, address, capacityBytes } = disk
  const excluded = excludeDisks.includes(label) || excludeDisks.includes(address)
  const cause = excluded
    ? { code: 'excluded', message: 'It is excluded by configuration.' }
    : (whyNotDisk(disk, vm).map(causeOf)[0] ?? whyUnreachable(disk, vm, options))
  return cause === undefined ? [] : [{ key, label, address, capacityBytes, cause }]
}

function whyUnreachable(disk: VmDisk, vm: Vm, options: BackupOptions): Cause | undefined {
  const { transport } = transportsFor(vm, options)
  if (chooseTransport({ ...disk, vm: vm.ref, path: disk.fileName }, transport) !== undefined) return undefined
  return { code: 'no-transport', message: `None of the transports allowed (${transport.order.join(', ')}) reaches it.` }
}

/** Source: vadp.md §2.1, KB 320557: enabled with a snapshot present, tracking gives wrong answers later. Evidence: documented. */
const canEnableTracking = (vm: Vm) =>
  takesSnapshot(vm) && vm.changeTracking.supported && !vm.changeTracking.enabled && vm.snapshots.length === 0

function trackingWarnings(vm: Vm, { changeTracking }: BackupOptions): Cause[] {
  if (vm.changeTracking.enabled || !vm.changeTracking.supported || changeTracking === 'enable' || vm.template) return []
  return [
    {
      code: 'tracking-off',
      message: 'Change tracking is off and the policy leaves it so, so every run reads the whole disks.',
    },
  ]
}

/** What can be seen beforehand. A guest without VSS is quiesced as well as it can be, and there is nothing to mend. */
function applicationWarnings(vm: Vm, { quiesce }: BackupOptions): Cause[] {
  const wanted = quiesce === 'application' || quiesce === 'require-application'
  return wanted && vm.powerState === 'poweredOn' && isWindows(vm) ? whyNotApplication(vm).map(causeOf) : []
}
