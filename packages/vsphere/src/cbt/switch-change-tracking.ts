import { fail } from '../errors.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { flattenSnapshots } from '../snapshots/snapshot-tree.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/**
 * Turns change tracking on. It takes effect with the next snapshot, so the disks' first change ids appear there.
 *
 * Refuses while the VM has snapshots: since vSphere 6.5 it would be accepted and then report wrong changes, silently.
 * Source: Broadcom KB 320557; Veritas article 100033481. Evidence: documented.
 *
 * @throws `vsphere.change-tracking-blocked`, `.change-tracking-unsupported`: read whole disks instead
 * @throws `vsphere.change-tracking-refused`
 */
export async function enableChangeTracking(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<void> {
  const before = await readTracking(session, vm, signal)
  if (before.isEnabled) return
  if (!before.isSupported) throw fail('vsphere.change-tracking-unsupported', { vm: vm.value })
  if (before.snapshots > 0) throw fail('vsphere.change-tracking-blocked', { vm: vm.value, snapshots: before.snapshots })
  await reconfigure(session, vm, true, signal)
}

/**
 * Turns change tracking off. It takes effect when the VM next stands still for a moment, as for a snapshot; what was tracked is forgotten.
 *
 * @throws `vsphere.change-tracking-refused`
 */
export async function disableChangeTracking(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<void> {
  const { isEnabled } = await readTracking(session, vm, signal)
  if (isEnabled) await reconfigure(session, vm, false, signal)
}

async function reconfigure(
  session: Session,
  vm: ManagedObjectReference,
  enabled: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const request = { _this: vm, spec: { changeTrackingEnabled: enabled } }
  await waitForTask(session, await session.call('ReconfigVM_Task', request, { signal }), { signal })
  const { isEnabled } = await readTracking(session, vm, signal)
  if (isEnabled !== enabled)
    throw fail('vsphere.change-tracking-refused', { vm: vm.value, wanted: enabled ? 'on' : 'off' })
}

async function readTracking(
  session: Session,
  vm: ManagedObjectReference,
  signal: AbortSignal | undefined,
): Promise<{ isEnabled: boolean; isSupported: boolean; snapshots: number }> {
  const paths = ['config.changeTrackingEnabled', 'capability.changeTrackingSupported', 'snapshot'] as const
  const found = await readProperties(session, { type: 'VirtualMachine', ref: vm, paths }, signal)
  return {
    isEnabled: found['config.changeTrackingEnabled'] === true,
    isSupported: found['capability.changeTrackingSupported'] === true,
    snapshots: flattenSnapshots(found.snapshot).length,
  }
}
