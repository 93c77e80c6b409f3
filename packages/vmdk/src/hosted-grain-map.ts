import { isZero } from '@vmkeep/disk'
import { type ByteSource, decodedFrom, readBytes } from './byte-source.ts'
import type { GrainMap, GrainTable } from './grain-map.ts'
import { bytesOf } from './sectors.ts'
import {
  decodeEntries,
  directoryEntriesOf,
  isCompressed,
  sparseFlags,
  type SparseHeader,
  tableEntries,
} from './sparse-header-format.ts'

/** A hosted sparse extent (`KDMV`), compressed or not: sector numbers of 32 bits in both steps; 0: never written. */
export class HostedGrainMap implements GrainMap {
  readonly capacityBytes: number
  readonly grainBytes: number
  readonly grainsPerTable = tableEntries
  readonly isCompressed: boolean
  readonly #knowsZeroes: boolean
  readonly #directory: Uint32Array

  /** @throws `vmdk.damaged` */
  static async read(source: ByteSource, header: SparseHeader): Promise<HostedGrainMap> {
    const offsetBytes = bytesOf(Number(header.gdOffsetSectors))
    const bytes = await readBytes(source, offsetBytes, directoryEntriesOf(header) * 4)
    return new HostedGrainMap(header, decodeEntries(bytes))
  }

  private constructor(header: SparseHeader, directory: Uint32Array) {
    this.#directory = directory
    this.#knowsZeroes = (header.flags & sparseFlags.zeroedGrains) !== 0
    this.capacityBytes = bytesOf(header.capacitySectors)
    this.grainBytes = bytesOf(header.grainSectors)
    this.isCompressed = isCompressed(header)
  }

  async table(source: ByteSource, index: number): Promise<GrainTable | undefined> {
    const sector = this.#directory[index]!
    if (sector === 0) return undefined
    const bytes = await readBytes(source, bytesOf(sector), tableEntries * 4)
    if (isZero(bytes)) return undefined // the tables of a file that grows are all there, and most of them empty
    const entries = decodedFrom(source, bytesOf(sector), () => decodeEntries(bytes))
    return (grain) => {
      const entry = entries[grain]!
      if (entry === 0) return 'nothing'
      return entry === 1 && this.#knowsZeroes ? 'zeroes' : bytesOf(entry)
    }
  }
}
