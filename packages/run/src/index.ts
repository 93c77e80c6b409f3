export type { DiskPhase, DiskSizes, OnRunEvent, RunEvent } from './events.ts'
export { instanceId, newRunId } from './instance.ts'
export { attachmentLog, type AttachmentLogOwner } from './attachment-log.ts'
export {
  Journal,
  type JournalEntry,
  type LeftHold,
  type LeftHome,
  type Leftover,
  type PastRun,
  readJournals,
} from './journal.ts'
export { removeLeftHome } from './remove-left-home.ts'
export {
  describeSnapshot,
  formatMarker,
  isMarkedBy,
  isTakenBy,
  type Marker,
  parseMarker,
  type TakenBy,
} from './marker.ts'
export { fail as runFail } from './errors.ts'
export {
  type Cause,
  type GuestOnDisks,
  type Provisioning,
  type Recreate,
  type ScriptRun,
  type SkippedDisk,
  isOfDisk,
  memoryImageAttributes,
  type VmHomeFile,
  type VmMemoryFile,
  type VmPoint,
  type VmPointAttributes,
  type VmPointDisk,
  vmPointFormat,
  vmPointFormatWithMemory,
  vmPointOf,
} from './vm-point.ts'
export { cleanUpLeftovers, type CleanUpReport, type CleanUpRequest, type KeptLeftover } from './clean-up-leftovers.ts'
export { type EndHold } from './remove-left-hold.ts'
export { holdLog } from './hold-log.ts'
export { lockVm } from './vm-lock.ts'
export { plainOf } from './plain-of.ts'
export { transportNotes } from './transport-notes.ts'
