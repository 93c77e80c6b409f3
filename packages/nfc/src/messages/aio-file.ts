// AIO messages that open, close and describe a file.
// Source: cloudbase/OpenVixDiskLib docs, nfc_open. Evidence: observed there on ESXi 8.0.
import { type Decoded, ignored, size64le, struct, u32le, u64le } from '@vmkeep/kit'

export const fileType = { disk: 2 } as const

/** `readWrite` needs a read-write ticket; with a read ticket the answer is ERROR 0x0b. */
export const openFlags = { readOnly: 0x1e, readWrite: 0x1a } as const

/** C → S. Extra: the path, e.g. `[datastore1] vm/vm-000003.vmdk`, without a NUL. */
export const OpenFile = struct('nfc.OPEN_FILE', 60, {
  pathBytes: u32le,
  zeros: ignored(12),
  fileType: u32le,
  flags: u32le,
  rest: ignored(36),
})
export type OpenFile = Decoded<typeof OpenFile>

export const OpenFileReply = struct('nfc.OPEN_FILE reply', 60, {
  zeros: ignored(8),
  handle: u64le, // opaque, per open
  fileType: u32le,
  flags: u32le, // echoed
  unknown: ignored(4),
  capacityBytes: size64le,
  sectorSizeBytes: u32le,
  cylinders: u32le, // physical geometry
  heads: u32le,
  sectors: u32le,
  rest: ignored(8),
})
export type OpenFileReply = Decoded<typeof OpenFileReply>

/** C → S. The reply has the same size; its content is unknown. */
export const CloseFile = struct('nfc.CLOSE_FILE', 8, { handle: u64le })
export type CloseFile = Decoded<typeof CloseFile>
