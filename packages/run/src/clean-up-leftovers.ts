// The janitor: removes exactly what our journals say is ours, and nothing else.
import { unlink } from 'node:fs/promises'
import { crashPoint, hasCode, messageOf, retry, systemClock, systemRandom } from '@vmkeep/kit'
import {
  consolidateIfNeeded,
  destroyVm,
  endpointIdOf,
  findVms,
  listSnapshots,
  readProperties,
  removeSnapshot,
  type Session,
  type VmSummary,
  waitForRunningTasks,
} from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { OnRunEvent } from './events.ts'
import { type Leftover, type PastRun, readJournals } from './journal.ts'
import { formatMarker, isMarkedBy } from './marker.ts'
import { lockVm } from './vm-lock.ts'

export interface CleanUpRequest {
  readonly session: Session
  readonly stateFolder: string
  readonly onEvent: OnRunEvent
  readonly signal?: AbortSignal
}

export interface CleanUpReport {
  readonly removed: readonly Leftover[]
  /** Still there, each with a note that says why: it could not be removed, or another process is at work on the VM. */
  readonly kept: readonly Leftover[]
}

/**
 * Removes what dead runs of this installation have left on the session's endpoint. Runs that live are left alone; what cannot be
 * removed now stays in its journal and is reported.
 *
 * What is ours, the journal says. When it may go, the VM's lock says: removing a snapshot merges the disks that a backup by
 * another process may just be reading. A VM that somebody else keeps locked for longer than a moment is left to a later start.
 */
export async function cleanUpLeftovers(request: CleanUpRequest): Promise<CleanUpReport> {
  const endpointId = endpointIdOf(request.session)
  const removed: Leftover[] = []
  const kept: Leftover[] = []
  for (const run of await readJournals(request.stateFolder)) {
    if (run.alive) continue
    const here = run.outstanding.filter((leftover) => leftover.endpointId === endpointId)
    for (const leftover of here) ((await removeOne(request, leftover)) ? removed : kept).push(leftover)
    await settle(run, here, kept)
  }
  return { removed, kept }
}

/** The journal goes once nothing in it is outstanding, on any endpoint. */
async function settle(run: PastRun, here: readonly Leftover[], kept: readonly Leftover[]): Promise<void> {
  const elsewhere = run.outstanding.length > here.length
  if (elsewhere || here.some((leftover) => kept.includes(leftover))) return
  await unlink(run.path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error // another start has settled it at the same time
  })
}

async function removeOne(request: CleanUpRequest, leftover: Leftover): Promise<boolean> {
  const { onEvent } = request
  const what = leftover.kind === 'snapshot' ? 'a snapshot' : 'a half-restored VM'
  try {
    const done = await patiently(() => removeLocked(request, leftover), request.signal)
    if (done)
      onEvent({
        type: 'note',
        level: 'info',
        vm: leftover.vmName,
        message: `removed ${what} of interrupted run ${leftover.marker.runId}`,
      })
    return true
  } catch (error) {
    request.signal?.throwIfAborted()
    onEvent({ type: 'note', vm: leftover.vmName, ...whyKept(leftover, what, error) })
    return false
  }
}

function whyKept({ vmName, marker }: Leftover, what: string, error: unknown) {
  if (hasCode(error, 'run.vm-busy')) {
    const message = `${messageOf(error)}; then vmkeep removes ${what} that interrupted run ${marker.runId} may have left on it`
    return { level: 'warn', message, code: 'run.vm-busy' } as const
  }
  const { code, message } = fail('run.leftover-not-removed', { vm: vmName, what }, error)
  return { level: 'error', message: `${message}: ${messageOf(error)}`, code } as const
}

/** One at a time: backups and other clean-ups of the VM wait or stay away, and so does this one. */
async function removeLocked(request: CleanUpRequest, leftover: Leftover): Promise<boolean> {
  const { kind, marker, vmName } = leftover
  // A half-restored VM is another one than the VM of its marker, which may be backed up meanwhile.
  const uuid = kind === 'snapshot' ? marker.vmUuid : formatMarker(marker)
  const work = `the clean-up after run ${marker.runId}`
  await using _lock = await lockVm(request.stateFolder, { name: vmName, uuid }, work)
  crashPoint('clean-up.before-removal')
  const done = kind === 'snapshot' ? await removeLeftSnapshot(request, leftover) : await removeLeftVm(request, leftover)
  crashPoint('clean-up.after-removal')
  return done
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

async function removeLeftSnapshot({ session, signal }: CleanUpRequest, { marker }: Leftover): Promise<boolean> {
  let found = false
  for (const vm of await vmsWith(session, marker.vmUuid, signal)) {
    await waitForRunningTasks(session, vm.ref, signal) // the task that makes our snapshot may still run
    const ours = (await listSnapshots(session, vm.ref, signal)).filter((snapshot) => isMarkedBy(marker, snapshot))
    for (const { ref } of ours) await removeSnapshot(session, ref, signal === undefined ? {} : { signal })
    await consolidateIfNeeded(session, vm.ref, signal) // also if an earlier try, or a start that was killed, came no further
    found ||= ours.length > 0
  }
  return found
}

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

async function vmsWith(session: Session, instanceUuid: string, signal: AbortSignal | undefined): Promise<VmSummary[]> {
  return findVms(session, instanceUuid, signal)
}
