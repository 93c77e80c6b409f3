// What a restore in place would overwrite, and how it finds out what differs. Worked out before anything is touched.
import type { Cause, VmPoint } from '@vmkeep/run'
import {
  findVms,
  isUnfinishedOnlyOf,
  isOlder,
  readVm,
  sameEpoch,
  type Session,
  unfinishedRestoreOf,
  type Vm,
  type VmDisk,
  whyNotDisk,
} from '@vmkeep/vsphere'
import { chooseDisks, type PointDisk } from '../choose-disks.ts'
import { fail } from '../errors.ts'

/**
 * `changed`: change tracking tells where the disk may differ, and all of that is written; of a restore that goes on after one that did not
 * finish, it is compared first. `compare`: all of the disk is compared, and why; only what differs is written.
 */
export type InPlaceMethod =
  | { readonly by: 'changed'; readonly changeId: string; readonly goesOn: boolean }
  | { readonly by: 'compare'; readonly cause: Cause }

export interface InPlaceDisk {
  readonly disk: PointDisk
  /** As the VM has it now. */
  readonly current: VmDisk
  readonly method: InPlaceMethod
}

export interface InPlacePlan {
  readonly vm: Vm
  readonly disks: readonly InPlaceDisk[]
  readonly warnings: readonly Cause[]
}

export interface InPlaceWish {
  /** Disks to restore, by label, address or key; all if empty. */
  readonly disks: readonly string[]
  /** Reads and compares all of every disk, whatever change tracking says. */
  readonly compareAll: boolean
  /** Whether a VM that runs is powered off first, or refused. */
  readonly powerOff: boolean
}

/** The VM that a point is of, as it is now. @throws `restore.vm-gone`, `vsphere.vm-ambiguous` */
export async function readOriginal(session: Session, point: VmPoint, signal: AbortSignal): Promise<Vm> {
  const uuid = point.instanceUuid.toLowerCase()
  const found = (await findVms(session, uuid, signal)).filter((vm) => vm.instanceUuid?.toLowerCase() === uuid)
  const [only] = found
  if (only === undefined || found.length > 1)
    throw fail('restore.vm-gone', { vm: point.name, uuid, count: found.length })
  return readVm(session, only.ref, signal)
}

/** Pure. @throws `restore.not-in-place`, `restore.no-such-disk` */
export function planInPlace(vm: Vm, point: VmPoint, wish: InPlaceWish): InPlacePlan {
  const wanted = chooseDisks(point, wish.disks)
  const disks = wanted.map((disk) => planDisk(vm, disk, point, wish))
  const reasons = [...whyNotVm(vm, wish), ...disks.flatMap((each) => (typeof each === 'string' ? [each] : []))]
  if (reasons.length > 0) throw fail('restore.not-in-place', { vm: vm.name, reasons })
  return {
    vm,
    disks: disks.filter((each) => typeof each !== 'string'),
    warnings: vm.disks.filter(({ key }) => !wanted.some((disk) => disk.key === key)).map(leftAlone),
  }
}

const leftAlone = ({ label }: VmDisk): Cause => ({
  code: 'disk-left-alone',
  message: `${label} stays as it is: it was not asked for, or is not in the restore point`,
})

type Rule = readonly [applies: (vm: Vm, wish: InPlaceWish) => boolean, sentence: (vm: Vm) => string]

const vmRules: readonly Rule[] = [
  [({ template }) => template, () => 'it is a template; convert it to a VM first'],
  [
    ({ connectionState }) => connectionState !== 'connected',
    ({ connectionState }) => `vSphere calls it ${connectionState}; bring it back first`,
  ],
  [
    ({ powerState }, { powerOff }) => powerState === 'suspended' || (powerState === 'poweredOn' && !powerOff),
    ({ powerState }) =>
      powerState === 'suspended'
        ? 'it is suspended, and its memory would not fit its disks any more; power it off first'
        : 'it is running; shut it down, or let --power-off cut its power',
  ],
  [
    ({ snapshots }) => snapshots.length > 0,
    ({ snapshots }) =>
      `it has snapshots (${snapshots.map(({ name }) => name).join(', ')}), which would no longer fit what is below them; remove them first`,
  ],
  [
    ({ consolidationNeeded, snapshots }) => consolidationNeeded && snapshots.length === 0,
    () => 'its disks need consolidation; consolidate them first',
  ],
]

const whyNotVm = (vm: Vm, wish: InPlaceWish): string[] =>
  vmRules.filter(([applies]) => applies(vm, wish)).map(([, sentence]) => sentence(vm))

/** A disk is overwritten only if it is the very disk that was backed up. A sentence says why it is not. */
function planDisk(vm: Vm, disk: PointDisk, point: VmPoint, wish: InPlaceWish): InPlaceDisk | string {
  const current = vm.disks.find(({ key }) => key === disk.key)
  const { label, address, image, backingUuid } = disk
  if (current === undefined) return `it has no disk ${label} (${address}) any more; name those to restore with --disk`
  const [obstacle] = whyNotDisk(current, vm)
  if (obstacle !== undefined) return `${label}: ${obstacle.sentence}`
  if (current.capacityBytes !== image.capacityBytes)
    return `${label} has ${current.capacityBytes} bytes now, ${image.capacityBytes} in the restore point; restore it as a new VM`
  if (current.uuid !== undefined && backingUuid !== undefined && current.uuid !== backingUuid)
    return `${label} is another disk now (${current.fileName}); restore it as a new VM`
  return { disk, current, method: methodFor(vm, disk, current, { ...wish, point }) }
}

function methodFor(
  vm: Vm,
  disk: PointDisk,
  current: VmDisk,
  { compareAll, point }: InPlaceWish & { readonly point: VmPoint },
): InPlaceMethod {
  const compare = (code: string, message: string): InPlaceMethod => ({ by: 'compare', cause: { code, message } })
  if (compareAll) return compare('compare-requested', 'a comparison of everything was asked for')
  if (unfinishedRestoreOf(vm.config) !== undefined && !isUnfinishedOnlyOf(vm.config, point.id))
    return compare('restore-unfinished', 'a restore to another point did not finish: its writes were not tracked')
  if (!disk.changeId) return compare('tracking-was-inactive', 'change tracking was not active at the restore point')
  if (!sameEpoch(current.changeId, disk.changeId) || isOlder(current.changeId, disk.changeId))
    return compare('tracking-restarted', 'change tracking was started anew since the restore point')
  return { by: 'changed', changeId: disk.changeId, goesOn: unfinishedRestoreOf(vm.config) !== undefined }
}
