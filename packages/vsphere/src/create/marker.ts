import { collect, hasCode } from '@vmkeep/kit'
import { readProperties } from '../properties/read-properties.ts'
import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import { waitForTask } from '../tasks/wait-for-task.ts'
import type { AnyOf, ManagedObjectReference } from '../types/index.ts'
import { markerKey } from './extra-config.ts'

const isMarked = (options: readonly AnyOf<'OptionValue'>[] | undefined, marker: string): boolean =>
  marker !== '' && options?.some(({ key, value }) => key === markerKey && value === marker) === true

/** Whether a VM carries the marker. One that is gone, or whose configuration can't be read, proves nothing. */
export async function carriesMarker(
  session: Session,
  vm: ManagedObjectReference,
  marker: string,
  signal?: AbortSignal,
): Promise<'yes' | 'no' | 'gone'> {
  const request = { type: 'VirtualMachine', ref: vm, paths: ['config.extraConfig'] } as const
  try {
    const found = await readProperties(session, request, signal)
    return isMarked(found['config.extraConfig'], marker) ? 'yes' : 'no'
  } catch (error) {
    if (hasCode(error, 'vsphere.not-found')) return 'gone'
    throw error
  }
}

/** All VMs that carry the marker. Looks at every VM: for when a reference was lost, not for every day. */
export async function findMarked(
  session: Session,
  marker: string,
  signal?: AbortSignal,
): Promise<ManagedObjectReference[]> {
  const from = { under: session.content.rootFolder }
  const request = { type: 'VirtualMachine', from, paths: ['config.extraConfig'] } as const
  const found = await collect(retrieve(session, request, signal))
  return found.flatMap(({ ref, properties }) => (isMarked(properties['config.extraConfig'], marker) ? [ref] : []))
}

/** Takes the marker off a finished VM: from now on it is the admin's, and {@link destroyVm} refuses it. */
export async function clearMarker(session: Session, vm: ManagedObjectReference, signal?: AbortSignal): Promise<void> {
  // An option is deleted by giving it an empty value.
  // Source: vSphere Web Services API, VirtualMachineConfigSpec.extraConfig. Evidence: documented.
  const extraConfig = [{ $type: 'OptionValue', key: markerKey, value: '' }] as const
  const task = await session.call('ReconfigVM_Task', { _this: vm, spec: { extraConfig } }, { signal })
  await waitForTask(session, task, { signal })
}
