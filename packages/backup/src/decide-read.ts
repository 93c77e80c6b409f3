// Which bytes of a disk must be read: what changed since the last point, or all of it, and then why. Pure.
import type { Cause, VmPointDisk } from '@vmkeep/run'
import type { StoredImage } from '@vmkeep/repository'
import { sameEpoch } from '@vmkeep/vsphere'

/** A disk as it is now, in the VM (for a plan) or in our snapshot (for a run). */
export interface DiskNow {
  readonly capacityBytes: number
  readonly changeId?: string | undefined
  readonly backingUuid?: string | undefined
  /** `false`: it is read as it lies there, and nobody can be asked what changed. */
  readonly inSnapshot?: boolean
  /** vSphere's answers about changes are not to be believed, though it gives some. */
  readonly trackingDoubted?: boolean
}

export type PreviousDisk = VmPointDisk & { readonly image: StoredImage }

/** Incremental: ask vSphere what changed since `changeId`. Full: read all, store what differs, and say why. */
export type ReadDecision =
  | { readonly mode: 'incremental'; readonly changeId: string; readonly base: StoredImage }
  | { readonly mode: 'full'; readonly cause: Cause; readonly base?: StoredImage }

const causes = {
  'first-backup': 'this disk has no restore point yet',
  'full-requested': 'a full read was asked for',
  'without-snapshot': 'it is read without a snapshot, so vSphere is not asked what changed',
  'tracking-inactive': 'change tracking was not active on this disk when the snapshot was taken',
  'tracking-was-inactive': 'change tracking was not active on this disk at its last restore point',
  'tracking-beside-snapshots':
    "change tracking was switched on while the VM had snapshots, since when vSphere's answers may be wrong",
  'tracking-restarted': 'vSphere started change tracking anew since the last restore point',
  'tracking-went-back': 'the disk went back in time, as after a revert to a snapshot',
  'capacity-changed': 'the disk has another size than at its last restore point',
  'disk-replaced': 'another disk is in this place than at the last restore point',
  'transport-sends-whole': 'the only transport that reaches it, lease, sends whole disks; only what differs is stored',
  'change-id-unknown': 'vSphere could not say what changed since the last restore point',
  'base-released': 'the last restore point was forgotten and its data released',
  'base-damaged': 'the map of the last restore point is damaged in the repository',
  'tracking-lied': 'an audit found changes that change tracking had not reported',
  'change-info-invalid': 'vSphere gave an answer about changes that contradicts itself',
} as const
export type FullReadCause = keyof typeof causes

export const fullReadCause = (code: FullReadCause): Cause => ({ code, message: causes[code] })

/**
 * Decides how to read a disk. Change tracking is trusted only while the disk is provably the same and its tracking
 * unbroken: same size, same backing, same change id epoch, sequence not going back.
 * Source: vadp.md §2.2, from the VDDK Programming Guide and KB 320557. Evidence: documented.
 */
export function decideRead(
  now: DiskNow,
  previous: PreviousDisk | undefined,
  options: { readonly full: boolean },
): ReadDecision {
  if (previous === undefined) return { mode: 'full', cause: fullReadCause('first-backup') }
  const code = whyFull(now, previous, options.full)
  if (code === undefined) return { mode: 'incremental', changeId: previous.changeId!, base: previous.image }
  return { mode: 'full', cause: fullReadCause(code), base: previous.image }
}

function whyFull(now: DiskNow, previous: PreviousDisk, full: boolean): FullReadCause | undefined {
  if (full) return 'full-requested'
  if (now.backingUuid !== undefined && previous.backingUuid !== undefined && now.backingUuid !== previous.backingUuid)
    return 'disk-replaced'
  if (now.capacityBytes !== previous.image.capacityBytes) return 'capacity-changed'
  if (now.inSnapshot === false) return 'without-snapshot'
  if (!now.changeId) return 'tracking-inactive' // vSphere may give an empty one
  if (now.trackingDoubted === true || isDoubtedStill(now.changeId, previous)) return 'tracking-beside-snapshots'
  if (!previous.changeId) return previous.doubtedTracking === undefined ? 'tracking-was-inactive' : 'tracking-restarted'
  return compareChangeIds(now.changeId, previous.changeId)
}

/** Whether tracking goes on that was in doubt at the last restore point: what was wrong with it does not go with the snapshots. */
export const isDoubtedStill = (changeId: string | undefined, previous: PreviousDisk | undefined): boolean =>
  sameEpoch(changeId, previous?.doubtedTracking)

function compareChangeIds(now: string, previous: string): FullReadCause | undefined {
  const [nowEpoch, nowSequence] = splitChangeId(now)
  const [epoch, sequence] = splitChangeId(previous)
  if (nowEpoch !== epoch) return 'tracking-restarted'
  return nowSequence < sequence ? 'tracking-went-back' : undefined
}

function splitChangeId(changeId: string): [epoch: string, sequence: bigint] {
  const slash = changeId.lastIndexOf('/')
  const sequence = changeId.slice(slash + 1)
  return [changeId.slice(0, slash), /^\d+$/.test(sequence) ? BigInt(sequence) : -1n]
}
