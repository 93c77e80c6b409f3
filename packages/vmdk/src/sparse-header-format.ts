// The first sector of a hosted sparse extent, and its copy, the footer, of a stream.
// Source: VMware "Virtual Disk Format 5.0", "Hosted Sparse Extents" and "Stream-Optimized Compressed Sparse Extents". Evidence: documented.
import { type Decoded, exactly, FormatError, ignored, size64le, struct, u8, u16le, u32le, u64le } from '@vmkeep/kit'

export const sparseMagic = 0x564d_444b // "KDMV" in the file

/** `gdOffset` of a stream's header: the directory comes at the end, and the footer knows where. */
export const gdAtEnd = 0xffff_ffff_ffff_ffffn

export const sparseFlags = {
  newlineTest: 0x1,
  redundantTables: 0x2,
  zeroedGrains: 0x4,
  compressed: 0x1_0000,
  markers: 0x2_0000,
} as const

export const compression = { none: 0, deflate: 1 } as const

/** Entries of a grain table. VMware and every other writer use this number only. */
export const tableEntries = 512

/** Offsets and sizes are in sectors of 512 bytes. */
export const SparseHeader = struct('vmdk.sparse-header', 512, {
  magicNumber: exactly(u32le, sparseMagic),
  version: u32le,
  flags: u32le,
  capacitySectors: size64le,
  grainSectors: size64le,
  descriptorOffsetSectors: size64le,
  descriptorSizeSectors: size64le,
  numGTEsPerGT: u32le,
  rgdOffsetSectors: u64le,
  gdOffsetSectors: u64le,
  overHeadSectors: size64le,
  uncleanShutdown: u8,
  singleEndLineChar: u8,
  nonEndLineChar: u8,
  doubleEndLineChar1: u8,
  doubleEndLineChar2: u8,
  compressAlgorithm: u16le,
  pad: ignored(433),
})
export type SparseHeader = Decoded<typeof SparseHeader>

/** Four bytes that a transfer in text mode would change. */
export const newlineTest = {
  singleEndLineChar: 0x0a,
  nonEndLineChar: 0x20,
  doubleEndLineChar1: 0x0d,
  doubleEndLineChar2: 0x0a,
} as const

const capacitySectorsMax = 2 ** 37 // 64 TiB; vSphere ends at 62
const directoryEntriesMax = 2 ** 23
const grainSectorsMax = 2048 // 1 MiB: a grain is held in memory

/** Decodes a header and refuses what would make no sense further on. @throws FormatError */
export function decodeSparseHeader(bytes: Uint8Array): SparseHeader {
  const header = SparseHeader.decode(bytes)
  const refuse = (fact: string) => new FormatError(`sparse header: ${fact}`)
  const { version, flags, capacitySectors, grainSectors, compressAlgorithm } = header
  if (version < 1 || version > 3) throw refuse(`version ${version} is not 1, 2 or 3`)
  if ((flags & sparseFlags.newlineTest) !== 0 && !newlinesSurvived(header))
    throw refuse('newlines were changed: the file was copied in text mode')
  if (capacitySectors < 1 || capacitySectors > capacitySectorsMax)
    throw refuse(`a capacity of ${capacitySectors} sectors`)
  if (grainSectors < 8 || grainSectors > grainSectorsMax || (grainSectors & (grainSectors - 1)) !== 0)
    throw refuse(`grains of ${grainSectors} sectors`)
  if (header.numGTEsPerGT !== tableEntries)
    throw refuse(`grain tables of ${header.numGTEsPerGT} entries, not ${tableEntries}`)
  if (directoryEntriesOf(header) > directoryEntriesMax) throw refuse(`${directoryEntriesOf(header)} grain tables`)
  const wanted = isCompressed(header) ? compression.deflate : compression.none
  if (compressAlgorithm !== wanted)
    throw refuse(`compression ${compressAlgorithm} does not go with flags 0x${flags.toString(16)}`)
  if (isCompressed(header) && (flags & sparseFlags.markers) === 0) throw refuse('compressed grains without markers')
  if (header.gdOffsetSectors === 0n) throw refuse('no grain directory')
  return header
}

const newlinesSurvived = (header: SparseHeader) =>
  Object.entries(newlineTest).every(([key, value]) => header[key as keyof typeof newlineTest] === value)

export const isCompressed = ({ flags }: Pick<SparseHeader, 'flags'>): boolean => (flags & sparseFlags.compressed) !== 0

/** The grain tables it takes to cover the disk. */
export const directoryEntriesOf = (header: Pick<SparseHeader, 'capacitySectors' | 'grainSectors'>): number =>
  Math.ceil(header.capacitySectors / (header.grainSectors * tableEntries))

/** A directory or table: sector numbers of 32 bits. */
export function encodeEntries(entries: Uint32Array): Uint8Array {
  const bytes = Buffer.alloc(entries.length * 4)
  for (const [index, entry] of entries.entries()) bytes.writeUInt32LE(entry, index * 4)
  return bytes
}

/** @throws FormatError unless `bytes` hold whole entries */
export function decodeEntries(bytes: Uint8Array): Uint32Array {
  if (bytes.length % 4 !== 0) throw new FormatError(`${bytes.length} bytes are not whole entries of a grain table`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(index * 4, true))
}
