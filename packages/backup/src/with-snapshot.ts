import { crashPoint, hasCode, messageOf, retry } from '@vmkeep/kit'
import { describeSnapshot, formatMarker, type Marker } from '@vmkeep/run'
import {
  consolidateIfNeeded,
  createSnapshot,
  listSnapshots,
  removeSnapshot,
  type SnapshotRef,
  type Vm,
} from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import { identityOf } from './identity.ts'
import type { VmPlan } from './plan.ts'
import { acquireAll, type RunContext } from './run-context.ts'

export interface TakenSnapshot {
  readonly ref: SnapshotRef
  /** What vSphere says was reached, not what was asked for: a quiesce without running Tools is silently ignored. */
  readonly consistency: 'crash' | 'quiesced'
}

export interface SnapshotOutcome<T> {
  readonly value: T
  /** Set when the work is done and safe, but the snapshot could not be removed. */
  readonly leftover?: unknown
}

/**
 * Lends a snapshot to `work` and takes it away again, whatever happens. Steps 4 and 9 of the order in `design.md` §5.
 *
 * The journal knows of the snapshot before vSphere does: on kill -9 the next start finds and removes it.
 * Removal is not cancelled by the run's signal: a cancelled run must not leave anything behind.
 */
export async function withSnapshot<T>(
  run: RunContext,
  vm: Vm,
  plan: VmPlan,
  work: (snapshot: TakenSnapshot) => Promise<T>,
): Promise<SnapshotOutcome<T>> {
  const marker: Marker = { instanceId: run.instanceId, runId: run.runId, vmUuid: identityOf(vm) }
  const datastores = vm.disks.flatMap(({ datastoreName }) => datastoreName ?? [])
  run.onEvent({
    type: 'vm-phase',
    vm: vm.name,
    phase: 'waiting',
    detail: `a place on ${[...new Set(datastores)].join(', ')}`,
  })
  using _place = await acquireAll(run.snapshotsPerDatastore, datastores, run.signal)
  const entry = await run.journal.intend({ kind: 'snapshot', endpointId: run.endpointId, vmName: vm.name, marker })
  let value: T
  try {
    crashPoint('backup.before-snapshot')
    const snapshot = await takeSnapshot(run, vm, plan, marker)
    crashPoint('backup.after-snapshot')
    await entry.created(snapshot.ref.value)
    value = await work(snapshot)
  } catch (error) {
    await removeOurs(run, vm, marker).then(entry.gone, (cleanup: unknown) => reportLeftover(run, vm, cleanup))
    throw error
  }
  crashPoint('backup.before-snapshot-removal')
  try {
    await removeOurs(run, vm, marker)
  } catch (leftover) {
    reportLeftover(run, vm, leftover)
    return { value, leftover }
  }
  crashPoint('backup.after-snapshot-removal')
  await entry.gone()
  return { value }
}

async function takeSnapshot(run: RunContext, vm: Vm, plan: VmPlan, marker: Marker): Promise<TakenSnapshot> {
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'snapshot' })
  if (!plan.quiesce) return create(run, vm, marker, false)
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

async function create(run: RunContext, vm: Vm, marker: Marker, quiesce: boolean): Promise<TakenSnapshot> {
  const { clock, random, signal, session } = run
  const request = {
    name: formatMarker(marker),
    description: describeSnapshot(marker),
    quiesce: quiesce && { timeoutMinutes: run.options.quiesceTimeoutMinutes },
    memory: false,
  } as const
  const ref = await retry(() => createSnapshot(session, vm.ref, request, signal), {
    attemptsMax: 6,
    delayMs: 5000,
    // Safe to repeat: createSnapshot finds a snapshot of our name that an earlier try has made.
    isRetryable: (error) => hasCode(error, 'vsphere.busy', 'vsphere.reply-lost', 'vsphere.snapshot-unconfirmed'),
    onRetry: (error) => note(run, vm, `waiting to take the snapshot: ${messageOf(error)}`, 'busy'),
    clock,
    random,
    signal,
  })
  const found = (await listSnapshots(session, vm.ref, signal)).find((candidate) => candidate.ref.value === ref.value)
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

/** What keeps a snapshot for a while: a task at work, an answer that was lost, a host that still holds a disk we have closed. */
const passing = [
  'vsphere.busy',
  'vsphere.reply-lost',
  'vsphere.connection-lost',
  'vsphere.timed-out',
  'vsphere.file-locked',
]

/** Removes the snapshot that carries our marker, found by its exact name: its reference may never have reached us. */
async function removeOurs(run: RunContext, vm: Vm, marker: Marker): Promise<void> {
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'remove-snapshot' })
  const name = formatMarker(marker)
  await retry(
    async () => {
      const ours = (await listSnapshots(run.session, vm.ref)).filter((snapshot) => snapshot.name === name)
      for (const { ref } of ours) await removeSnapshot(run.session, ref, {})
      if ((await consolidateIfNeeded(run.session, vm.ref)) === 'done')
        note(run, vm, 'the snapshot was gone but its disks were not merged; consolidated them', 'consolidated')
    },
    {
      attemptsMax: 5,
      delayMs: 2000,
      isRetryable: (error) => hasCode(error, ...passing),
      clock: run.clock,
      random: run.random,
    },
  )
}

function reportLeftover(run: RunContext, vm: Vm, error: unknown): void {
  const message = `our snapshot could not be removed; vmkeep tries again at its next start: ${messageOf(error)}`
  run.onEvent({ type: 'note', level: 'error', vm: vm.name, message, code: 'run.leftover-not-removed' })
}

function note(run: RunContext, vm: Vm, message: string, code: string): void {
  run.onEvent({ type: 'note', level: 'warn', vm: vm.name, message, code })
}
