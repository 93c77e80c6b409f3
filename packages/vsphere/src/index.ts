// The client half of vim25: a session, its properties and its tasks. What travels on the wire is in ./types.
export * from './types/index.ts'
export { fail as vsphereFail } from './errors.ts'
export { readProperties, readPropertyXml } from './properties/read-properties.ts'
export { retrieve, type Retrieved, type RetrieveFrom, type RetrieveRequest } from './properties/retrieve.ts'
export type { Endpoint } from './session/endpoint.ts'
export { openSession, type SessionOptions } from './session/open-session.ts'
export type { CallOptions, Session, Transfer, TransferOptions } from './session/session.ts'
export { errorOfFault, faultOf } from './soap/fault-error.ts'
export { HttpClient, type HttpOptions, type HttpRequest, type HttpResponse } from './soap/http-client.ts'
export { type TaskProgress, type TaskResult, waitForTask, type WaitOptions } from './tasks/wait-for-task.ts'
export { fetchCertificate, type ServerCertificate } from './tls/fetch-certificate.ts'
export { parseThumbprint, type Thumbprint } from './tls/thumbprint.ts'
export type { Trust } from './tls/trust.ts'

// VMs, snapshots, disks and places: thin wrappers by managed object.
export { type ChangeId, everythingInUse, isOlder, parseChangeId, sameEpoch } from './cbt/change-id.ts'
export { changedExtents, type ChangeQuestion } from './cbt/changed-extents.ts'
export type { ChangedExtent } from './cbt/check-page.ts'
export { disableChangeTracking, enableChangeTracking } from './cbt/switch-change-tracking.ts'
export { addDisk, type AddDiskRequest } from './create/add-disk.ts'
export { buildCreateSpec } from './create/build-create-spec.ts'
export type {
  ConfigSpec,
  CreateOptions,
  CreatePlan,
  CreateWarning,
  PlannedBootDevice,
  PlannedDisk,
  Provisioning,
} from './create/create-options.ts'
export { type CreateRequest, createVm } from './create/create-vm.ts'
export { destroyVm, type DestroyRequest } from './create/destroy-vm.ts'
export { type Conflicts, findConflicts, type Holder, type Identity, identityOfConfig } from './create/find-conflicts.ts'
export { clearMarker } from './create/marker.ts'
export { helperSpec } from './create/helper-spec.ts'
export { plannedDisksOf, provisioningOf } from './create/planned-disks.ts'
export { type Recreation, recreationOf } from './create/recreation.ts'
export { powerOff, powerOn, powerStateOf } from './create/power.ts'
export { findByVmx, registerVm, unregisterVm, type VmInFolder } from './create/register-vm.ts'
export type { DestinationNames } from './create/choose-destination.ts'
export { type DestinationRequest, resolveDestination, type ResolvedDestination } from './create/resolve-destination.ts'
export { withDisks } from './create/with-disks.ts'
export { setBootOrder } from './create/set-boot-order.ts'
export {
  datastoreFolderOf,
  type DatastorePath,
  formatDatastorePath,
  parseDatastorePath,
} from './files/datastore-path.ts'
export { deleteFile } from './files/delete-file.ts'
export { downloadFile, uploadFile } from './files/download-file.ts'
export type { FilePlace } from './files/request-path.ts'
export { type LargeFile, streamFile } from './files/stream-file.ts'
export { uploadStream } from './files/upload-stream.ts'
export { type HomeFileKind, uploadNvram, vmHomeFiles, type VmHomeFile } from './files/vm-home-files.ts'
export { Guest, type GuestLogin, type GuestProcess, type GuestProgram } from './guest/guest.ts'
export { attachDisk } from './hot-add/attach-disk.ts'
export { type AttachedDisk, hangsOn, readDevices } from './hot-add/attached-disk.ts'
export { detachDisk } from './hot-add/detach-disk.ts'
export { findByBiosUuid } from './hot-add/find-by-bios-uuid.ts'
export { type FreeSlot, freeSlot } from './hot-add/free-slot.ts'
export { chooseSlot } from './hand-over/choose-slot.ts'
export { adoptDisk, releaseDisk } from './hand-over/hand-over.ts'
export { deleteLooseDisk } from './hand-over/loose-disk.ts'
export { resetTrackingWhileOff } from './in-place/reset-tracking-while-off.ts'
export {
  clearUnfinished,
  isUnfinishedOnlyOf,
  markUnfinished,
  unfinishedRestoreOf,
} from './in-place/unfinished-restore.ts'
export type { LeaseFile } from './leases/lease-file.ts'
export { type LeaseManifest, NfcLease } from './leases/nfc-lease.ts'
export { type ImportRequest, type LeaseOptions, openExportLease, openImportLease } from './leases/open-lease.ts'
export { inventoryPathOf } from './inventory/ancestors.ts'
export { describePlace, type Place } from './inventory/describe-place.ts'
export { endpointIdOf } from './inventory/endpoint-id.ts'
export { findVms, pickVm, resolveVm } from './inventory/find-vms.ts'
export { type SelectableVm, readSelectableVms, type SelectableVmsRead } from './inventory/read-selectable-vms.ts'
export { hostOfVm } from './vm/host-of-vm.ts'
export { readVmHomes, type VmHome } from './inventory/read-vm-homes.ts'
export { listVms } from './inventory/list-vms.ts'
export { matchesSelector } from './inventory/selector.ts'
export type { VmNetwork } from './inventory/vm-network.ts'
export type { VmSummary } from './inventory/vm-summary.ts'
export { revertSuspended } from './memory/revert-suspended.ts'
export { type MemoryFile, snapshotMemory, type SnapshotMemory } from './memory/snapshot-memory.ts'
export { type NoMemoryCode, whyNoMemory } from './memory/why-no-memory.ts'
export { type DatastoreLatency, LatencyCounters } from './performance/latency-counters.ts'
export {
  type DiskStoragePolicy,
  readStoragePolicies,
  type VmStoragePolicies,
} from './policies/read-storage-policies.ts'
export { profileSpecOf } from './policies/profile-spec.ts'
export { StoragePolicies, type StoragePolicy } from './policies/storage-policies.ts'
export { missingPrivileges } from './privileges/missing-privileges.ts'
export { missingOnObjects } from './privileges/missing-on-objects.ts'
export { govcScript, namedPrivileges, powerCliScript, type RoleWish } from './privileges/role-script.ts'
export { type PrivilegeSet, privilegeSets } from './privileges/privilege-sets.ts'
export { type Captured, captureSnapshot, decodeConfigXml } from './snapshots/capture-snapshot.ts'
export { consolidateIfNeeded } from './snapshots/consolidate.ts'
export { createSnapshot } from './snapshots/create-snapshot.ts'
export { listSnapshots } from './snapshots/list-snapshots.ts'
export { type Consistency, type ReachedConsistency, readConsistency } from './snapshots/read-consistency.ts'
export { removeSnapshot } from './snapshots/remove-snapshot.ts'
export type { QuiesceOptions, SnapshotOptions, SnapshotRef } from './snapshots/snapshot-options.ts'
export { flattenSnapshots, type SnapshotNode } from './snapshots/snapshot-tree.ts'
export { type NfcTicket, nfcServiceRef, openNfcTicket } from './tickets/nfc-ticket.ts'
export { attachTags } from './tags/attach-tags.ts'
export { readTags } from './tags/read-tags.ts'
export type { TagsRead, VmTag } from './tags/vm-tag.ts'
export { unknownElements } from './types/index.ts'
export { disksOf, sectorBytesOf } from './vm/disks-of.ts'
export { readDisks } from './vm/read-disks.ts'
export { readVm } from './vm/read-vm.ts'
export { runningTasks, waitForRunningTasks } from './vm/running-tasks.ts'
export type { Device, VmConfig, VmDisk } from './vm/vm-disk.ts'
export type { Vm, VmDatastore, VmFile, VmHost, VmTask } from './vm/vm.ts'
export { warningsOf, type VmWarningCode } from './vm/warnings-of.ts'
export { type ApplicationReasonCode, isWindows, whyNotApplication } from './vm/why-not-application.ts'
export { type DiskReasonCode, type Reason, whyNotDisk } from './vm/why-not-disk.ts'
export { type VmReasonCode, whyNotVm } from './vm/why-not-vm.ts'
