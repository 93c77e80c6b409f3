import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/** The VMs with this SMBIOS uuid. Several, where one was cloned with its uuid. */
export async function findByBiosUuid(
  session: Session,
  uuid: string,
  signal?: AbortSignal,
): Promise<readonly ManagedObjectReference[]> {
  const { searchIndex } = session.content
  if (searchIndex === undefined) return []
  const request = { _this: searchIndex, uuid, vmSearch: true, instanceUuid: false }
  return (await session.call('FindAllByUuid', request, { signal })) ?? []
}
