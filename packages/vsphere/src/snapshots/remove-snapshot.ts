import { hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import { waitForRunningTasks } from '../vm/running-tasks.ts'
import { listSnapshots } from './list-snapshots.ts'
import type { SnapshotRef } from './snapshot-options.ts'

/**
 * Removes one snapshot, keeps its children, merges its disks, and proves that it is gone: vCenter has been seen to report
 * success while the snapshot stayed. One that is gone already is done; one that is just being removed is waited for.
 *
 * Merging may take hours. Whether every disk was merged is for `consolidateIfNeeded` to tell.
 *
 * @throws `vsphere.snapshot-not-removed`, `vsphere.busy`: try again later
 */
export async function removeSnapshot(
  session: Session,
  snapshot: SnapshotRef,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const vm = await vmOf(session, snapshot, signal)
  if (vm === undefined) return
  await waitForRunningTasks(session, vm, signal, 'vim.vm.Snapshot.remove')
  try {
    // Both arguments are given: with `consolidate` left to its default the snapshot was seen to stay.
    // Source: public bug report of another product. Evidence: observed.
    const request = { _this: snapshot, removeChildren: false, consolidate: true }
    const task = await session.call('RemoveSnapshot_Task', request, { signal })
    await waitForTask(session, task, { signal })
  } catch (error) {
    if (!hasCode(error, 'vsphere.not-found')) throw error
  }
  const left = await listSnapshots(session, vm, signal)
  if (left.some(({ ref }) => ref.value === snapshot.value))
    throw fail('vsphere.snapshot-not-removed', { snapshot: snapshot.value, vm: vm.value })
}

/** The VM a snapshot is of; `undefined` if there is no such snapshot. */
async function vmOf(
  session: Session,
  snapshot: SnapshotRef,
  signal: AbortSignal | undefined,
): Promise<SnapshotRef | undefined> {
  try {
    const { vm } = await readProperties(
      session,
      { type: 'VirtualMachineSnapshot', ref: snapshot, paths: ['vm'] },
      signal,
    )
    return vm
  } catch (error) {
    if (hasCode(error, 'vsphere.not-found')) return undefined
    throw error
  }
}
