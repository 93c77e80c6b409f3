// The janitor: removes exactly what our journals say is ours, and nothing else.
import { unlink } from 'node:fs/promises'
import { crashPoint, hasCode, messageOf, retry, systemClock, systemRandom } from '@vmkeep/kit'
import { deleteLooseDisk, destroyVm, endpointIdOf, readProperties, type Session } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { OnRunEvent } from './events.ts'
import { type Leftover, type PastRun, readJournals } from './journal.ts'
import { formatMarker } from './marker.ts'
import { removeLeftDisk } from './remove-left-disk.ts'
import { removeLeftHome } from './remove-left-home.ts'
import { type EndHold, removeLeftHold } from './remove-left-hold.ts'
import { removeLeftSnapshot } from './remove-left-snapshot.ts'
import { lockVm } from './vm-lock.ts'

export interface CleanUpRequest {
  readonly session: Session
  readonly stateFolder: string
  readonly onEvent: OnRunEvent
  /** Lets a VM be moved again that VMware's library keeps in its place. */
  readonly endHold: EndHold
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
  readonly code:
    | 'run.vm-busy'
    | 'run.leftover-not-removed'
    | 'run.leftover-unconfirmed'
    | 'run.disk-unconfirmed'
    | 'run.vm-held'
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
  const runs = (await readJournals(request.stateFolder)).filter(({ alive }) => !alive)
  const keptOf = new Map<PastRun, number>(runs.map((run) => [run, run.outstanding.length]))
  for (const { run, leftover } of inOrder(runs)) {
    if (leftover.endpointId !== endpointId) continue
    const outcome = await removeOne(request, run, leftover, stillAttached(report.kept, leftover))
    if (typeof outcome !== 'string') report.kept.push(outcome)
    else {
      report[outcome].push(leftover)
      keptOf.set(run, keptOf.get(run)! - 1)
    }
  }
  for (const [run, kept] of keptOf) if (kept === 0) await forget(run)
  return report
}

/**
 * A snapshot whose disk still hangs on another VM can't be merged: disks go first, whichever run they are of. A VM may be moved again
 * when all else is done. Source: VDDK 8.0 Programming Guide, "Prepare For Access and End Access". Evidence: documented.
 */
function inOrder(runs: readonly PastRun[]): { readonly run: PastRun; readonly leftover: Leftover }[] {
  const all = runs.flatMap((run) => run.outstanding.map((leftover) => ({ run, leftover })))
  const turn = ({ leftover: { kind } }: { leftover: Leftover }) => (kind === 'disk' ? 0 : kind === 'hold' ? 2 : 1)
  return all.toSorted((a, b) => turn(a) - turn(b))
}

/** The disk of the same VM that could not be taken off: its snapshot must wait. */
const stillAttached = (kept: readonly KeptLeftover[], { kind, marker }: Leftover): KeptLeftover | undefined =>
  kind === 'snapshot' ? kept.find((one) => one.kind === 'disk' && one.marker.vmUuid === marker.vmUuid) : undefined

/** The journal goes once nothing in it is outstanding, on any endpoint. */
async function forget(run: PastRun): Promise<void> {
  await unlink(run.path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error // another start has settled it at the same time
  })
}

const names = {
  snapshot: 'a snapshot',
  vm: 'a half-restored VM',
  'vm-home': 'a half-restored VM or its snapshot',
  disk: 'an attached disk',
  'loose-disk': 'a restored disk',
  frozen: 'a frozen application',
  hold: 'a ban on moving the VM',
} as const

async function removeOne(
  request: CleanUpRequest,
  run: PastRun,
  leftover: Leftover,
  blockedBy: KeptLeftover | undefined,
): Promise<Outcome | KeptLeftover> {
  const { onEvent } = request
  const what = names[leftover.kind]
  try {
    if (blockedBy !== undefined) throw new Error(`its disk must be taken off first: ${blockedBy.why}`)
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
  for (const code of ['run.leftover-unconfirmed', 'run.disk-unconfirmed', 'run.vm-held'] as const)
    if (hasCode(error, code)) return { level: 'error', message: messageOf(error), code } as const
  const { message } = fail('run.leftover-not-removed', { vm: vmName, what }, error)
  return { level: 'error', message: `${message}: ${messageOf(error)}`, code: 'run.leftover-not-removed' } as const
}

/** One at a time: backups and other clean-ups of the VM wait or stay away, and so does this one. */
async function removeLocked(request: CleanUpRequest, run: PastRun, leftover: Leftover): Promise<Outcome> {
  const { kind, marker, vmName } = leftover
  // A half-restored VM is another one than the VM of its marker, which may be backed up meanwhile.
  const uuid = kind === 'vm' || kind === 'vm-home' ? formatMarker(marker) : marker.vmUuid
  const work = `the clean-up after run ${marker.runId}`
  await using _lock = await lockVm(request.stateFolder, { name: vmName, uuid }, work)
  crashPoint('clean-up.before-removal')
  const removed = await removal[kind]({ leftover, journal: run.path }, request)
  crashPoint('clean-up.after-removal')
  return removed ? 'removed' : 'gone'
}

type Removal = (found: { leftover: Leftover; journal: string }, request: CleanUpRequest) => Promise<boolean>
const removal: Readonly<Record<Leftover['kind'], Removal>> = {
  snapshot: (found, { session, signal }) => removeLeftSnapshot(session, found, signal),
  disk: (found, { session, signal }) => removeLeftDisk(session, found, signal),
  vm: ({ leftover }, request) => removeLeftVm(request, leftover),
  'vm-home': ({ leftover }, { session, signal }) => removeLeftHome(session, leftover, signal),
  'loose-disk': ({ leftover }, request) => removeLooseDisk(request, leftover),
  frozen: ({ leftover }, request) => tellFrozen(request, leftover),
  hold: removeLeftHold,
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

/** A disk that hangs on a VM after all has arrived. */
function removeLooseDisk({ session, signal }: CleanUpRequest, { loose }: Leftover): Promise<boolean> {
  const { path, datacenter, target } = loose!
  const refs = {
    datacenter: { type: 'Datacenter', value: datacenter },
    target: { type: 'VirtualMachine', value: target },
  }
  return deleteLooseDisk(session, { path, ...refs }, signal)
}

/** Told, once: scripts are run by who has their config, and the next backup of the VM ends with this one. */
async function tellFrozen({ onEvent }: CleanUpRequest, { vmName, marker, thaw }: Leftover): Promise<boolean> {
  const { script, where } = thaw!
  const place = where === 'guest' ? 'in the guest' : 'on this machine'
  const message =
    `run ${marker.runId} was interrupted between the scripts around the snapshot of ${vmName}, so applications of it may still be frozen: ` +
    `run ${script} ${place}, or back it up again, which ends with that script`
  onEvent({ type: 'note', level: 'error', vm: vmName, message, code: 'perhaps-frozen' })
  return false
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
