import { lockVm } from '@vmkeep/run'
import {
  captureSnapshot,
  disableChangeTracking,
  enableChangeTracking,
  readVm,
  type Vm,
  type VmDisk,
  type VmSummary,
} from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import { identityOf } from '../identity.ts'
import type { SnapshotContext } from '../run-context.ts'
import { openLatencyGuard } from '../latency-guard.ts'
import type { BackupOptions } from '../options.ts'
import { type RunRequest, startRun } from '../start-run.ts'
import { requireSpace, withSnapshot } from '../with-snapshot.ts'
import { goesOn, type TrackedDisk } from './tracked-disk.ts'

export interface TrackingRequest extends RunRequest {
  readonly vm: VmSummary
  /** As a backup's: its snapshots are snapshots like any other. */
  readonly guards: Pick<BackupOptions, 'freeSpace' | 'latency'>
}

export interface TrackingReport {
  readonly vm: string
  readonly before: readonly TrackedDisk[]
  readonly after: readonly TrackedDisk[]
  /** Our snapshot could not be removed; the next start of vmkeep tries again. */
  readonly leftover?: unknown
}

/**
 * Switches a VM's change tracking on or off, or starts it anew, and has it take effect by a short snapshot of ours.
 *
 * A reset is off, snapshot, on, snapshot, and only where there are no other snapshots. Source: KB 2139574. Evidence: documented.
 * The next backup reads whole disks and stores what differs.
 *
 * @throws `backup.tracking-has-snapshots`, `backup.datastore-too-full`, `backup.tracking-not-reset`, `run.vm-busy`, `vsphere.change-tracking-unsupported`
 */
export async function switchTracking(
  request: TrackingRequest,
  wanted: 'on' | 'off' | 'reset',
): Promise<TrackingReport> {
  await using started = await startRun(request, { snapshotsPerDatastoreMax: 1, tasksPerVcenterMax: 1 })
  const { freeSpace, latency: limits } = request.guards
  await using latency = await openLatencyGuard(started, limits)
  const options = { quiesce: 'off', quiesceTimeoutMinutes: 5, ...(freeSpace !== undefined && { freeSpace }) } as const
  const run = { ...started, latency, options }
  const vm = await readVm(run.session, request.vm.ref, run.signal)
  await using _lock = await lockVm(request.stateFolder, { name: vm.name, uuid: identityOf(vm) }, `run ${run.runId}`)
  if (vm.snapshots.length > 0)
    throw fail('backup.tracking-has-snapshots', { vm: vm.name, snapshots: vm.snapshots.map(({ name }) => name) })
  const before = vm.disks.map(trackedOf)
  await requireSpace(run, vm) // before anything is switched
  let last: { value: readonly TrackedDisk[]; leftover?: unknown } = { value: before }
  if (wanted !== 'on') {
    await disableChangeTracking(run.session, vm.ref, run.signal)
    last = await standStill(run, vm)
  }
  if (wanted !== 'off') {
    await enableChangeTracking(run.session, vm.ref, run.signal)
    last = await standStill(run, vm)
  }
  const { value: after, leftover } = last
  const stuck = wanted === 'reset' ? goesOn(before, after) : []
  if (stuck.length > 0) throw fail('backup.tracking-not-reset', { vm: vm.name, disks: stuck.map(({ label }) => label) })
  return { vm: vm.name, before, after, ...(leftover === undefined ? {} : { leftover }) }
}

/** A snapshot and its removal: the VM stands still for a moment, and a changed setting takes effect. Tells what the snapshot shows. */
function standStill(run: SnapshotContext, vm: Vm) {
  return withSnapshot(run, vm, { quiesce: false }, async ({ ref }) => {
    const { disks } = await captureSnapshot(run.session, ref, run.signal)
    return disks.map(trackedOf)
  })
}

const trackedOf = ({ key, label, changeId }: VmDisk): TrackedDisk => ({
  key,
  label,
  ...(changeId ? { changeId } : {}), // vSphere may give an empty one
})
