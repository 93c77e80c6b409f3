import {
  consolidateIfNeeded,
  findVms,
  listSnapshots,
  type ManagedObjectReference,
  removeSnapshot,
  type Session,
  waitForRunningTasks,
} from '@vmkeep/vsphere'
import { fail } from './errors.ts'
import type { Leftover } from './journal.ts'
import { formatMarker, isMarkedBy, type Marker } from './marker.ts'
import { surveyVms } from './survey-vms.ts'
import { whyUnproven } from './why-unproven.ts'

/**
 * Removes the snapshot that a dead run has left, and tells whether there was one. Not to find it is no proof that it is gone.
 *
 * @throws `run.leftover-unconfirmed` where it may still be there; what vSphere refuses
 */
export async function removeLeftSnapshot(
  session: Session,
  { leftover, journal }: { readonly leftover: Leftover; readonly journal: string },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { marker, vmName } = leftover
  let removed = 0
  for (const vm of await readableVms(session, marker, signal)) removed += await removeFrom(session, vm, marker, signal)
  if (removed > 0) return true
  const doubt = whyUnproven(await surveyVms(session, leftover, signal))
  if (doubt === undefined) return false
  throw fail('run.leftover-unconfirmed', { vm: vmName, snapshot: formatMarker(marker), journal, ...doubt })
}

async function readableVms(
  session: Session,
  { vmUuid }: Marker,
  signal: AbortSignal | undefined,
): Promise<ManagedObjectReference[]> {
  const found = await findVms(session, vmUuid, signal)
  return found
    .filter((vm) => vm.instanceUuid?.toLowerCase() === vmUuid && vm.connectionState === 'connected')
    .map(({ ref }) => ref)
}

async function removeFrom(
  session: Session,
  vm: ManagedObjectReference,
  marker: Marker,
  signal: AbortSignal | undefined,
): Promise<number> {
  await waitForRunningTasks(session, vm, signal) // the task that makes our snapshot may still run
  const ours = (await listSnapshots(session, vm, signal)).filter((snapshot) => isMarkedBy(marker, snapshot))
  for (const { ref } of ours) await removeSnapshot(session, ref, signal === undefined ? {} : { signal })
  await consolidateIfNeeded(session, vm, signal) // also if an earlier try, or a start that was killed, came no further
  return ours.length
}
