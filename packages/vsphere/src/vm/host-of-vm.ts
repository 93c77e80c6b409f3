import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/** The host that a VM runs on now, which a move changes at any time; `undefined` where vSphere does not tell. */
export async function hostOfVm(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<ManagedObjectReference | undefined> {
  const request = { type: 'VirtualMachine', ref: vm, paths: ['runtime.host'] } as const
  return (await readProperties(session, request, signal))['runtime.host']
}
