// What a VMFS says of itself, 2 MiB into its volume. docs/formats/vmfs.md §3.
// Source: the documentation in dissect.vmfs 3.13 (c_vmfs.py). Evidence: observed on VMFS 5.81 and 6.82 that ESXi 8 made.
import {
  ascii,
  bytes,
  type Decoded,
  FormatError,
  ignored,
  size64le,
  struct,
  u16le,
  u32le,
  u64le,
  u8,
} from '@vmkeep/kit'
import { isPowerOfTwo } from './lvm-format.ts'

export const fsHeaderOffsetBytes = 0x20_0000
export const fsMagic = 0x2fab_f15e
/** VMFS-L: a host's own volumes, for what it boots from and for vSAN. */
export const fsMagicLocal = 0x2fab_f15f

export const FsHeader = struct('vmfs.fs-header', 0x154, {
  magic: u32le,
  majorVersion: u32le,
  minorVersion: u8,
  uuid: bytes(16),
  config: u32le,
  label: ascii(128),
  diskBlockBytes: u32le,
  fileBlockBytes: size64le,
  createdSeconds: u32le,
  snapshotId: u32le,
  volumeId: bytes(32),
  fdcGroupOffsetBytes: u32le,
  fdcClustersPerGroup: u32le,
  subBlockBytes: u32le,
  journalSlotsMax: u32le,
  pb2VolumeOffsetBytes: size64le,
  pb2Address: u32le,
  hostUuid: bytes(16),
  generation: u64le,
  sddVolumeOffsetBytes: size64le,
  sddAddress: u32le,
  checksumType: u8,
  unmapPriority: u16le,
  pad: ignored(4),
  checksumGeneration: u64le,
  checksum: bytes(16),
  physicalBlockBytes: u32le,
  metadataAlignmentBytes: u32le,
  smallToLargeShift: u16le,
  reserved: bytes(4),
  pointerBlockShift: u16le,
  smallBlockAddressBits: u16le,
  reserved2: ignored(2),
  zeroGranularityBytes: u32le,
  journalBlockBytes: u32le,
  leaseIntervalMs: u32le,
  reclaimWindowMs: u32le,
})
export type FsHeader = Decoded<typeof FsHeader>

/** Sub-blocks have two more bits in their addresses. VMFS 5. */
export const denseSubBlocks = 0x4

/** The measures of one volume. */
export interface Geometry {
  readonly generation: 5 | 6
  readonly version: string
  readonly fileBlockBytes: number
  readonly largeBlockBytes: number
  readonly smallBlocksPerCluster: number
  readonly isDense: boolean
  readonly descriptorBytes: number
  readonly metadataAtBytes: number
  readonly inlineAtBytes: number
  readonly inlineBytesMax: number
  readonly addressesAtBytes: number
  readonly addressBytes: 4 | 8
  readonly addressesMax: number
  readonly pointersPerBlock: number
  /** Lock and metadata of one cluster of a resource file. */
  readonly clusterHeaderBytes: number
  /** Where the descriptors of the system files begin. */
  readonly systemDescriptorsAtBytes: number
  /** The one that lies elsewhere, on older volumes. */
  readonly pb2DescriptorAtBytes: number | undefined
}

/** @throws FormatError for what nobody has seen: a wrong guess would read foreign bytes as a disk's */
export function geometryOf(header: FsHeader): Geometry {
  const { majorVersion, minorVersion, fileBlockBytes, fdcGroupOffsetBytes, fdcClustersPerGroup } = header
  const version = `${majorVersion}.${minorVersion}`
  if (majorVersion !== 14 && majorVersion !== 24) throw new FormatError(`version ${version} of the file system`)
  if (!isPowerOfTwo(fileBlockBytes) || fileBlockBytes < 0x1_0000 || fileBlockBytes > 0x80_0000)
    throw new FormatError(`file blocks of ${fileBlockBytes} bytes`)
  if (fdcClustersPerGroup < 1 || fdcClustersPerGroup > 4096 || fdcGroupOffsetBytes > fileBlockBytes)
    throw new FormatError(`${fdcClustersPerGroup} clusters of file descriptors at ${fdcGroupOffsetBytes}`)
  return majorVersion === 14 ? geometry5(header) : geometry6(header)
}

function geometry5({ minorVersion, fileBlockBytes, config, ...header }: FsHeader): Geometry {
  const fdcAtBytes = Math.floor((fileBlockBytes + 0x3f_ffff) / fileBlockBytes) * fileBlockBytes
  const clusterHeaderBytes = 1024
  const isDense = (config & denseSubBlocks) !== 0
  return {
    generation: 5,
    version: `5.${minorVersion}`,
    fileBlockBytes,
    largeBlockBytes: fileBlockBytes,
    smallBlocksPerCluster: 0,
    isDense,
    descriptorBytes: 2048,
    metadataAtBytes: 512,
    inlineAtBytes: 1024,
    inlineBytesMax: 1024,
    addressesAtBytes: 1024,
    addressBytes: 4,
    addressesMax: 256,
    pointersPerBlock: 1024,
    clusterHeaderBytes,
    systemDescriptorsAtBytes: fdcAtBytes + header.fdcGroupOffsetBytes + header.fdcClustersPerGroup * clusterHeaderBytes,
    pb2DescriptorAtBytes: isDense ? undefined : header.pb2VolumeOffsetBytes,
  }
}

function geometry6({ minorVersion, fileBlockBytes, metadataAlignmentBytes, ...header }: FsHeader): Geometry {
  const unit = metadataAlignmentBytes
  if (!isPowerOfTwo(unit) || unit < 0x1000 || unit > 0x1_0000)
    throw new FormatError(`metadata aligned to ${unit} bytes`)
  if (header.smallToLargeShift > 13) throw new FormatError(`large blocks of 2^${header.smallToLargeShift} small ones`)
  const addressesBytes = unit <= 0x1000 ? 2560 : unit / 2
  const fdcAtBytes = Math.floor((unit * 1024 + 0x3f_ffff) / 0x10_0000) * 0x10_0000
  const clusterHeaderBytes = 2 * unit
  return {
    generation: 6,
    version: `6.${minorVersion}`,
    fileBlockBytes,
    largeBlockBytes: fileBlockBytes * 2 ** header.smallToLargeShift,
    smallBlocksPerCluster: Math.min(0x2000, 0x2000_0000 / fileBlockBytes),
    isDense: false,
    descriptorBytes: 2 * unit,
    metadataAtBytes: unit,
    inlineAtBytes: unit + 512,
    inlineBytesMax: unit - 512,
    addressesAtBytes: 2 * unit - addressesBytes,
    addressBytes: 8,
    addressesMax: addressesBytes / 8,
    pointersPerBlock: unit < 0x1_0000 ? 8192 : unit / 8,
    clusterHeaderBytes,
    systemDescriptorsAtBytes: fdcAtBytes + header.fdcGroupOffsetBytes + header.fdcClustersPerGroup * clusterHeaderBytes,
    pb2DescriptorAtBytes: undefined,
  }
}
