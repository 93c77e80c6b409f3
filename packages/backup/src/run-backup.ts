import { KeyedLimiter, Limiter } from '@vmkeep/kit'
import { checkTags, type Repository } from '@vmkeep/repository'
import { prepareTransports } from '@vmkeep/transport'
import { readTags, StoragePolicies, type TagsRead, type VmSummary } from '@vmkeep/vsphere'
import { backupVm } from './backup-vm.ts'
import { openLatencyGuard } from './latency-guard.ts'
import { type BackupOptions, nfcConnectionsDefault } from './options.ts'
import { previousPoints } from './previous-points.ts'
import { outcomeOf, type RunReport, type VmReport } from './report.ts'
import type { RunContext } from './run-context.ts'
import { type RunRequest, startRun } from './start-run.ts'

export interface BackupRequest extends RunRequest {
  readonly repository: Repository
  /** What to back up, as `findVms` or `listVms` gave it. */
  readonly vms: readonly VmSummary[]
  readonly options: BackupOptions
  /** The tags of the VMs, if they were read to choose them. Else the run reads them. */
  readonly tags?: TagsRead | undefined
  /** Places for VMs, where several runs share them. Else `limits.vmsMax` of its own. */
  readonly vmPlaces?: Limiter
}

/**
 * Backs up VMs, several at once.
 *
 * One VM's failure does not stop the others. On abort, VMs in work are cleaned up and reported `cancelled`, the rest are not started.
 */
export async function runBackup(request: BackupRequest): Promise<RunReport> {
  const { repository, options, stateFolder, onEvent, signal } = request
  const { limits } = options
  checkTags(options.tags ?? []) // before the first byte, not at the first commit
  await options.guestScripts?.login() // the same for a password that cannot be had
  const tags = request.tags ?? (await tagsFor(request)) // before anything is begun in the session, which rests meanwhile
  await using started = await startRun(request, limits, options.transport.vddk)
  const { runId, clock } = started
  await using latency = await openLatencyGuard(started, options.latency)
  const transport = await prepareTransports(request.session, options.transport, signal)
  const startedMs = clock.monotonicMs()
  const run: RunContext = {
    ...started,
    latency,
    tags,
    storagePolicies: new StoragePolicies(request.session, signal),
    repository,
    options: { ...options, transport },
    disksPerHost: new KeyedLimiter(limits.disksPerHostMax),
    nfcConnections: new KeyedLimiter(
      limits.nfcConnectionsPerHostMax ?? nfcConnectionsDefault(request.session.isVCenter),
    ),
  }
  onEvent({ type: 'run-started', runId, vms: request.vms.map(({ name }) => name) })
  const previous = await previousPoints(repository, { domain: options.domain, signal })
  const reports: VmReport[] = []
  const { vmPlaces = new Limiter(limits.vmsMax) } = request
  const backUp = (vm: VmSummary) => backupVm(run, vm, stateFolder, previous.get(vm.instanceUuid?.toLowerCase() ?? ''))
  // A place each: a VM that waits for long holds up no more than its own.
  await Promise.all(request.vms.map(async (vm) => reports.push(await vmPlaces.run(() => backUp(vm)))))
  const outcome = outcomeOf(reports)
  onEvent({ type: 'run-finished', runId, outcome })
  return { runId, outcome, vms: reports, seconds: (clock.monotonicMs() - startedMs) / 1000 }
}

const nothingToKnow: TagsRead = { known: new Map() }

/** Where no VM is backed up, nobody asks for tags. */
const tagsFor = async ({ vms, session, signal }: BackupRequest): Promise<TagsRead> =>
  vms.length === 0 ? nothingToKnow : readTags(session, signal)
