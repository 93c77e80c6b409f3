import { VimFault } from '../faults/vim-fault.ts'
import type { LabObject } from '../inventory/lab-object.ts'
import { type CookieJar, sessionOf } from './call.ts'

/** @throws VimFault `NoPermission` naming all that the caller lacks on the object */
export function checkPrivileges(
  call: { readonly cookie: CookieJar; readonly target: LabObject },
  object: LabObject,
  needed: readonly string[],
): void {
  const session = sessionOf(call)
  const missing = needed.filter((privilege) => !session.has(privilege))
  if (missing.length === 0) return
  throw new VimFault('NoPermission', {
    object: object.ref,
    privilegeId: missing[0],
    missingPrivileges: [{ entity: object.ref, privilegeIds: missing }],
  })
}
