import { crashPoint, hasCode, messageOf, retry } from '@vmkeep/kit'
import { describeSnapshot, formatMarker, isMarkedBy, type Marker } from '@vmkeep/run'
import { createSnapshot, listSnapshots, type SnapshotRef, type Vm } from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import { removeOurs } from './remove-ours.ts'
import { acquireAll, placeOf, type SnapshotContext } from './run-context.ts'

export interface TakenSnapshot {
  readonly ref: SnapshotRef
  /** What vSphere says was reached, not what was asked for: a quiesce without running Tools is silently ignored. */
  readonly consistency: 'crash' | 'quiesced'
}

export interface SnapshotWish {
  readonly quiesce: boolean
}

export interface SnapshotOutcome<T> {
  readonly value: T
  /** Set when the work is done and safe, but our snapshot could not be removed, or one is there that only bears its name. */
  readonly leftover?: unknown
}

/**
 * Lends a snapshot to `work` and takes it away again, whatever happens. Steps 4 and 9 of the order in `design.md` §5.
 *
 * The journal knows of the snapshot before vSphere does: on kill -9 the next start finds and removes it.
 * Removal is not cancelled by the run's signal: a cancelled run must not leave anything behind.
 */
export async function withSnapshot<T>(
  run: SnapshotContext,
  vm: Vm,
  how: SnapshotWish,
  work: (snapshot: TakenSnapshot) => Promise<T>,
): Promise<SnapshotOutcome<T>> {
  const place = placeOf(run, vm)
  const { marker } = place
  const datastores = vm.disks.flatMap(({ datastoreName }) => datastoreName ?? [])
  const onWait = (datastore: string) =>
    run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'waiting', detail: `a place on ${datastore}` })
  using _place = await acquireAll(run.snapshotsPerDatastore, datastores, { onWait, signal: run.signal })
  const entry = await run.journal.intend({ kind: 'snapshot', ...place })
  // Done is done: a journal that can't take this line, its disk full, makes the next start look for a snapshot that is gone.
  const gone = () => entry.gone().catch((error: unknown) => note(run, vm, messageOf(error), 'run.state-unusable'))
  let value: T
  try {
    crashPoint('backup.before-snapshot')
    const snapshot = await takeSnapshot(run, vm, how, marker)
    crashPoint('backup.after-snapshot')
    await entry.created(snapshot.ref.value)
    value = await work(snapshot)
  } catch (error) {
    await takeAway(run, vm, marker, gone)
    throw error
  }
  const leftover = await takeAway(run, vm, marker, gone)
  return leftover === undefined ? { value } : { value, leftover }
}

/** Removes the snapshot and tells why something is left, if so. Does not fail: the run has its own success or failure to tell. */
async function takeAway(run: SnapshotContext, vm: Vm, marker: Marker, gone: () => Promise<void>): Promise<unknown> {
  crashPoint('backup.before-snapshot-removal')
  try {
    const namesake = await removeOurs(run, vm, marker)
    crashPoint('backup.after-snapshot-removal')
    await gone()
    if (namesake !== undefined) noteError(run, vm, namesake.message, 'backup.snapshot-not-ours')
    return namesake
  } catch (error) {
    const message = `our snapshot could not be removed; vmkeep tries again at its next start: ${messageOf(error)}`
    noteError(run, vm, message, 'run.leftover-not-removed')
    return error
  }
}

async function takeSnapshot(run: SnapshotContext, vm: Vm, how: SnapshotWish, marker: Marker): Promise<TakenSnapshot> {
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'snapshot' })
  if (!how.quiesce) return create(run, vm, marker, false)
  try {
    return await create(run, vm, marker, true)
  } catch (error) {
    if (!hasCode(error, 'vsphere.snapshot-quiesce-failed')) throw error
    if (run.options.quiesce === 'require')
      throw fail('backup.quiesce-required', { vm: vm.name, why: messageOf(error) }, error)
    note(
      run,
      vm,
      `the guest could not be quiesced, this point is crash-consistent: ${messageOf(error)}`,
      'quiesce-failed',
    )
    return create(run, vm, marker, false)
  }
}

async function create(run: SnapshotContext, vm: Vm, marker: Marker, quiesce: boolean): Promise<TakenSnapshot> {
  const { clock, random, signal, session } = run
  const request = {
    name: formatMarker(marker),
    description: describeSnapshot(marker),
    quiesce: quiesce && { timeoutMinutes: run.options.quiesceTimeoutMinutes },
    memory: false,
  } as const
  const ref = await run.tasks.run(
    () =>
      retry(() => createSnapshot(session, vm.ref, request, signal), {
        attemptsMax: 6,
        delayMs: 5000,
        // Safe to repeat: createSnapshot finds a snapshot of our name that an earlier try has made.
        isRetryable: (error) => hasCode(error, 'vsphere.busy', 'vsphere.reply-lost', 'vsphere.snapshot-unconfirmed'),
        onRetry: (error) => note(run, vm, `waiting to take the snapshot: ${messageOf(error)}`, 'busy'),
        clock,
        random,
        signal,
      }),
    signal,
  )
  const found = (await listSnapshots(session, vm.ref, signal)).find((candidate) => candidate.ref.value === ref.value)
  // One of somebody else that bears our name is taken for an earlier try of ours, and given to us.
  if (found !== undefined && !isMarkedBy(marker, found))
    throw fail('backup.snapshot-not-ours', { vm: vm.name, snapshot: found.name })
  if (quiesce && found?.quiesced !== true) {
    if (run.options.quiesce === 'require')
      throw fail('backup.quiesce-required', {
        vm: vm.name,
        why: 'vSphere took the snapshot without quiescing, VMware Tools are not running',
      })
    note(
      run,
      vm,
      'vSphere took the snapshot without quiescing the guest, VMware Tools are not running: this point is crash-consistent',
      'quiesce-ignored',
    )
  }
  return { ref, consistency: found?.quiesced === true ? 'quiesced' : 'crash' }
}

function noteError(run: SnapshotContext, vm: Vm, message: string, code: string): void {
  run.onEvent({ type: 'note', level: 'error', vm: vm.name, message, code })
}

function note(run: SnapshotContext, vm: Vm, message: string, code: string): void {
  run.onEvent({ type: 'note', level: 'warn', vm: vm.name, message, code })
}
