import { type ByteSource, damagedAt, decodedFrom, readBytes, readRecord } from './byte-source.ts'
import type { GrainMap, GrainPlace, GrainTable } from './grain-map.ts'
import { bytesOf } from './sectors.ts'
import {
  decodeSeSparseHeader,
  seSparseEntry,
  SeSparseHeader,
  seSparseTableEntries,
  SeSparseVolatileHeader,
  tablesOf,
} from './sesparse-header-format.ts'

const tableBytes = seSparseTableEntries * 8

/** A space-efficient sparse extent: entries of 64 bits, the kind in the first four; tables and grains are counted, not placed. */
export class SeSparseGrainMap implements GrainMap {
  readonly capacityBytes: number
  readonly grainBytes: number
  readonly grainsPerTable = seSparseTableEntries
  readonly isCompressed = false
  readonly #header: SeSparseHeader
  readonly #directory: DataView

  /** @throws `vmdk.damaged`, also while its journal still holds changes: a host has it open, or did not close it */
  static async read(source: ByteSource): Promise<SeSparseGrainMap> {
    const bytes = await readBytes(source, 0, SeSparseHeader.sizeBytes)
    const header = decodedFrom(source, 0, () => decodeSeSparseHeader(bytes))
    const volatileAt = bytesOf(header.volatileHeaderOffsetSectors)
    const { replayJournal } = await readRecord(source, volatileAt, SeSparseVolatileHeader)
    if (replayJournal !== 0n)
      throw damagedAt(
        source,
        volatileAt,
        'changes wait in its journal: power the VM off, or take a snapshot and read that',
      )
    const directory = await readBytes(source, bytesOf(header.directoryOffsetSectors), tablesOf(header) * 8)
    return new SeSparseGrainMap(header, viewOf(directory))
  }

  private constructor(header: SeSparseHeader, directory: DataView) {
    this.#header = header
    this.#directory = directory
    this.capacityBytes = bytesOf(header.capacitySectors)
    this.grainBytes = bytesOf(header.grainSectors)
  }

  async table(source: ByteSource, index: number): Promise<GrainTable | undefined> {
    const [high, number] = entryOf(this.#directory, index)
    if (high === 0 && number === 0) return undefined
    const entryAt = bytesOf(this.#header.directoryOffsetSectors) + index * 8
    if (high !== seSparseEntry.table << 28) throw damagedAt(source, entryAt, `directory entry ${index} is no entry`)
    const offsetBytes = bytesOf(this.#header.tablesOffsetSectors) + number * tableBytes
    const entries = viewOf(await readBytes(source, offsetBytes, tableBytes))
    return (grain) => {
      const place = this.#placeOf(...entryOf(entries, grain))
      if (place === undefined)
        throw damagedAt(source, offsetBytes + grain * 8, 'an entry of a grain table that is no entry')
      return place
    }
  }

  /** The number of a grain has its last twelve bits in front. Evidence: observed, qemu-img finds its grains so. */
  #placeOf(high: number, low: number): GrainPlace | undefined {
    switch (high >>> 28) {
      case seSparseEntry.unallocated:
        return high === 0 && low === 0 ? 'nothing' : undefined
      case seSparseEntry.unmapped: // the guest gave the blocks back: zeroes, whatever the parent holds
      case seSparseEntry.zeroes:
        return 'zeroes'
      case seSparseEntry.allocated: {
        const number = ((high >>> 16) & 0xfff) + ((high & 0xffff) * 2 ** 32 + low) * 2 ** 12
        return bytesOf(this.#header.grainsOffsetSectors) + number * this.grainBytes
      }
      default:
        return undefined
    }
  }
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength)

const entryOf = (entries: DataView, index: number): [high: number, low: number] => [
  entries.getUint32(index * 8 + 4, true),
  entries.getUint32(index * 8, true),
]
