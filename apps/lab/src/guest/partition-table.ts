// The bytes that tell where a disk's one partition lies. Source: UEFI specification 2.10 §5, PC/AT MBR. Evidence: documented.
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Extent } from '@vmkeep/disk'
import { ascii, bytes, ignored, size64le, struct, u8, u32le } from '@vmkeep/kit'

const sectorBytes = 512
const entryCount = 128
const entriesBytes = entryCount * 128
/** Backup entries and header at the end of a GPT disk. */
export const gptTailBytes = entriesBytes + sectorBytes
/** GUID of "Linux filesystem data", 0FC63DAF-8483-4772-8E79-3D69D8477DE4, as it lies on disk. */
const linuxFileSystem = Buffer.from('af3dc60f838472478e793d69d8477de4', 'hex')

const MbrEntry = struct('mbr.entry', 16, {
  status: u8,
  firstChs: bytes(3),
  type: u8,
  lastChs: bytes(3),
  firstSector: u32le,
  sectorCount: u32le,
})

const GptHeader = struct('gpt.header', 92, {
  signature: ascii(8),
  revision: u32le,
  headerBytes: u32le,
  headerCrc: u32le,
  reserved: ignored(4),
  here: size64le,
  other: size64le,
  firstUsable: size64le,
  lastUsable: size64le,
  diskGuid: bytes(16),
  entriesAt: size64le,
  entryCount: u32le,
  entryBytes: u32le,
  entriesCrc: u32le,
})

const GptEntry = struct('gpt.entry', 128, {
  type: bytes(16),
  guid: bytes(16),
  firstSector: size64le,
  lastSector: size64le,
  attributes: size64le,
  name: bytes(72),
})

/** Bytes to be put at a place of a disk. */
export interface Patch {
  readonly offsetBytes: number
  readonly bytes: Buffer
}

/** An MBR with one Linux partition; the disk has at most 2 TiB. */
export function mbrTable(partition: Extent, seed: string): Patch[] {
  return [{ offsetBytes: 0, bytes: mbr(partition, 0x83, guidOf(`${seed}:mbr`).readUInt32LE(0)) }]
}

/** A GPT with one Linux partition: protective MBR and table in front, its copy at the end. */
export function gptTable(partition: Extent, capacityBytes: number, seed: string): Patch[] {
  const lastSector = capacityBytes / sectorBytes - 1
  const entries = Buffer.alloc(entriesBytes)
  entries.set(GptEntry.encode(entryOf(partition, seed)))
  const backupAt = capacityBytes - gptTailBytes
  const common = { capacityBytes, seed, entriesCrc: crc32(entries) }
  const front = gptHeader({ ...common, here: 1, other: lastSector, entriesAt: 2 })
  const back = gptHeader({ ...common, here: lastSector, other: 1, entriesAt: backupAt / sectorBytes })
  const protective = mbr({ offsetBytes: sectorBytes, lengthBytes: capacityBytes - sectorBytes }, 0xee, 0)
  return [
    { offsetBytes: 0, bytes: Buffer.concat([protective, front, entries]) },
    { offsetBytes: backupAt, bytes: Buffer.concat([entries, back]) },
  ]
}

function mbr({ offsetBytes, lengthBytes }: Extent, type: number, signature: number): Buffer {
  const sector = Buffer.alloc(sectorBytes)
  const beyondChs = Uint8Array.of(0xfe, 0xff, 0xff)
  const entry = {
    status: 0,
    firstChs: beyondChs,
    type,
    lastChs: beyondChs,
    firstSector: offsetBytes / sectorBytes,
    sectorCount: Math.min(lengthBytes / sectorBytes, 0xffff_ffff),
  }
  sector.writeUInt32LE(signature, 440)
  sector.set(MbrEntry.encode(entry), 446)
  sector.writeUInt16LE(0xaa55, 510)
  return sector
}

function entryOf({ offsetBytes, lengthBytes }: Extent, seed: string): Parameters<typeof GptEntry.encode>[0] {
  const name = Buffer.alloc(72)
  name.write('root', 'utf16le')
  return {
    type: linuxFileSystem,
    guid: guidOf(`${seed}:partition`),
    firstSector: offsetBytes / sectorBytes,
    lastSector: (offsetBytes + lengthBytes) / sectorBytes - 1,
    attributes: 0,
    name,
  }
}

interface HeaderPlace {
  readonly capacityBytes: number
  readonly seed: string
  readonly entriesCrc: number
  readonly here: number
  readonly other: number
  readonly entriesAt: number
}

function gptHeader({ capacityBytes, seed, ...place }: HeaderPlace): Buffer {
  const sector = Buffer.alloc(sectorBytes)
  const fields = {
    ...place,
    signature: 'EFI PART',
    revision: 0x10000,
    headerBytes: 92,
    firstUsable: 2 + entriesBytes / sectorBytes,
    lastUsable: (capacityBytes - gptTailBytes) / sectorBytes - 1,
    diskGuid: guidOf(`${seed}:disk`),
    entryCount,
    entryBytes: 128,
  }
  const headerCrc = crc32(GptHeader.encode({ ...fields, headerCrc: 0 }))
  sector.set(GptHeader.encode({ ...fields, headerCrc }))
  return sector
}

/** A random-looking GUID, version 4 in its mixed-endian place. */
function guidOf(seed: string): Buffer {
  const guid = createHash('sha256').update(seed).digest().subarray(0, 16)
  guid[7] = (guid[7]! & 0x0f) | 0x40
  guid[8] = (guid[8]! & 0x3f) | 0x80
  return guid
}
