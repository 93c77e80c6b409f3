import type { AnyOf } from '../types/index.ts'
import { derivesFrom } from '../types/schema.ts'

// What a server answers when it can't tell what changed since a change id: tracking was reset or turned on later
// (FileFault), the disk is not tracked, shrank or was made anew (InvalidArgument), or the storage does not do it.
// Reading the whole disk is the safe answer to each. What is *not* listed (no session, no right, no host, busy) says
// nothing about the change id.
// Source: VDDK programming guide, "Changed Block Tracking", and logs in public bug reports. Evidence: documented for
// FileFault, observed for InvalidArgument, inferred for the others.
const deadBases = [
  'FileFault',
  'InvalidArgument',
  'NotSupported',
  'InvalidState',
  'VmConfigFault',
  'SystemError',
] as const

// Their names hold another base, but they pass or need the admin.
const stillAlive: ReadonlySet<string> = new Set(['InvalidHostConnectionState', 'InvalidHostState', 'QuestionPending'])

/** Whether a fault of QueryChangedDiskAreas means that the change id leads nowhere. */
export function isDeadChangeIdFault(fault: AnyOf<'MethodFault'> | undefined): boolean {
  if (fault === undefined || stillAlive.has(fault.$type)) return false
  return deadBases.some((base) => derivesFrom(fault.$type, base))
}
