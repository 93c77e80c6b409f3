import { seeState } from '../create/power.ts'
import type { Session } from '../session/session.ts'
import type { SnapshotRef } from '../snapshots/snapshot-options.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/**
 * Makes a VM what it was at a snapshot with memory, and leaves it suspended there: powered on, it goes on as if nothing had been. Its
 * configuration becomes the snapshot's too. What its disks hold beyond the snapshot is lost, so it must be a VM of ours.
 *
 * Source: vSphere Web Services API 8.0, RevertToSnapshot_Task ("suppressPowerOn: if set to true, the virtual machine will not be powered
 * on regardless of the power state when the snapshot was created"); vSphere Virtual Machine Administration, "Suspend this virtual machine
 * when reverting to selected snapshot". Evidence: documented; not tried on an ESXi host.
 *
 * @throws `vsphere.power-state-unreached`, `vsphere.file-fault`, `vsphere.invalid-configuration` …
 */
export async function revertSuspended(
  session: Session,
  vm: ManagedObjectReference,
  snapshot: SnapshotRef,
  signal?: AbortSignal,
): Promise<void> {
  const task = await session.call('RevertToSnapshot_Task', { _this: snapshot, suppressPowerOn: true }, { signal })
  await waitForTask(session, task, { signal })
  await seeState(session, vm, 'suspended', signal)
}
