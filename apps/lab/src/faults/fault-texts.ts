// What a server says for each fault. Source: messages of public issues and of the VMware message catalogue. Evidence: observed
// where an issue quotes it (NotAuthenticated, InvalidArgument, FileFault, TaskInProgress, RestrictedVersion), else inferred.

type Fields = Readonly<Record<string, unknown>>

const texts: Readonly<Record<string, (fields: Fields) => string>> = {
  AlreadyExists: (f) => `The specified key, name, or identifier '${text(f['name'])}' already exists.`,
  ApplicationQuiesceFault: () => quiesceText,
  CannotAccessFile: (f) => `Unable to access file ${text(f['file'])}`,
  CannotDeleteFile: (f) => `Cannot delete file ${text(f['file'])}`,
  ConcurrentAccess: () => 'The object has been modified by another request.',
  DuplicateName: (f) => `The name '${text(f['name'])}' already exists.`,
  FileAlreadyExists: (f) =>
    `Cannot complete the operation because the file or folder ${text(f['file'])} already exists`,
  FileFault: (f) => `Error caused by file ${text(f['file'])}`,
  FileLocked: (f) => `Unable to access file ${text(f['file'])} since it is locked`,
  FileNotFound: (f) => `File ${text(f['file'])} was not found`,
  FilesystemQuiesceFault: () => quiesceText,
  GuestComponentsOutOfDate: () => 'The guest agent is too old to support the operation.',
  GuestOperationsUnavailable: () => 'The guest operations agent could not be contacted.',
  GuestPermissionDenied: () => 'Permission to perform this operation was denied in the guest.',
  GuestProcessNotFound: (f) => `The process ${text(f['pid'])} was not found in the guest.`,
  HostCommunication: () =>
    'Unable to communicate with the remote host, either due to network errors or because the host is not responding.',
  HostNotConnected: () => 'Unable to communicate with the remote host, since it is disconnected.',
  InvalidArgument: (f) => `A specified parameter was not correct: ${text(f['invalidProperty'])}`,
  InvalidCollectorVersion: () => '',
  InvalidDatastore: (f) => `Invalid datastore '${text(f['name'])}'.`,
  InvalidDatastorePath: (f) => `Invalid datastore path '${text(f['datastorePath'])}'.`,
  InvalidDeviceSpec: (f) => `Invalid configuration for device '${text(f['deviceIndex'])}'.`,
  InvalidGuestLogin: () => 'Failed to authenticate with the guest operating system using the supplied credentials.',
  InvalidLogin: () => 'Cannot complete login due to an incorrect user name or password.',
  InvalidName: (f) => `The name '${text(f['name'])}' is invalid.`,
  InvalidPowerState: (f) =>
    `The attempted operation cannot be performed in the current state (${powerNames[text(f['existingState'])] ?? ''}).`,
  InvalidProperty: () => '', // pyvmomi users quote it with an empty message
  InvalidState: () => 'The operation is not allowed in the current state.',
  ManagedObjectNotFound: (f) =>
    `The object '${vmodlName(f['obj'])}' has already been deleted or has not been completely created`,
  MemorySnapshotOnIndependentDisk: () =>
    'Cannot take a memory snapshot, since the virtual machine is configured with independent disks.',
  MethodDisabled: (f) => `The method is disabled by '${text(f['source'])}'`,
  MissingController: () => 'The device is attached to a controller that does not exist.',
  MultipleSnapshotsNotSupported: () => 'The virtual machine does not support multiple snapshots.',
  NoDiskSpace: (f) => `Insufficient disk space on datastore '${text(f['datastore'])}'.`,
  NoPermission: () => 'Permission to perform this operation was denied.',
  NotAuthenticated: () => 'The session is not authenticated.',
  NotEnoughLicenses: () => 'There are not enough licenses installed to perform the operation.',
  NotFound: () => 'The object or item referred to could not be found.',
  NotImplemented: () => 'The requested operation is not implemented by the server.',
  NotSupported: () => 'The operation is not supported on the object.',
  RawDiskNotSupported: () => 'Raw disks are not supported.',
  RequestCanceled: () => 'The request was canceled by a user.',
  RestrictedVersion: () => 'Current license or ESXi version prohibits execution of the requested operation.',
  SharedBusControllerNotSupported: () => 'The virtual machine has a controller with a shared bus.',
  SnapshotFault: () => 'The snapshot operation cannot be performed.',
  SnapshotIncompatibleDeviceInVm: () => 'The virtual machine has a device that does not support snapshots.',
  SnapshotNoChange: () => 'Nothing has changed since the last snapshot of the virtual machine.',
  SystemError: (f) => `A general system error occurred: ${text(f['reason'])}`,
  TaskInProgress: () => 'Another task is already in progress.',
  Timedout: () => 'Operation timed out.',
  TooManySnapshotLevels: () => 'The maximum number of snapshot levels has been exceeded.',
  ToolsUnavailable: () => 'Cannot complete operation because VMware Tools is not running in this virtual machine.',
}

const quiesceText =
  "An error occurred while quiescing the virtual machine. See the virtual machine's event log for details."

const powerNames: Readonly<Record<string, string>> = {
  poweredOn: 'Powered on',
  poweredOff: 'Powered off',
  suspended: 'Suspended',
}

/** What a server says for this fault; the type's name, where we know no better. */
export function faultText(type: string, fields: Fields): string {
  return texts[type]?.(fields) ?? type
}

function text(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  return typeof value === 'object' && value !== null && 'value' in value ? String(value.value) : ''
}

function vmodlName(ref: unknown): string {
  const { type, value } = ref as { type: string; value: string }
  return `vim.${type}:${value}`
}
