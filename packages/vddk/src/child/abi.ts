import koffi from 'koffi'

// What libvixDiskLib and libvixMntapi of VDDK 7, 8 and 9 look like from outside, declared anew; no header of VMware's is used.
//
// Source: developer.broadcom.com, Virtual Disk API, "Data Structures in Virtual Disk API" and "Virtual Disk Library Functions"; what
// nbdkit's vddk plugin (structs "updated to VDDK 6.7" and 7.0) and ffi-vix_disk_lib declare. Evidence: documented (names, meaning of fields),
// observed in those clients (order and width); that 8 and 9 have changed nothing here, inferred: the same clients run with them.

/** `Bool` is one byte. A handle is a pointer to something hidden. */
const pointer = 'void *'

/** Only fields that are ours to set are used; the library allocates it, so that a longer one does no harm. */
export const ConnectParams = koffi.struct({
  vmxSpec: pointer,
  serverName: pointer,
  thumbPrint: pointer,
  hidden1: 'long',
  credType: 'int',
  // A union of { userName, password } and { cookie, userName, key }.
  creds0: pointer,
  creds1: pointer,
  creds2: pointer,
  port: 'uint32_t',
  nfcHostPort: 'uint32_t',
  hidden2: pointer,
  hidden3: 'uint64_t',
  hidden4: pointer,
  spec0: pointer,
  spec1: pointer,
  spec2: pointer,
  specType: 'int',
})

export const credTypeSessionId = 2
export const specTypeVmx = 0
export const flagOpenReadOnly = 4
/** The answer of ReadAsync and WriteAsync when all is well: the callback tells the rest. */
export const vixAsync = 25_000
export const vixBufferTooSmall = 24

export const Info = koffi.struct({
  biosGeometry: koffi.array('uint32_t', 3),
  physicalGeometry: koffi.array('uint32_t', 3),
  capacity: 'uint64_t',
  adapterType: 'int',
  numLinks: 'int',
  parentFileNameHint: pointer,
  uuid: pointer,
  logicalSectorSize: 'uint32_t', // this and the next since 7.0
  physicalSectorSize: 'uint32_t',
})

export const OsInfo = koffi.struct({
  family: 'int',
  majorVersion: 'uint32_t',
  minorVersion: 'uint32_t',
  osIs64Bit: 'int8_t',
  vendor: 'char *',
  edition: 'char *',
  osFolder: 'char *',
})

/** By their numbers; 0 is none. Source: VDDK guide, "The VixMntapi Library", VixOsFamily. Evidence: documented (the names, in this order); the numbers inferred. */
export const osFamilies = ['', 'windows', 'linux', 'netware', 'solaris', 'freebsd', 'os2', 'darwin']
/** The same of VixVolumeType. */
export const volumeKinds = ['unknown', 'basic partition', 'GPT partition', 'dynamic volume', 'LVM volume']

/** Followed by as many pointers to text as it says. */
export const VolumeInfo = koffi.struct({
  type: 'int',
  isMounted: 'int8_t',
  symbolicLink: 'char *',
  numGuestMountPoints: 'size_t',
})

export const Completion = koffi.proto('void VmkeepCompletion(void *data, uint64_t result)')
export const Panic = koffi.proto('void VmkeepPanic(void *format, void *arguments)')

/** Every function of libvixDiskLib we call: its parameters; its answer is a VixError unless `gives` says otherwise. */
export const diskLibFunctions = {
  InitEx: { takes: ['uint32_t', 'uint32_t', pointer, pointer, pointer, 'str', 'str'] },
  Exit: { takes: [], gives: 'void' },
  ListTransportModes: { takes: [], gives: 'str' },
  GetErrorText: { takes: ['uint64_t', 'str'], gives: pointer },
  FreeErrorText: { takes: [pointer], gives: 'void' },
  AllocateConnectParams: { takes: [], gives: pointer },
  FreeConnectParams: { takes: [pointer], gives: 'void' },
  PrepareForAccess: { takes: [pointer, 'str'] },
  EndAccess: { takes: [pointer, 'str'] },
  Cleanup: { takes: [pointer, pointer, pointer] },
  ConnectEx: { takes: [pointer, 'int8_t', 'str', 'str', pointer] },
  Disconnect: { takes: [pointer] },
  Open: { takes: [pointer, 'str', 'uint32_t', pointer] },
  Close: { takes: [pointer] },
  GetTransportMode: { takes: [pointer], gives: 'str' },
  GetInfo: { takes: [pointer, pointer] },
  FreeInfo: { takes: [pointer], gives: 'void' },
  Read: { takes: [pointer, 'uint64_t', 'uint64_t', pointer] },
  Write: { takes: [pointer, 'uint64_t', 'uint64_t', pointer] },
  ReadAsync: { takes: [pointer, 'uint64_t', 'uint64_t', pointer, pointer, pointer] },
  WriteAsync: { takes: [pointer, 'uint64_t', 'uint64_t', pointer, pointer, pointer] },
  Wait: { takes: [pointer] },
  Flush: { takes: [pointer] },
  QueryAllocatedBlocks: { takes: [pointer, 'uint64_t', 'uint64_t', 'uint64_t', pointer] },
  FreeBlockList: { takes: [pointer] },
  GetMetadataKeys: { takes: [pointer, pointer, 'size_t', pointer] },
  ReadMetadata: { takes: [pointer, 'str', pointer, 'size_t', pointer] },
  WriteMetadata: { takes: [pointer, 'str', 'str'] },
} as const

/** Linux takes one disk at a time, and mounts nothing for what is asked here. */
export const mountFunctions = {
  Init: { takes: ['uint32_t', 'uint32_t', pointer, pointer, pointer, 'str', 'str'] },
  Exit: { takes: [], gives: 'void' },
  OpenDisks: { takes: [pointer, pointer, 'size_t', 'uint32_t', pointer] },
  CloseDiskSet: { takes: [pointer] },
  GetOsInfo: { takes: [pointer, pointer] },
  FreeOsInfo: { takes: [pointer], gives: 'void' },
  GetVolumeHandles: { takes: [pointer, pointer, pointer] },
  FreeVolumeHandles: { takes: [pointer], gives: 'void' },
  GetVolumeInfo: { takes: [pointer, pointer] },
  FreeVolumeInfo: { takes: [pointer], gives: 'void' },
} as const
