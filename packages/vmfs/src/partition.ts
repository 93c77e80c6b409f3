// Which part of a LUN is a partition. The kernel may not have looked, or not see LUNs of others at all.
// Source: UEFI specification, chapter 5, "GUID Partition Table"; for the old table, the kernel's own words. Evidence: documented.
import { checkRun, type DiskReader, type Extent } from '@vmkeep/disk'
import { ascii, bytes, FormatError, ignored, size64le, struct, u32le, u8 } from '@vmkeep/kit'
import { explained, readBytes, readRecord } from './read-at.ts'

const GptHeader = struct('gpt-header', 92, {
  signature: ascii(8),
  revision: u32le,
  headerBytes: u32le,
  checksum: u32le,
  reserved: ignored(4),
  place: ignored(48),
  entriesSector: size64le,
  entries: u32le,
  entryBytes: u32le,
  entriesChecksum: u32le,
})
const GptEntry = struct('gpt-entry', 48, {
  type: bytes(16),
  id: bytes(16),
  firstSector: size64le,
  lastSector: size64le,
})
const MbrEntry = struct('mbr-entry', 16, {
  flags: u8,
  chs: ignored(3),
  type: u8,
  end: ignored(3),
  firstSector: u32le,
  sectors: u32le,
})

/** Partition `number`, counted from 1, as a disk of its own. Closing it closes `lun`. @throws `vmfs.damaged` */
export async function openPartition(lun: DiskReader, number: number, name: string): Promise<DiskReader> {
  const extent = await explained(name, async () => {
    const { signature, ...header } = await readRecord(lun, lun.sectorSizeBytes, GptHeader)
    const found = signature === 'EFI PART' ? await inGpt(lun, number, header) : await inMbr(lun, number)
    if (found.lengthBytes <= 0 || found.offsetBytes + found.lengthBytes > lun.capacityBytes)
      throw new FormatError(`partition ${number} is not there or reaches beyond its ${lun.capacityBytes} bytes`)
    return found
  })
  return new Partition(lun, extent, name)
}

type Entries = { readonly entriesSector: number; readonly entries: number; readonly entryBytes: number }

async function inGpt(
  lun: DiskReader,
  number: number,
  { entriesSector, entries, entryBytes }: Entries,
): Promise<Extent> {
  if (number < 1 || number > entries) throw new FormatError(`it has ${entries} partitions, none is number ${number}`)
  if (entryBytes < GptEntry.sizeBytes || entryBytes > 4096)
    throw new FormatError(`partition entries of ${entryBytes} bytes`)
  const sectorBytes = lun.sectorSizeBytes
  const entry = await readRecord(lun, entriesSector * sectorBytes + (number - 1) * entryBytes, GptEntry)
  const sectors = entry.lastSector - entry.firstSector + 1
  return {
    offsetBytes: entry.firstSector * sectorBytes,
    lengthBytes: entry.firstSector === 0 ? 0 : sectors * sectorBytes,
  }
}

async function inMbr(lun: DiskReader, number: number): Promise<Extent> {
  const sector = await readBytes(lun, 0, 512)
  if (sector[510] !== 0x55 || sector[511] !== 0xaa || number < 1 || number > 4)
    throw new FormatError(`no partition table has a partition ${number}`)
  const { firstSector, sectors } = MbrEntry.decode(sector.subarray(446 + (number - 1) * 16))
  return { offsetBytes: firstSector * 512, lengthBytes: sectors * 512 }
}

class Partition implements DiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #lun: DiskReader
  readonly #startBytes: number
  readonly #name: string

  constructor(lun: DiskReader, { offsetBytes, lengthBytes }: Extent, name: string) {
    this.#lun = lun
    this.#startBytes = offsetBytes
    this.#name = name
    this.capacityBytes = lengthBytes
    this.sectorSizeBytes = lun.sectorSizeBytes
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    checkRun(this.#name, this.capacityBytes, offsetBytes, target.length)
    await this.#lun.read(this.#startBytes + offsetBytes, target, signal)
  }

  async *allocated(within: Extent): AsyncIterable<Extent> {
    if (within.lengthBytes > 0) yield within
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lun[Symbol.asyncDispose]()
  }
}
