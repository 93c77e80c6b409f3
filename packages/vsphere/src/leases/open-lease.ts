import { type Clock, hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { errorOfFault } from '../soap/fault-error.ts'
import type { AnyOf, DataObject, ManagedObjectReference } from '../types/index.ts'
import { waitForRunningTasks } from '../vm/running-tasks.ts'
import { NfcLease } from './nfc-lease.ts'

export interface LeaseOptions {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

const attemptsMax = 3

/**
 * A lease on the disks of a snapshot, or of a VM that is off. A VM on which a task is at work is waited for.
 *
 * @throws `vsphere.no-permission` (VApp.Export), `vsphere.busy`, `vsphere.invalid-state` for a VM that runs; `vsphere.lease-failed`
 */
export async function openExportLease(
  session: Session,
  { vm, snapshot }: { readonly vm: ManagedObjectReference; readonly snapshot?: ManagedObjectReference | undefined },
  options: LeaseOptions,
): Promise<NfcLease> {
  const { signal } = options
  for (let attempt = 1; ; attempt++)
    try {
      const lease =
        snapshot === undefined
          ? await session.call('ExportVm', { _this: vm }, { signal })
          : await session.call('ExportSnapshot', { _this: snapshot }, { signal })
      return await readyLease(session, lease, options)
    } catch (error) {
      if (attempt === attemptsMax || !hasCode(error, 'vsphere.busy')) throw error
      await waitForRunningTasks(session, vm, signal)
    }
}

export interface ImportRequest {
  readonly pool: ManagedObjectReference
  readonly folder: ManagedObjectReference
  readonly host?: ManagedObjectReference | undefined
  /** With its disks. */
  readonly spec: DataObject<'VirtualMachineConfigSpec'>
}

/** A lease that makes a VM whose disks are to be sent. It is gone again unless the lease is completed. @throws as `createVm`; `vsphere.lease-failed` */
export async function openImportLease(
  session: Session,
  { pool, folder, host, spec: configSpec }: ImportRequest,
  options: LeaseOptions,
): Promise<NfcLease> {
  const spec: AnyOf<'ImportSpec'> = { $type: 'VirtualMachineImportSpec', configSpec }
  const lease = await session.call('ImportVApp', { _this: pool, spec, folder, host }, { signal: options.signal })
  return await readyLease(session, lease, options)
}

/** Waits until vSphere has prepared a lease: it looks for the VM, or makes it. */
async function readyLease(
  session: Session,
  ref: ManagedObjectReference,
  { clock, signal }: LeaseOptions,
): Promise<NfcLease> {
  const paths = ['state', 'info', 'error'] as const
  for (let waitMs = 20; ; waitMs = Math.min(1000, waitMs * 2)) {
    const { state, info, error } = await readProperties(session, { type: 'HttpNfcLease', ref, paths }, signal)
    if (state === 'ready' && info !== undefined) return new NfcLease(session, info, clock)
    if (state === 'error' || state === 'done') {
      const text = error?.localizedMessage ?? ''
      const cause =
        error && errorOfFault(error.fault, { host: session.host, method: 'HttpNfcLease', object: ref, text })
      throw fail('vsphere.lease-failed', { host: session.host, why: cause?.message ?? 'it ended at once' }, cause)
    }
    await clock.sleep(waitMs, signal)
  }
}
