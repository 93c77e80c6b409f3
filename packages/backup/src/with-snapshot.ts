import { crashPoint, messageOf } from '@vmkeep/kit'
import type { Cause, Marker } from '@vmkeep/run'
import type { Vm } from '@vmkeep/vsphere'
import { betweenScripts } from './between-scripts.ts'
import { fail } from './errors.ts'
import { whyTooFullNow } from './free-space.ts'
import { placeToStart } from './place-to-start.ts'
import { removeOurs } from './remove-ours.ts'
import { placeOf, type SnapshotContext } from './run-context.ts'
import { whileHeld } from './while-held.ts'
import { type SnapshotWish, type TakenSnapshot, takeSnapshot } from './take-snapshot.ts'

export interface SnapshotOutcome<T> {
  readonly value: T
  /** Set when the work is done and safe, but our snapshot could not be removed, or one is there that only bears its name. */
  readonly leftover?: unknown
  /** What was remarkable about taking it away. */
  readonly warnings?: readonly Cause[]
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
  using start = await placeToStart(run, vm)
  await requireSpace(run, vm)
  const { value, leftover } = await whileHeld(run, vm, how, () =>
    lend(run, vm, how, (snapshot) => work({ ...snapshot, warnings: [...start.warnings, ...snapshot.warnings] })),
  )
  const left = leftover ?? value.leftover
  return left === undefined ? value : { ...value, leftover: left }
}

async function lend<T>(
  run: SnapshotContext,
  vm: Vm,
  how: SnapshotWish,
  work: (snapshot: TakenSnapshot) => Promise<T>,
): Promise<SnapshotOutcome<T>> {
  const place = placeOf(run, vm)
  const { marker } = place
  const entry = await run.journal.intend({ kind: 'snapshot', ...place })
  // Done is done: a journal that can't take this line, its disk full, makes the next start look for a snapshot that is gone.
  const gone = () => entry.gone().catch((error: unknown) => note(run, vm, messageOf(error), 'run.state-unusable'))
  let value: T
  try {
    crashPoint('backup.before-snapshot')
    const snapshot = await betweenScripts(run, vm, () => takeSnapshot(run, vm, how, marker))
    crashPoint('backup.after-snapshot')
    await entry.created(snapshot.ref.value)
    value = await work(snapshot)
  } catch (error) {
    await takeAway(run, vm, marker, gone)
    throw error
  }
  return { value, ...(await takeAway(run, vm, marker, gone)) }
}

/**
 * Looked at when the snapshot's turn has come: until then others were at work there.
 *
 * @throws `backup.datastore-too-full`
 */
export async function requireSpace(
  { session, options: { freeSpace }, signal }: SnapshotContext,
  vm: Vm,
): Promise<void> {
  const tooFull = freeSpace && (await whyTooFullNow(session, vm, freeSpace, signal))
  if (tooFull !== undefined) throw fail('backup.datastore-too-full', { vm: vm.name, why: tooFull.message })
}

/** Removes the snapshot and tells why something is left, if so. Does not fail: the run has its own success or failure to tell. */
async function takeAway(
  run: SnapshotContext,
  vm: Vm,
  marker: Marker,
  gone: () => Promise<void>,
): Promise<Omit<SnapshotOutcome<never>, 'value'>> {
  crashPoint('backup.before-snapshot-removal')
  try {
    const { namesake, warnings } = await removeOurs(run, vm, marker)
    crashPoint('backup.after-snapshot-removal')
    await gone()
    if (namesake !== undefined) noteError(run, vm, namesake.message, 'backup.snapshot-not-ours')
    return namesake === undefined ? { warnings } : { leftover: namesake, warnings }
  } catch (error) {
    const message = `our snapshot could not be removed; vmkeep tries again at its next start: ${messageOf(error)}`
    noteError(run, vm, message, 'run.leftover-not-removed')
    return { leftover: error }
  }
}

function noteError(run: SnapshotContext, vm: Vm, message: string, code: string): void {
  run.onEvent({ type: 'note', level: 'error', vm: vm.name, message, code })
}

function note(run: SnapshotContext, vm: Vm, message: string, code: string): void {
  run.onEvent({ type: 'note', level: 'warn', vm: vm.name, message, code })
}
