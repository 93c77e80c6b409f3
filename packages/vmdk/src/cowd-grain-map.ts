import { type ByteSource, decodedFrom, readBytes } from './byte-source.ts'
import { CowdHeader, cowdTableEntries, decodeCowdHeader } from './cowd-header-format.ts'
import type { GrainMap, GrainTable } from './grain-map.ts'
import { bytesOf } from './sectors.ts'
import { decodeEntries } from './sparse-header-format.ts'

/** A host's delta extent (`COWD`): as a hosted sparse one, with other table sizes and usually grains of one sector. */
export class CowdGrainMap implements GrainMap {
  readonly capacityBytes: number
  readonly grainBytes: number
  readonly grainsPerTable = cowdTableEntries
  readonly isCompressed = false
  readonly #directory: Uint32Array

  /** @throws `vmdk.damaged` */
  static async read(source: ByteSource): Promise<CowdGrainMap> {
    const bytes = await readBytes(source, 0, CowdHeader.sizeBytes)
    const header = decodedFrom(source, 0, () => decodeCowdHeader(bytes))
    const tables = Math.ceil(header.capacitySectors / (header.grainSectors * cowdTableEntries))
    const directory = await readBytes(source, bytesOf(header.gdOffsetSectors), tables * 4)
    return new CowdGrainMap(header, decodeEntries(directory))
  }

  private constructor(header: CowdHeader, directory: Uint32Array) {
    this.#directory = directory
    this.capacityBytes = bytesOf(header.capacitySectors)
    this.grainBytes = bytesOf(header.grainSectors)
  }

  async table(source: ByteSource, index: number): Promise<GrainTable | undefined> {
    const sector = this.#directory[index]!
    if (sector === 0) return undefined
    const entries = decodeEntries(await readBytes(source, bytesOf(sector), cowdTableEntries * 4))
    return (grain) => (entries[grain] === 0 ? 'nothing' : bytesOf(entries[grain]!))
  }
}
