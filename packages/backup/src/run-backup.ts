import { type Clock, forEachConcurrent, KeyedLimiter, type Random, systemClock, systemRandom } from '@vmkeep/kit'
import type { Repository } from '@vmkeep/repository'
import { cleanUpLeftovers, instanceId, Journal, newRunId, type OnRunEvent } from '@vmkeep/run'
import { endpointIdOf, type Session, type VmSummary } from '@vmkeep/vsphere'
import { backupVm } from './backup-vm.ts'
import type { BackupOptions } from './options.ts'
import { previousPoints } from './previous-points.ts'
import { outcomeOf, type RunReport, type VmReport } from './report.ts'
import type { RunContext } from './run-context.ts'

export interface BackupRequest {
  readonly session: Session
  readonly repository: Repository
  /** What to back up, as `findVms` or `listVms` gave it. */
  readonly vms: readonly VmSummary[]
  readonly options: BackupOptions
  /** Where journals, locks and the instance id live. Private to this machine. */
  readonly stateFolder: string
  readonly onEvent: OnRunEvent
  readonly signal: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
}

/**
 * Backs up VMs, several at once. First removes what an interrupted run of this installation has left on this endpoint.
 *
 * One VM's failure does not stop the others. On abort, VMs in work are cleaned up and reported `cancelled`, the rest are not started.
 */
export async function runBackup(request: BackupRequest): Promise<RunReport> {
  const {
    session,
    repository,
    options,
    stateFolder,
    onEvent,
    signal,
    clock = systemClock,
    random = systemRandom,
  } = request
  const startedMs = clock.monotonicMs()
  const runId = newRunId(clock, random)
  const instance = await instanceId(stateFolder, random)
  await cleanUpLeftovers({ session, stateFolder, onEvent, signal })
  await using journal = await Journal.start(stateFolder, runId)
  const run: RunContext = {
    runId,
    instanceId: instance,
    endpointId: endpointIdOf(session),
    session,
    repository,
    journal,
    options,
    disksPerHost: new KeyedLimiter(options.limits.disksPerHostMax),
    snapshotsPerDatastore: new KeyedLimiter(options.limits.snapshotsPerDatastoreMax),
    clock,
    random,
    onEvent,
    signal,
  }
  onEvent({ type: 'run-started', runId, vms: request.vms.map(({ name }) => name) })
  const previous = await previousPoints(repository, signal)
  const reports: VmReport[] = []
  await forEachConcurrent(request.vms, options.limits.vmsMax, async (vm) => {
    reports.push(await backupVm(run, vm, stateFolder, previous.get(vm.instanceUuid?.toLowerCase() ?? '')))
  })
  const outcome = outcomeOf(reports)
  onEvent({ type: 'run-finished', runId, outcome })
  return { runId, outcome, vms: reports, seconds: (clock.monotonicMs() - startedMs) / 1000 }
}
