import type { PointImage, WriterSession } from '@vmkeep/repository'
import type { VmPoint } from '@vmkeep/run'
import type { Extent } from '@vmkeep/disk'
import type { VmDiskReader } from '@vmkeep/transport'
import type { SnapshotRef, Vm, VmDisk } from '@vmkeep/vsphere'
import type { PreviousDisk, ReadDecision } from './decide-read.ts'
import type { DiskReport } from './report.ts'
import type { RunContext } from './run-context.ts'
import type { Comparison } from './tracking/compare-unchanged.ts'

export interface DiskJob {
  readonly vm: Vm
  /** Absent: the disk is read as it lies there. */
  readonly snapshot: SnapshotRef | undefined
  /** The disk as the snapshot's config has it: its file, size and change id are those of the instant. */
  readonly disk: VmDisk
  readonly previous: PreviousDisk | undefined
  /** What change tracking says of it is not to be believed. */
  readonly trackingDoubted: boolean
  /** The point that `previous` belongs to. */
  readonly previousPoint: Pick<VmPoint, 'id' | 'createdAt'> | undefined
  readonly writer: WriterSession
}

/** A disk that is open. */
export interface DiskReading {
  readonly run: RunContext
  readonly job: DiskJob
  readonly source: VmDiskReader
  readonly tell: (phase: 'query' | 'read', detail?: string) => void
}

export interface DiskBackup {
  readonly image: PointImage
  readonly report: DiskReport
}

/** What is read beside what changed: what the repository has lost of the base is still on the disk, or was overwritten there. */
export type Decided = ReadDecision & { readonly lost?: readonly Extent[]; readonly audited?: Audited }

export interface Audited extends Comparison {
  /** Up to where this round of audits has come. */
  readonly toBytes: number
}
