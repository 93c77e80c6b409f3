import { codeOf, type ErrorData, errorToData, Limiter, messageOf, systemClock, systemRandom } from '@vmkeep/kit'
import { newRunId, type RunEvent } from '@vmkeep/run'
import type { Session, TagsRead, VmSummary } from '@vmkeep/vsphere'
import { blankReport, failureOf, outcomeOf, type VmOutcome, type VmReport } from './report.ts'
import { type BackupRequest, runBackup } from './run-backup.ts'

/** What to back up on one vCenter or ESXi host. */
export interface ServerBackup {
  /** What the user calls it. */
  readonly server: string
  readonly session: Session
  readonly vms: readonly VmSummary[]
  readonly excludeDisksOfVm: Readonly<Record<string, readonly string[]>>
  /** The tags of its VMs, if they were read to choose them. */
  readonly tags?: TagsRead | undefined
}

export interface ServersRequest extends Omit<BackupRequest, 'session' | 'vms' | 'tags' | 'vmPlaces'> {
  readonly servers: readonly ServerBackup[]
  /** Those of which nothing can be backed up, and why: they are part of the report. */
  readonly unusable: readonly { readonly server: string; readonly error: unknown }[]
}

export interface ServerReport {
  readonly server: string
  readonly outcome: VmOutcome
  /** Of the run on this server. Absent if none began. */
  readonly runId?: string
  /** What is wrong with the server as a whole: none of its VMs is backed up. */
  readonly error?: ErrorData
}

export interface ServersReport {
  readonly runId: string
  readonly outcome: VmOutcome
  readonly servers: readonly ServerReport[]
  readonly vms: readonly (VmReport & { readonly server: string })[]
  readonly seconds: number
}

/**
 * Backs up VMs of several servers at once: each with its one session, a run and limits of its own, as far as they spare the server, its
 * hosts and its datastores; `vmsMax`, which spares this machine, is for all together. A server that fails takes down no other.
 *
 * Events name a VM `server/vm`: two servers may have VMs of the same name.
 */
export async function runOnServers(request: ServersRequest): Promise<ServersReport> {
  const { servers, options, onEvent, clock = systemClock, random = systemRandom } = request
  const [runId, startedMs, vmPlaces] = [
    newRunId(clock, random),
    clock.monotonicMs(),
    new Limiter(options.limits.vmsMax),
  ]
  const names = servers.flatMap(({ server, vms }) => vms.map(({ name }) => `${server}/${name}`))
  onEvent({ type: 'run-started', runId, vms: names })
  const failed = request.unusable.map(({ server, error }) => reportUnusable(onEvent, server, error))
  const reports = await Promise.all(servers.map((server) => backUpServer(request, server, vmPlaces)))
  const vms = reports.flatMap((report) => report.vms.map((vm) => ({ ...vm, server: report.server })))
  const outcome = outcomeOf([...vms, ...failed])
  onEvent({ type: 'run-finished', runId, outcome })
  const seconds = (clock.monotonicMs() - startedMs) / 1000
  return { runId, outcome, servers: [...reports.map(({ vms: _, ...report }) => report), ...failed], vms, seconds }
}

function reportUnusable(onEvent: ServersRequest['onEvent'], server: string, error: unknown): ServerReport {
  const message = `nothing on ${server} is backed up: ${messageOf(error)}`
  onEvent({ type: 'note', level: 'error', message, code: codeOf(error) ?? 'failed' })
  return { server, outcome: 'failed', error: errorToData(error) }
}

async function backUpServer(
  request: ServersRequest,
  { server, session, vms, excludeDisksOfVm, tags }: ServerBackup,
  vmPlaces: Limiter,
): Promise<ServerReport & { readonly vms: readonly VmReport[] }> {
  const onEvent = (event: RunEvent) => tell(request, server, event)
  try {
    const options = { ...request.options, excludeDisksOfVm }
    const { seconds: _, ...report } = await runBackup({ ...request, session, vms, tags, options, vmPlaces, onEvent })
    return { server, ...report }
  } catch (error) {
    const failure = failureOf(error, request.signal)
    return { server, ...failure, vms: vms.map((vm) => ({ ...blankReport(vm), ...failure, seconds: 0 })) }
  }
}

/** The beginning and the end are told once for all. */
function tell({ onEvent }: ServersRequest, server: string, event: RunEvent): void {
  if (event.type === 'run-started' || event.type === 'run-finished') return
  onEvent(event.vm === undefined ? event : { ...event, vm: `${server}/${event.vm}` })
}
