import { hasCode, retry } from '@vmkeep/kit'
import { type Cause, formatMarker, isMarkedBy, type Marker } from '@vmkeep/run'
import {
  consolidateIfNeeded,
  flattenSnapshots,
  readProperties,
  removeSnapshot,
  type Vm,
  waitForRunningTasks,
} from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { SnapshotContext } from './run-context.ts'
import { whileMerging } from './while-merging.ts'

/**
 * What keeps a snapshot for a while: a task at work, an answer that was lost, a host that still holds a disk we have closed, one that
 * crashed in the midst of the merge, a success that was none.
 */
const passing = [
  'vsphere.busy',
  'vsphere.host-unreachable',
  'vsphere.snapshot-not-removed',
  'vsphere.reply-lost',
  'vsphere.connection-lost',
  'vsphere.timed-out',
  'vsphere.file-locked',
]

/**
 * Removes the snapshot that carries our marker in name and description, found by both: its reference may never have reached us.
 *
 * @throws `backup.snapshots-unseen` where vSphere can't tell whether ours is there
 */
export async function removeOurs(run: SnapshotContext, vm: Vm, marker: Marker): Promise<Removal> {
  run.onEvent({ type: 'vm-phase', vm: vm.name, phase: 'remove-snapshot' })
  using _place = await run.tasks.acquire()
  const remove = () =>
    retry(() => removeOnce(run, vm, marker), {
      attemptsMax: 5,
      delayMs: 2000,
      isRetryable: (error) => hasCode(error, ...passing),
      clock: run.clock,
      random: run.random,
    })
  const { value: namesake, warnings } = await whileMerging(run, vm, remove)
  return { namesake, warnings }
}

export interface Removal {
  /** `backup.snapshot-not-ours` if another one of exactly our name is there. It is left alone, and somebody must be told. */
  readonly namesake: Error | undefined
  readonly warnings: readonly Cause[]
}

async function removeOnce(run: SnapshotContext, vm: Vm, marker: Marker): Promise<Error | undefined> {
  const name = formatMarker(marker)
  // A run that was cancelled has stopped waiting for its snapshot, and vSphere goes on making it.
  await waitForRunningTasks(run.session, vm.ref, undefined, 'VirtualMachine.createSnapshot')
  const request = { type: 'VirtualMachine', ref: vm.ref, paths: ['runtime.connectionState', 'snapshot'] } as const
  const { 'runtime.connectionState': state = 'unknown', snapshot: tree } = await readProperties(run.session, request)
  const namesakes = flattenSnapshots(tree).filter((snapshot) => snapshot.name === name)
  const ours = namesakes.filter((snapshot) => isMarkedBy(marker, snapshot))
  // The tree of a VM that vSphere has lost touch with is empty, and no proof: the snapshot comes back with the VM.
  if (ours.length === 0 && state !== 'connected') throw fail('backup.snapshots-unseen', { vm: vm.name, state })
  for (const { ref } of ours) await removeSnapshot(run.session, ref, {})
  if ((await consolidateIfNeeded(run.session, vm.ref)) === 'done') {
    const message = 'the snapshot was gone but its disks were not merged; consolidated them'
    run.onEvent({ type: 'note', level: 'warn', vm: vm.name, message, code: 'consolidated' })
  }
  return namesakes.length > ours.length ? fail('backup.snapshot-not-ours', { vm: vm.name, snapshot: name }) : undefined
}
