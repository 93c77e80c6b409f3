import { fail } from '../errors.ts'
import { decodeName } from '../inventory/names.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import type { ConfigSpec } from './create-options.ts'
import { markerKey } from './extra-config.ts'
import { findMarked } from './marker.ts'

export interface CreateRequest {
  readonly folder: ManagedObjectReference
  readonly pool: ManagedObjectReference
  /** Needed in a cluster without DRS. */
  readonly host?: ManagedObjectReference | undefined
  /** From {@link buildCreateSpec}: it names the datastore and carries the marker. */
  readonly spec: ConfigSpec
}

/**
 * Makes a VM, without disks yet. It belongs to us, and carries our marker, until `clearMarker`.
 *
 * If the answer is lost (`vsphere.reply-lost`) the VM may exist all the same: `destroyVm` with the marker alone finds it.
 *
 * @throws `vsphere.name-taken`, `vsphere.datastore-full`, `vsphere.invalid-configuration`, `vsphere.no-permission` …;
 *   `vsphere.vm-unconfirmed`
 */
export async function createVm(
  session: Session,
  { folder, pool, host, spec }: CreateRequest,
  signal?: AbortSignal,
): Promise<ManagedObjectReference> {
  const task = await session.call('CreateVM_Task', { _this: folder, config: spec, pool, host }, { signal })
  const ended = await waitForTask(session, task, { signal })
  if (ended.state === 'success') return ended.result as ManagedObjectReference
  const [made] = await findMarked(session, markerOf(spec), signal)
  if (made === undefined)
    throw fail('vsphere.vm-unconfirmed', { name: decodeName(spec.name ?? ''), folder: folder.value })
  return made
}

function markerOf({ extraConfig }: ConfigSpec): string {
  const marker = extraConfig?.find(({ key }) => key === markerKey)?.value
  return typeof marker === 'string' ? marker : ''
}
