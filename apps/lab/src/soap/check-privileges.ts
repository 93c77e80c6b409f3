import { VimFault } from '../faults/vim-fault.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import { type CookieJar, sessionOf } from './call.ts'
import { hasOn } from './user.ts'

/** Managers and tasks have no name. */
export const nameOf = (object: LabObject): string | undefined =>
  'name' in object && typeof object.name === 'string' ? object.name : undefined

/** @throws VimFault `NoPermission` naming all that the caller lacks on the object */
export function checkPrivileges(
  call: { readonly cookie: CookieJar; readonly target: LabObject },
  object: LabObject,
  needed: readonly string[],
): void {
  const session = sessionOf(call)
  const missing = needed.filter((privilege) => !hasOn(session.user, privilege, nameOf(object)))
  if (missing.length === 0) return
  throw new VimFault('NoPermission', {
    object: object.ref,
    privilegeId: missing[0],
    missingPrivileges: [{ entity: object.ref, privilegeIds: missing }],
  })
}
