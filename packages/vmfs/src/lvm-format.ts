// The logical volume under a VMFS: how partitions of one or several LUNs make one run of bytes. docs/formats/vmfs.md §2.
// Source: the documentation in dissect.vmfs 3.13 (c_lvm.py, lvm.py). Evidence: observed on volumes that ESXi 8 made (LVM 5 and 6, one LUN and two).
import {
  ascii,
  bytes,
  type Decoded,
  exactly,
  FormatError,
  ignored,
  size64le,
  struct,
  u32le,
  u64le,
  u8,
} from '@vmkeep/kit'

/** Where the header lies in its partition. */
export const lvmHeaderOffsetBytes = 0x10_0000
export const lvmMagic = 0xc001_d00d

export const LvmHeader = struct('vmfs.lvm-header', 214, {
  magic: exactly(u32le, lvmMagic),
  majorVersion: u32le,
  minorVersion: u32le,
  diskId: bytes(78),
  diskBlockBytes: u32le,
  totalBytes: size64le,
  volumes: u32le,
  extents: u32le,
  lastExtent: u32le,
  generation: u64le,
  dataOffsetBytes: size64le,
  deviceId: bytes(16),
  createdUs: u64le,
  changedUs: u64le,
  lockedBy: bytes(16),
  lockedUs: u64le,
  unknown: ignored(4),
  maps: u32le,
  moreAtBytes: size64le,
  alignmentBytes: u32le,
  extents6: u32le,
  flags: u32le,
})
export type LvmHeader = Decoded<typeof LvmHeader>

/** More maps of a large device: {@link LvmHeader.moreAtBytes} leads to the first. */
export const LvmMoreHeader = struct('vmfs.lvm-more-header', 24, {
  magic: exactly(u32le, lvmMagic),
  maps: u32le,
  dataOffsetBytes: size64le,
  nextAtBytes: size64le,
})

/** What one device knows of a volume it is part of. Extents are counted over all devices. */
export const LvmVolume = struct('vmfs.lvm-volume', 512, {
  sizeBytes: size64le,
  generation: u64le,
  state: u32le,
  name: ascii(64),
  uuid: bytes(16),
  snapshotId: u32le,
  createdUs: u64le,
  volumeNumber: u32le,
  extents: u32le,
  firstExtent: size64le,
  lastExtent: size64le,
  changedUs: u64le,
  devices: u32le,
  pad: ignored(364),
})
export type LvmVolume = Decoded<typeof LvmVolume>

export const LvmExtent = struct('vmfs.lvm-extent', 37, {
  used: u8,
  number: u32le,
  volumeNumber: u32le,
  deviceOffsetBytes: size64le,
  volumeOffsetBytes: size64le,
  lengthBytes: size64le,
  version: u32le,
})

export const lvmExtentStrideBytes = 128
export const lvmExtentsPerMap = 8192
/** 64 TiB in extents of 256 MiB, four times: nothing larger is VMFS. */
const extentsMax = 1 << 20

/** How the header's parts lie behind it. */
export interface LvmLayout {
  readonly volumesAtBytes: number
  readonly volumesMax: number
  readonly firstMapAtBytes: number
  readonly bitmapBytes: number
}

/** @throws FormatError for a version or size that nobody has seen */
export function lvmLayout({ majorVersion, alignmentBytes, volumes, extents, maps }: LvmHeader): LvmLayout {
  if (majorVersion < 3 || majorVersion > 6) throw new FormatError(`version ${majorVersion} of the volume manager`)
  const isLvm6 = majorVersion === 6
  if (isLvm6 && (alignmentBytes < 512 || alignmentBytes > 0x1_0000 || !isPowerOfTwo(alignmentBytes)))
    throw new FormatError(`an alignment of ${alignmentBytes} bytes`)
  const headerBytes = isLvm6 ? alignmentBytes : 512
  const layout = {
    volumesAtBytes: lvmHeaderOffsetBytes + headerBytes,
    volumesMax: isLvm6 ? 1 : 512,
    firstMapAtBytes: headerBytes + 0x8_0000,
    bitmapBytes: isLvm6 ? Math.max(alignmentBytes, 1024) : 1024,
  }
  if (volumes > layout.volumesMax) throw new FormatError(`${volumes} volumes on one device`)
  if (extents > extentsMax) throw new FormatError(`${extents} extents on one device`)
  if (maps > Math.ceil(extentsMax / lvmExtentsPerMap)) throw new FormatError(`${maps} maps on one device`)
  return layout
}

export const isPowerOfTwo = (value: number): boolean => value > 0 && Number.isInteger(Math.log2(value))
