// Directories. VMFS 5: an array of entries. VMFS 6: a header, maps of blocks, blocks of entries, and a hash table that looking at every
// entry has no need of. docs/formats/vmfs.md §7.
// Source: the documentation in dissect.vmfs 3.13 (c_vmfs.py, descriptor.py). Evidence: observed on VMFS 5.81 and 6.82 that ESXi 8 made.
import { bytes, type Decoded, exactly, FormatError, ignored, struct, u16le, u32le, u64le } from '@vmkeep/kit'

export const DirectoryEntry5 = struct('vmfs.directory-entry-5', 140, {
  type: u32le,
  address: u32le,
  generation: u32le,
  name: bytes(128),
})

export const DirectoryEntry6 = struct('vmfs.directory-entry-6', 288, {
  type: u32le,
  address: u32le,
  generation: u32le,
  hashIndex: u16le,
  linkHash: u16le,
  /** Where the entry lies in its directory. */
  offsetBytes: u64le,
  name: bytes(256),
  unknown: ignored(8),
})

export const directoryHeaderBytes = 0x1_0000
export const directoryVersion = 0xf5_0001
const mapsMax = 128

/** The entries of the directory itself and of its parent follow, then the hash table. */
export const DirectoryHeader = struct('vmfs.directory-header', 0x3b8, {
  version: exactly(u32le, directoryVersion),
  entries: u32le,
  allocated: u32le,
  maps: u32le,
  mapBlocks: bytes(4 * mapsMax),
  gap: ignored(408),
  checksum: bytes(16),
})
export type DirectoryHeader = Decoded<typeof DirectoryHeader>

/** At the start of every block behind the header. A bit of the bitmap is set where a slot is free. */
export const DirectoryBlock = struct('vmfs.directory-block', 64, {
  version: u16le,
  type: u16le,
  slots: u16le,
  freeSlots: u16le,
  bitmap: bytes(56),
})

export const blockTypes = { entries: 1, links: 2, map: 3 } as const

/** What VMFS 6 and 5 both say of a name. */
export interface EntryRecord {
  readonly type: number
  readonly address: number
  readonly generation: number
  readonly name: string
}

export function decodeEntry5(source: Uint8Array): EntryRecord | undefined {
  const { name, ...entry } = DirectoryEntry5.decode(source)
  return entry.address === 0 ? undefined : { ...entry, name: textOf(name) }
}

export function decodeEntry6(source: Uint8Array): EntryRecord {
  const { type, address, generation, name } = DirectoryEntry6.decode(source)
  return { type, address, generation, name: textOf(name) }
}

function textOf(name: Uint8Array): string {
  const end = name.indexOf(0)
  return Buffer.from(end < 0 ? name : name.subarray(0, end)).toString('utf8')
}

/** The numbers of the blocks with maps. @throws FormatError */
export function mapBlocksOf({ maps, mapBlocks }: DirectoryHeader): number[] {
  if (maps > mapsMax) throw new FormatError(`${maps} maps of a directory`)
  const view = new DataView(mapBlocks.buffer, mapBlocks.byteOffset, mapBlocks.length)
  return Array.from({ length: maps }, (_, i) => view.getUint32(i * 4, true))
}

/** The numbers of the blocks that have entries, by one map: four bits for each block, the first in the higher half of a byte. */
export function* entryBlocks(map: Uint8Array, firstBlock: number): Iterable<number> {
  for (const [index, byte] of map.entries()) {
    if (((byte >> 4) & 3) === blockTypes.entries) yield firstBlock + 2 * index
    if ((byte & 3) === blockTypes.entries) yield firstBlock + 2 * index + 1
  }
}

/** The slots of a block of entries that are in use. @throws FormatError */
export function* usedSlots(block: Uint8Array): Iterable<number> {
  const { type, slots, bitmap } = DirectoryBlock.decode(block)
  if (type !== blockTypes.entries) throw new FormatError(`a block of type ${type} where entries belong`)
  const slotsMax = Math.floor((block.length - DirectoryBlock.sizeBytes) / DirectoryEntry6.sizeBytes)
  if (slots > slotsMax) throw new FormatError(`${slots} entries in a block that has room for ${slotsMax}`)
  for (let slot = 0; slot < slots; slot++) if (((bitmap[slot >> 3]! >> (slot & 7)) & 1) === 0) yield slot
}
