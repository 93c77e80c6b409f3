import { collect, hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/** A VM that lies in a folder of a datastore, in the inventory or not. */
export interface VmInFolder {
  /** `[datastore] folder/name.vmx` */
  readonly vmxPath: string
  /** The inventory's folder it goes into. */
  readonly folder: ManagedObjectReference
  readonly pool: ManagedObjectReference
  readonly host?: ManagedObjectReference | undefined
}

/** Takes a VM that is off out of the inventory and leaves its files. @throws `vsphere.invalid-power-state` … */
export async function unregisterVm(session: Session, vm: ManagedObjectReference, signal?: AbortSignal): Promise<void> {
  await session.call('UnregisterVM', { _this: vm }, { signal })
}

/**
 * Puts a VM into the inventory by its vmx file, under the name it has there. One that is registered already is found.
 *
 * @throws `vsphere.file-not-found`, `vsphere.not-found` if there is no such vmx
 */
export async function registerVm(
  session: Session,
  { vmxPath, folder, pool, host }: VmInFolder,
  signal?: AbortSignal,
): Promise<ManagedObjectReference> {
  try {
    const request = { _this: folder, path: vmxPath, asTemplate: false, pool, host }
    const ended = await waitForTask(session, await session.call('RegisterVM_Task', request, { signal }), { signal })
    if (ended.state === 'success') return ended.result as ManagedObjectReference
  } catch (error) {
    if (!hasCode(error, 'vsphere.name-taken')) throw error
  }
  const [registered] = await findByVmx(session, vmxPath, signal)
  if (registered === undefined) throw fail('vsphere.vm-unconfirmed', { name: vmxPath, folder: folder.value })
  return registered
}

/** The VMs of this vmx file; one, or none. Looks at every VM: for when a reference was lost, not for every day. */
export async function findByVmx(
  session: Session,
  vmxPath: string,
  signal?: AbortSignal,
): Promise<ManagedObjectReference[]> {
  const from = { under: session.content.rootFolder }
  const request = { type: 'VirtualMachine', from, paths: ['summary.config.vmPathName'] } as const
  const found = await collect(retrieve(session, request, signal))
  return found.flatMap(({ ref, properties }) => (properties['summary.config.vmPathName'] === vmxPath ? [ref] : []))
}
