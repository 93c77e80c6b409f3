import { knows } from '../create/api-version.ts'
import { fail } from '../errors.ts'
import { encodeName, sameName } from '../inventory/names.ts'
import type { Session } from '../session/session.ts'
import { faultOf } from '../soap/fault-error.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { AnyOf, ManagedObjectReference } from '../types/index.ts'
import { waitForRunningTasks } from '../vm/running-tasks.ts'
import { listSnapshots } from './list-snapshots.ts'
import { snapshotError } from './snapshot-error.ts'
import type { QuiesceOptions, SnapshotOptions, SnapshotRef } from './snapshot-options.ts'

/**
 * Snapshots a VM's disks, with its memory if asked, and waits for vSphere to finish.
 *
 * Safe to repeat: a snapshot of exactly this name is ours from an earlier try whose answer was lost, and is returned as
 * it is; one that is just being made is waited for. The caller owns the snapshot and must remove it. On abort vSphere may
 * still finish it, under this name.
 *
 * @throws `vsphere.snapshot-quiesce-failed`: ask again without `quiesce`, if the policy allows
 * @throws `vsphere.busy`: another task is at work on the VM
 * @throws `vsphere.snapshot-memory-refused`: ask again without `memory`, if the policy allows
 * @throws `vsphere.snapshot-disabled`, `.snapshot-too-deep`, `.snapshot-device-incompatible`, `.datastore-full` …
 * @see vSphere Web Services API 8.0, VirtualMachine.CreateSnapshotEx_Task
 */
export async function createSnapshot(
  session: Session,
  vm: ManagedObjectReference,
  options: SnapshotOptions,
  signal?: AbortSignal,
): Promise<SnapshotRef> {
  await waitForRunningTasks(session, vm, signal, 'VirtualMachine.createSnapshot')
  const earlier = await findByName(session, vm, options.name, signal)
  if (earlier !== undefined) return earlier
  try {
    const task = await startSnapshot(session, vm, options, signal)
    const ended = await waitForTask(session, task, { signal })
    if (ended.state === 'success' && isReference(ended.result)) return ended.result
  } catch (error) {
    throw snapshotError(error, vm, options.vmName)
  }
  // The task was forgotten before we saw its end; the snapshot itself tells whether it was made.
  const made = await findByName(session, vm, options.name, signal)
  if (made === undefined)
    throw fail('vsphere.snapshot-unconfirmed', { vm: options.vmName ?? vm.value, name: options.name })
  return made
}

async function findByName(
  session: Session,
  vm: ManagedObjectReference,
  name: string,
  signal: AbortSignal | undefined,
): Promise<SnapshotRef | undefined> {
  const nodes = await listSnapshots(session, vm, signal)
  return nodes.find((node) => sameName(node.name, name))?.ref
}

/** By CreateSnapshotEx_Task (API 6.5), which alone takes a time limit; some servers that claim 6.5 or newer lack it. */
async function startSnapshot(
  session: Session,
  vm: ManagedObjectReference,
  options: SnapshotOptions,
  signal: AbortSignal | undefined,
): Promise<ManagedObjectReference> {
  const { description, quiesce, memory = false } = options
  const common = { _this: vm, name: encodeName(options.name), description, memory }
  if (knows(session.apiVersion, '6.5'))
    try {
      const quiesceSpec = quiesce === false ? undefined : quiesceSpecOf(quiesce)
      return await session.call('CreateSnapshotEx_Task', { ...common, quiesceSpec }, { signal })
    } catch (error) {
      if (!isUnknownMethod(error)) throw error
    }
  return session.call('CreateSnapshot_Task', { ...common, quiesce: quiesce !== false }, { signal })
}

/** Source: vcsim before 0.51 answers InvalidRequest, other servers MethodNotFound. Evidence: observed. */
function isUnknownMethod(error: unknown): boolean {
  const type = faultOf(error)?.$type
  return type === 'MethodNotFound' || type === 'InvalidRequest' || type === 'NotImplemented'
}

function quiesceSpecOf({ timeoutMinutes, windows }: QuiesceOptions): AnyOf<'VirtualMachineGuestQuiesceSpec'> {
  const timeout = Math.min(240, Math.max(5, Math.round(timeoutMinutes))) // the range vSphere accepts
  if (windows === undefined) return { $type: 'VirtualMachineGuestQuiesceSpec', timeout }
  return {
    $type: 'VirtualMachineWindowsQuiesceSpec',
    timeout,
    vssBackupType: windows.backupType,
    vssBootableSystemState: windows.bootableSystemState,
    vssPartialFileSupport: windows.partialFileSupport,
    vssBackupContext: windows.context,
  }
}

const isReference = (value: unknown): value is ManagedObjectReference =>
  typeof value === 'object' && value !== null && 'type' in value && 'value' in value
