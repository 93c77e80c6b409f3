import assert from 'node:assert/strict'
import { hasCode, messageOf, retry } from '@vmkeep/kit'
import { type Cause, describeSnapshot, formatMarker, isMarkedBy, type Marker, type ScriptRun } from '@vmkeep/run'
import {
  type Consistency,
  createSnapshot,
  isWindows,
  listSnapshots,
  type ReachedConsistency,
  readConsistency,
  type SnapshotRef,
  type Vm,
  whyNotApplication,
} from '@vmkeep/vsphere'
import type { TransportSettings } from '@vmkeep/transport'
import { fail } from './errors.ts'
import { notStored } from './memory-plan.ts'
import type { MemoryPolicy } from './options.ts'
import { isLess, noQuiesce, quiesceLadderOf, type QuiesceLadder, type Rung, withMemoryFirst } from './quiesce-ladder.ts'
import type { SnapshotContext } from './run-context.ts'

export interface TakenSnapshot {
  readonly ref: SnapshotRef
  /** What vSphere says was reached, not what was asked for: a quiesce without running Tools is silently ignored. */
  readonly consistency: Consistency
  /** Whether it was taken with the guest's memory. */
  readonly memory?: boolean
  /** VSS's manifest, where it took part. */
  readonly manifest?: Buffer
  /** In what it is less than was asked for, and why. */
  readonly warnings: readonly Cause[]
  /** The scripts around it, in the order in which they ran. */
  readonly scripts: readonly ScriptRun[]
}

export interface SnapshotWish {
  readonly quiesce: boolean
  /** `off`, if absent. */
  readonly memory?: MemoryPolicy
  /** What reads the disks beneath it first, where that wants the VM kept in its place meanwhile. */
  readonly heldFor?: TransportSettings | undefined
}

/**
 * Takes our snapshot as well as the policy wants it, down the ladder where it allows that, and reads back what it is.
 *
 * @throws `backup.quiesce-required`, `backup.application-required`, `backup.memory-required` if it is less than the policy demands: the snapshot may be there then
 */
export async function takeSnapshot(
  run: SnapshotContext,
  vm: Vm,
  how: SnapshotWish,
  marker: Marker,
): Promise<TakenSnapshot> {
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'snapshot' })
  const quiescing = how.quiesce ? quiesceLadderOf(run.options, { windows: isWindows(vm) }) : noQuiesce
  const ladder = withMemoryFirst(quiescing, how.memory ?? 'off')
  const warnings: Cause[] = []
  const warn = (code: string, message: string) => {
    warnings.push({ code, message })
    note(run, vm, message, code)
  }
  for (const [index, rung] of ladder.rungs.entries()) {
    try {
      const { ref, reached } = await create(run, vm, marker, rung)
      compare(vm, ladder, rung, reached, warn)
      const { level: consistency } = reached
      const more = { ...(rung.memory && { memory: true }), ...(reached.manifest && { manifest: reached.manifest }) }
      return { ref, consistency, warnings, scripts: [], ...more }
    } catch (error) {
      const next = ladder.rungs[index + 1]
      if (rung.memory && isOfMemory(error)) {
        if (next === undefined) throw fail('backup.memory-required', { vm: vm.name, why: messageOf(error) }, error)
        const { code, message } = notStored(messageOf(error))
        warn(code, message)
        continue
      }
      if (!hasCode(error, 'vsphere.snapshot-quiesce-failed')) throw error
      if (next === undefined) throw tooLittle(vm, ladder.least, messageOf(error), error)
      warn(...fallsBackTo(next, messageOf(error)))
    }
  }
  assert.fail('the last rung returns or throws')
}

/** That it is the memory is proven only by the next try. */
const isOfMemory = (error: unknown): boolean =>
  hasCode(
    error,
    'vsphere.snapshot-memory-refused',
    'vsphere.snapshot-failed',
    'vsphere.snapshot-device-incompatible',
    'vsphere.datastore-full',
    'vsphere.invalid-configuration',
  )

function fallsBackTo({ wants }: Rung, why: string): [code: string, message: string] {
  return wants === 'crash'
    ? ['quiesce-failed', `the guest could not be quiesced, this point is crash-consistent: ${why}`]
    : [
        'application-failed',
        `VSS could not bring the applications to rest, so only the file systems are quiesced: ${why}`,
      ]
}

/** @throws `backup.quiesce-required`, `backup.application-required` */
function compare(
  vm: Vm,
  { least }: QuiesceLadder,
  { wants }: Rung,
  { level, manifestFailure }: ReachedConsistency,
  warn: (code: string, message: string) => void,
): void {
  if (manifestFailure !== undefined)
    warn(
      'vss-manifest-missing',
      `the manifest of VSS could not be saved, which tells of applications: ${manifestFailure}`,
    )
  if (!isLess(level, wants)) return
  if (level === 'crash') {
    const why = `vSphere took the snapshot without quiescing the guest, ${whyIgnored(vm)}`
    if (isLess(level, least)) throw tooLittle(vm, least, why)
    return warn('quiesce-ignored', `${why}: this point is crash-consistent`)
  }
  const why = `VSS quiesced the file systems and is not known to have involved applications: ${whyNoApplication(vm)}`
  if (isLess(level, least)) throw tooLittle(vm, least, why)
  warn('application-not-reached', why)
}

const whyIgnored = ({ toolsRunning }: Vm): string =>
  toolsRunning ? 'though VMware Tools are running' : 'VMware Tools are not running'

function whyNoApplication(vm: Vm): string {
  const reasons = whyNotApplication(vm).map(({ sentence }) => sentence)
  return reasons.length > 0
    ? reasons.join(' ')
    : 'nothing that can be seen from outside stands in the way. Look for dynamic disks, Storage Spaces and failed VSS writers in the guest ("vssadmin list writers").'
}

const tooLittle = (vm: Vm, least: Consistency, why: string, cause?: unknown) =>
  least === 'application'
    ? fail('backup.application-required', { vm: vm.name, why }, cause)
    : fail('backup.quiesce-required', { vm: vm.name, why }, cause)

async function create(
  run: SnapshotContext,
  vm: Vm,
  marker: Marker,
  { quiesce, memory = false }: Rung,
): Promise<{ readonly ref: SnapshotRef; readonly reached: ReachedConsistency }> {
  const { clock, random, signal, session } = run
  const whose = { name: formatMarker(marker), description: describeSnapshot(marker), vmName: vm.name }
  const request = { ...whose, quiesce, memory }
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
  return { ref, reached: await readConsistency(session, vm, found, signal) }
}

function note(run: SnapshotContext, vm: Vm, message: string, code: string): void {
  run.onEvent({ type: 'note', level: 'warn', vm: vm.name, message, code })
}
