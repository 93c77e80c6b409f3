// What a run says when it is over. The CLI prints it, the exit code follows from it.
import type { Cause, DiskSizes, SkippedDisk } from '@vmkeep/run'
import { type ErrorData, errorToData, isAbort } from '@vmkeep/kit'
import type { Consistency, VmSummary } from '@vmkeep/vsphere'

export interface DiskReport {
  readonly key: number
  readonly label: string
  readonly address: string
  readonly mode: 'full' | 'incremental'
  /** Why it was read in full. */
  readonly cause?: Cause
  readonly transport: string
  /** What was read only to see whether change tracking tells the truth. */
  readonly auditedBytes?: number
  /** For how long reading rested, since the datastore was slow. */
  readonly slowedSeconds?: number
  readonly sizes: DiskSizes
}

/** `partial`: a point was made, but without a disk, or something of ours could not be cleaned up. */
export type VmOutcome = 'ok' | 'partial' | 'skipped' | 'failed' | 'cancelled'

export interface VmReport {
  readonly vm: string
  readonly inventoryPath: string
  readonly outcome: VmOutcome
  readonly point?: string
  /** What the snapshot was, read back from vSphere. */
  readonly consistency?: Consistency
  readonly disks: readonly DiskReport[]
  /** What the guest's memory came to, where it is kept. */
  readonly memory?: DiskSizes
  readonly skippedDisks: readonly SkippedDisk[]
  readonly reasons: readonly Cause[]
  readonly warnings: readonly Cause[]
  readonly error?: ErrorData
  readonly seconds: number
}

export interface RunReport {
  readonly runId: string
  readonly outcome: VmOutcome
  readonly vms: readonly VmReport[]
  readonly seconds: number
}

/** Of a VM of which nothing is known yet but who it is. */
export const blankReport = ({ name, inventoryPath }: VmSummary): Omit<VmReport, 'outcome' | 'seconds'> => ({
  vm: name,
  inventoryPath,
  disks: [],
  skippedDisks: [],
  reasons: [],
  warnings: [],
})

/** How something ends of which an error came. */
export const failureOf = (error: unknown, signal: AbortSignal): Required<Pick<VmReport, 'outcome' | 'error'>> => ({
  outcome: isAbort(error, signal) || signal.aborted ? 'cancelled' : 'failed',
  error: errorToData(error),
})

/** A run is as good as its worst VM; some good and some not is `partial`. */
export function outcomeOf(vms: readonly Pick<VmReport, 'outcome'>[]): VmOutcome {
  const outcomes = new Set(vms.map(({ outcome }) => outcome))
  if (outcomes.has('cancelled')) return 'cancelled'
  if (outcomes.size === 1) return vms[0]!.outcome
  return outcomes.size === 0 ? 'ok' : 'partial'
}
