import { fail } from '../errors.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/**
 * Merges the disks of a VM if vSphere says they need it, and proves that they are merged.
 * Removing a snapshot can succeed and still leave its disks behind, when another program held them open.
 * Source: vSphere Web Services API 8.0, VirtualMachineRuntimeInfo.consolidationNeeded. Evidence: documented.
 *
 * @throws `vsphere.file-locked`, `vsphere.busy`: try again later; `vsphere.consolidation-unfinished`, `vsphere.datastore-full`
 */
export async function consolidateIfNeeded(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<'not-needed' | 'done'> {
  if (!(await isNeeded(session, vm, signal))) return 'not-needed'
  const task = await session.call('ConsolidateVMDisks_Task', { _this: vm }, { signal })
  await waitForTask(session, task, { signal })
  if (await isNeeded(session, vm, signal)) throw fail('vsphere.consolidation-unfinished', { vm: vm.value })
  return 'done'
}

async function isNeeded(
  session: Session,
  vm: ManagedObjectReference,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const paths = ['runtime.consolidationNeeded'] as const
  const found = await readProperties(session, { type: 'VirtualMachine', ref: vm, paths }, signal)
  return found['runtime.consolidationNeeded'] === true
}
