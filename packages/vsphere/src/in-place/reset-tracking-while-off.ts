import { disableChangeTracking, enableChangeTracking } from '../cbt/switch-change-tracking.ts'
import { sameEpoch } from '../cbt/change-id.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { disksOf } from '../vm/disks-of.ts'
import type { VmDisk } from '../vm/vm-disk.ts'

/**
 * Starts the change tracking of a VM that is off anew, after its disks were written from outside, which tracking does not see. Off
 * and on at once: a machine without power has no moment to wait for.
 * Source: vadp.md §2.2 ("once you start restoring, change tracking misreports", VDDK programming guide) and §1.6 (on a VM that is off the
 * tracking file is written at once). Evidence: documented; observed by a peer.
 *
 * @param before the disks as they were before the reset
 * @returns the disks whose tracking went on as if nothing had happened: what it says must not be believed
 */
export async function resetTrackingWhileOff(
  session: Session,
  vm: ManagedObjectReference,
  before: readonly VmDisk[],
  signal?: AbortSignal,
): Promise<VmDisk[]> {
  await disableChangeTracking(session, vm, signal)
  await enableChangeTracking(session, vm, signal)
  const found = await readProperties(session, { type: 'VirtualMachine', ref: vm, paths: ['config'] }, signal)
  const after = found.config === undefined ? [] : disksOf(found.config)
  return before.filter((disk) => sameEpoch(disk.changeId, after.find(({ key }) => key === disk.key)?.changeId))
}
