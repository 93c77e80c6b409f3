import { type DiskReader, type Extent, intersected, subtracted, whole } from '@vmkeep/disk'
import type { Repository } from '@vmkeep/repository'
import { changedExtents, type Session, type SnapshotRef, type Vm, type VmDisk } from '@vmkeep/vsphere'
import type { ReadDecision } from '../decide-read.ts'
import { type Comparison, compareUnchanged } from './compare-unchanged.ts'

export interface DiskAudit {
  readonly session: Session
  readonly repository: Repository
  readonly vm: Vm
  readonly snapshot: SnapshotRef | undefined
  /** As the snapshot's config has it. */
  readonly disk: VmDisk
  readonly source: DiskReader
  readonly decision: ReadDecision & { readonly mode: 'incremental' }
  /** The part to look at; the whole disk, if left out. */
  readonly window?: Extent
  /** What the repository itself has lost of the point: it says nothing about change tracking. */
  readonly lost: readonly Extent[]
  readonly onCompared?: (bytes: number) => void
  readonly signal: AbortSignal
}

/**
 * Compares what change tracking calls unchanged since the last restore point with what that point holds.
 */
export async function auditDisk(audit: DiskAudit): Promise<Comparison> {
  const { session, repository, vm, snapshot, disk, source, decision, lost, onCompared, signal } = audit
  const { capacityBytes } = disk
  const { window = whole(capacityBytes) } = audit
  const since = { vm: vm.ref, snapshot, deviceKey: disk.key, capacityBytes, changeId: decision.changeId }
  const unchanged = subtracted([window], intersected(changedExtents(session, since, signal), [window]))
  await using image = await repository.openImage(decision.base, signal)
  const options = { signal, ...(onCompared === undefined ? {} : { onCompared }) }
  return await compareUnchanged(subtracted(unchanged, lost), source, image, options)
}
