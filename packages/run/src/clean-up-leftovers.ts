// The janitor: removes exactly what our journals say is ours, and nothing else.
import { unlink } from 'node:fs/promises'
import { crashPoint, hasCode, messageOf, retry, systemClock, systemRandom } from '@vmkeep/kit'
import { destroyVm, endpointIdOf, readProperties, type Session } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { OnRunEvent } from './events.ts'
import { type Leftover, type PastRun, readJournals } from './journal.ts'
import { formatMarker } from './marker.ts'
import { removeLeftSnapshot } from './remove-left-snapshot.ts'
import { lockVm } from './vm-lock.ts'

export interface CleanUpRequest {
  readonly session: Session
  readonly stateFolder: string
  readonly onEvent: OnRunEvent
  readonly signal?: AbortSignal
}

export interface CleanUpReport {
  /** Removed by this clean-up. */
  readonly removed: readonly Leftover[]
  /** Provably not there any more, or never made. */
  readonly gone: readonly Leftover[]
  /** Still there, or perhaps: it could not be removed or looked for, or another process is at work on the VM. Each has had a note, too. */
  readonly kept: readonly KeptLeftover[]
}

export interface KeptLeftover extends Leftover {
  readonly code: 'run.vm-busy' | 'run.leftover-not-removed' | 'run.leftover-unconfirmed'
  /** Which VM, what is the matter, and what to do about it. */
  readonly why: string
}

type Outcome = 'removed' | 'gone'

/**
 * Removes what dead runs of this installation have left on the session's endpoint. Runs that live are left alone; what cannot be
 * removed now stays in its journal and is reported.
 *
 * What is ours, the journal says. When it may go, the VM's lock says: removing a snapshot merges the disks that a backup by
 * another process may just be reading. A VM that somebody else keeps locked for longer than a moment is left to a later start.
 */
export async function cleanUpLeftovers(request: CleanUpRequest): Promise<CleanUpReport> {
  const endpointId = endpointIdOf(request.session)
  const report = { removed: [] as Leftover[], gone: [] as Leftover[], kept: [] as KeptLeftover[] }
  for (const run of await readJournals(request.stateFolder)) {
    if (run.alive) continue
    const here = run.outstanding.filter((leftover) => leftover.endpointId === endpointId)
    let keptHere = 0
    for (const leftover of here) {
      const outcome = await removeOne(request, run, leftover)
      if (typeof outcome === 'string') report[outcome].push(leftover)
      else keptHere = report.kept.push(outcome)
    }
    if (keptHere === 0 && here.length === run.outstanding.length) await forget(run)
  }
  return report
}

/** The journal goes once nothing in it is outstanding, on any endpoint. */
async function forget(run: PastRun): Promise<void> {
  await unlink(run.path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error // another start has settled it at the same time
  })
}

async function removeOne(request: CleanUpRequest, run: PastRun, leftover: Leftover): Promise<Outcome | KeptLeftover> {
  const { onEvent } = request
  const what = leftover.kind === 'snapshot' ? 'a snapshot' : 'a half-restored VM'
  try {
    const outcome = await patiently(() => removeLocked(request, run, leftover), request.signal)
    const message = `removed ${what} of interrupted run ${leftover.marker.runId}`
    if (outcome === 'removed') onEvent({ type: 'note', level: 'info', vm: leftover.vmName, message })
    return outcome
  } catch (error) {
    request.signal?.throwIfAborted()
    const { level, message, code } = whyKept(leftover, what, error)
    onEvent({ type: 'note', level, vm: leftover.vmName, message, code })
    return { ...leftover, code, why: message }
  }
}

function whyKept({ vmName, marker }: Leftover, what: string, error: unknown) {
  if (hasCode(error, 'run.vm-busy')) {
    const message = `${messageOf(error)}; then vmkeep removes ${what} that interrupted run ${marker.runId} may have left on it`
    return { level: 'warn', message, code: 'run.vm-busy' } as const
  }
  if (hasCode(error, 'run.leftover-unconfirmed'))
    return { level: 'error', message: messageOf(error), code: 'run.leftover-unconfirmed' } as const
  const { message } = fail('run.leftover-not-removed', { vm: vmName, what }, error)
  return { level: 'error', message: `${message}: ${messageOf(error)}`, code: 'run.leftover-not-removed' } as const
}

/** One at a time: backups and other clean-ups of the VM wait or stay away, and so does this one. */
async function removeLocked(request: CleanUpRequest, run: PastRun, leftover: Leftover): Promise<Outcome> {
  const { kind, marker, vmName } = leftover
  // A half-restored VM is another one than the VM of its marker, which may be backed up meanwhile.
  const uuid = kind === 'snapshot' ? marker.vmUuid : formatMarker(marker)
  const work = `the clean-up after run ${marker.runId}`
  await using _lock = await lockVm(request.stateFolder, { name: vmName, uuid }, work)
  crashPoint('clean-up.before-removal')
  const { session, signal } = request
  const removed = await (kind === 'snapshot'
    ? removeLeftSnapshot(session, { leftover, journal: run.path }, signal)
    : removeLeftVm(request, leftover))
  crashPoint('clean-up.after-removal')
  return removed ? 'removed' : 'gone'
}

/** A VM on which somebody is at work, perhaps another start with the same in mind, is tried again before it counts as a failure. */
const patiently = <T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
  retry(work, {
    attemptsMax: 3,
    delayMs: 1000,
    isRetryable: (error) => hasCode(error, 'vsphere.busy', 'run.vm-busy'),
    clock: systemClock,
    random: systemRandom,
    signal,
  })

/** A half-restored VM carries its marker until the restore is done; `destroyVm` refuses any other. */
async function removeLeftVm({ session, signal }: CleanUpRequest, { ref, marker }: Leftover): Promise<boolean> {
  try {
    return await destroyVm(session, { ref, marker: formatMarker(marker) }, signal)
  } catch (error) {
    if (!hasCode(error, 'vsphere.not-ours') || !(await isReadable(session, ref!, signal))) throw error
    return false // killed after the marker was taken off: the VM is complete and the admin's, nothing of ours is left
  }
}

/** A VM whose configuration can't be read shows no marker either, and that proves nothing. */
async function isReadable(session: Session, vm: string, signal: AbortSignal | undefined): Promise<boolean> {
  const ref = { type: 'VirtualMachine', value: vm } as const
  const found = await readProperties(session, { type: 'VirtualMachine', ref, paths: ['config.extraConfig'] }, signal)
  return found['config.extraConfig'] !== undefined
}
