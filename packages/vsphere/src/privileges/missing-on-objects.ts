import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { missingByEntity } from './missing-privileges.ts'

/** How many objects one question names: an answer has an entry for each object and privilege. */
const objectsMax = 200

/**
 * What the session lacks on each of these objects, by the object's reference; objects on which nothing is missing are left out. A role is
 * granted somewhere in the inventory and may end, or be taken back, below that place: only the object itself tells.
 *
 * @throws `vsphere.*`
 */
export async function missingOnObjects(
  session: Session,
  entities: readonly ManagedObjectReference[],
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const missing = new Map<string, readonly string[]>()
  for (let at = 0; at < entities.length; at += objectsMax)
    for (const [ref, lacking] of await missingByEntity(session, entities.slice(at, at + objectsMax), ids, signal))
      if (lacking.length > 0) missing.set(ref, lacking)
  return missing
}
