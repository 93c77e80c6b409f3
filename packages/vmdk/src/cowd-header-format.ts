// The header of a host's `-delta.vmdk` (vmfsSparse), the snapshot's delta on VMFS 5 and NFS for disks up to 2 TiB.
// Source: VMware "Virtual Disk Format 5.0", "ESX Server Sparse Extents" (COWDisk_Header). Evidence: documented.
import { type Decoded, exactly, FormatError, ignored, struct, u32le } from '@vmkeep/kit'

export const cowdMagic = 0x4457_4f43 // "COWD" in the file

/** Entries of a grain table. Evidence: documented, a constant. */
export const cowdTableEntries = 4096

/** The whole header has 2048 bytes; behind these it tells how the parent was called once, and is not read. */
export const CowdHeader = struct('vmdk.cowd-header', 48, {
  magicNumber: exactly(u32le, cowdMagic),
  version: u32le,
  flags: u32le,
  capacitySectors: u32le,
  grainSectors: u32le,
  gdOffsetSectors: u32le,
  gdEntries: u32le,
  freeSector: u32le,
  parentGeneration: ignored(4),
  reserved: ignored(12),
})
export type CowdHeader = Decoded<typeof CowdHeader>

const grainSectorsMax = 2048

/** Decodes a header and refuses what would make no sense further on. @throws FormatError */
export function decodeCowdHeader(bytes: Uint8Array): CowdHeader {
  const header = CowdHeader.decode(bytes)
  const refuse = (fact: string) => new FormatError(`header of a vmfsSparse extent: ${fact}`)
  const { version, capacitySectors, grainSectors, gdEntries, gdOffsetSectors } = header
  if (version !== 1) throw refuse(`version ${version} is not 1`)
  if (capacitySectors < 1) throw refuse('a capacity of no sectors')
  if (grainSectors < 1 || grainSectors > grainSectorsMax || (grainSectors & (grainSectors - 1)) !== 0)
    throw refuse(`grains of ${grainSectors} sectors`)
  const needed = Math.ceil(capacitySectors / (grainSectors * cowdTableEntries))
  if (gdEntries < needed) throw refuse(`a grain directory of ${gdEntries} entries, where ${needed} are needed`)
  if (gdOffsetSectors < 1) throw refuse('no grain directory')
  return header
}
