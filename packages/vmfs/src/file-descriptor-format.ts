// What VMFS knows of a file: a lock (another host's business; not looked at), metadata, and addresses or a few bytes of data.
// docs/formats/vmfs.md §6.
// Source: the documentation in dissect.vmfs 3.13 (c_vmfs.py, descriptor.py). Evidence: observed on VMFS 5.81 and 6.82 that ESXi 8 made.
import { type Decoded, FormatError, ignored, size64le, struct, u32le, u8 } from '@vmkeep/kit'
import type { Geometry } from './fs-header-format.ts'
import { isPowerOfTwo } from './lvm-format.ts'

export const fileSignature = 0x6664_6d64 // fdmd; VMFS 6 only

export const fileTypes = { directory: 2, file: 3, symlink: 4, system: 5, rdm: 6 } as const

/** How the addresses of a file lead to its blocks. */
export const addressing = {
  none: 0,
  fileBlocks: 1,
  subBlocks: 2,
  pointerBlocks: 3,
  pointerBlocks2: 5,
  doublePointerBlocks: 0x10d0,
  inline: 0x10d1,
} as const

export const FileMetadata = struct('vmfs.file-metadata', 0x90, {
  address: u32le,
  generation: u32le,
  links: u32le,
  type: u32le,
  flags: u32le,
  lengthBytes: size64le,
  blockBytes: size64le,
  blocks: size64le,
  modifiedSeconds: u32le,
  createdSeconds: u32le,
  accessedSeconds: u32le,
  userId: u32le,
  groupId: u32le,
  mode: u32le,
  addressing: u32le,
  toBeZeroedLow: u32le,
  copyOnWriteLow: u32le,
  newSinceEpochLow: u32le,
  toBeZeroedHigh: u32le,
  copyOnWriteHigh: u32le,
  pointerBlocks: u32le,
  newSinceEpochHigh: u32le,
  signature: u32le,
  affinityAddress: u32le,
  zeroGranularityShift: u32le,
  parentAddress: u32le,
  lastCluster: u32le,
  unknown: ignored(8),
  affinityBitmap: u32le,
  preallocated: u8,
  unknown2: ignored(4),
  blockShift: u8,
  tracked: u8,
  unknown3: ignored(1),
  largeBlocks: u32le,
})
export type FileMetadata = Decoded<typeof FileMetadata>

export interface FileDescriptor extends FileMetadata {
  /** Addresses, or the data itself where {@link FileMetadata.addressing} is inline. */
  readonly body: Uint8Array
}

/** VMFS goes to 62 TiB for a file, and 64 TiB for a volume. */
const lengthBytesMax = 2 ** 47

/** @throws FormatError if it is not the descriptor that `address` asked for */
export function decodeFileDescriptor(bytes: Uint8Array, address: number, geometry: Geometry): FileDescriptor {
  if (bytes.length < geometry.descriptorBytes) throw new FormatError(`${bytes.length} bytes of a file descriptor`)
  const metadata = FileMetadata.decode(bytes.subarray(geometry.metadataAtBytes))
  if (geometry.generation === 6 && metadata.signature !== fileSignature) throw new FormatError('no file descriptor')
  if (metadata.address !== address)
    throw new FormatError(`the file descriptor of 0x${metadata.address.toString(16)}, not of 0x${address.toString(16)}`)
  if (metadata.lengthBytes > lengthBytesMax) throw new FormatError(`a file of ${metadata.lengthBytes} bytes`)
  if (metadata.addressing === addressing.inline) return { ...metadata, body: inlineBody(bytes, metadata, geometry) }
  checkBlockSize(metadata, geometry)
  const at = geometry.addressesAtBytes
  return { ...metadata, body: bytes.slice(at, at + geometry.addressesMax * geometry.addressBytes) }
}

function inlineBody(bytes: Uint8Array, { lengthBytes }: FileMetadata, geometry: Geometry): Uint8Array {
  const { inlineAtBytes, inlineBytesMax } = geometry
  if (lengthBytes > inlineBytesMax)
    throw new FormatError(`${lengthBytes} bytes in a file descriptor that has room for ${inlineBytesMax}`)
  return bytes.slice(inlineAtBytes, inlineAtBytes + lengthBytes)
}

function checkBlockSize({ blockBytes, blockShift, type }: FileMetadata, { generation }: Geometry): void {
  if (type === fileTypes.rdm) return
  if (!isPowerOfTwo(blockBytes) || blockBytes < 512 || blockBytes > 0x80_0000)
    throw new FormatError(`blocks of ${blockBytes} bytes`)
  if (generation === 6 && 2 ** blockShift !== blockBytes)
    throw new FormatError(`blocks of ${blockBytes} bytes and of 2^${blockShift}`)
}
