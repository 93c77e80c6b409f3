import { damagedAt, decodedFrom } from './byte-source.ts'
import type { ByteStream } from './byte-stream.ts'
import { bytesOf, sectorSizeBytes } from './sectors.ts'
import { decodeEntries, directoryEntriesOf, type SparseHeader, tableEntries } from './sparse-header-format.ts'

/** Whether the tables of a passing stream name exactly the grains that passed: one that was dropped on the way would be read as zeroes. */
export class PassedTables {
  readonly #stream: ByteStream
  readonly #header: SparseHeader
  /** Sectors of the grains since the last table, by their number. */
  readonly #seen = new Map<number, number>()
  readonly #tables = new Map<number, number>()
  #directorySector: number | undefined
  #hasFooter = false

  constructor(stream: ByteStream, header: SparseHeader) {
    this.#stream = stream
    this.#header = header
  }

  /** A grain's marker stands at `atBytes`. @throws `vmdk.damaged` */
  grain(lbaSectors: number, atBytes: number): void {
    if (this.#directorySector !== undefined) throw this.#damaged(atBytes, 'a grain after the grain directory')
    this.#seen.set(lbaSectors / this.#header.grainSectors, atBytes / sectorSizeBytes)
  }

  /** @throws `vmdk.damaged` unless it names the grains since the last one, and no others */
  async table(sizeSectors: number): Promise<void> {
    const at = this.#stream.takenBytes
    const entries = await this.#entries(sizeSectors, tableEntries)
    const named = entries.reduce((count, sector) => count + (sector > 1 ? 1 : 0), 0) // 1: a grain of zeroes
    const numbers = new Set([...this.#seen.keys()].map((grain) => Math.floor(grain / tableEntries)))
    const agrees = [...this.#seen].every(([grain, sector]) => entries[grain % tableEntries] === sector)
    if (!agrees || named !== this.#seen.size || numbers.size > 1)
      throw this.#damaged(at, `a grain table names ${named} grains, and not the ${this.#seen.size} that came`)
    for (const number of numbers) this.#tables.set(number, at / sectorSizeBytes)
    this.#seen.clear()
  }

  /** @throws `vmdk.damaged` unless it names the tables that came */
  async directory(sizeSectors: number): Promise<void> {
    const at = this.#stream.takenBytes
    if (this.#seen.size > 0) throw this.#damaged(at, `${this.#seen.size} grains are in no table`)
    const entries = await this.#entries(sizeSectors, directoryEntriesOf(this.#header))
    for (const [number, sector] of this.#tables)
      if (entries[number] !== sector)
        throw this.#damaged(at, `the grain directory names another place of table ${number}`)
    this.#directorySector = at / sectorSizeBytes
  }

  footer({ gdOffsetSectors }: SparseHeader): void {
    if (Number(gdOffsetSectors) !== this.#directorySector)
      throw this.#damaged(this.#stream.takenBytes, 'the footer names another place of the grain directory')
    this.#hasFooter = true
  }

  /** @throws `vmdk.damaged` if the end comes before the footer */
  end(atBytes: number): 'end' {
    if (!this.#hasFooter) throw this.#damaged(atBytes, 'the stream ends without a footer')
    return 'end'
  }

  async #entries(sizeSectors: number, count: number): Promise<Uint32Array> {
    const at = this.#stream.takenBytes
    if (bytesOf(sizeSectors) < count * 4 || bytesOf(sizeSectors) > count * 4 + sectorSizeBytes)
      throw this.#damaged(at, `a table of ${sizeSectors} sectors, where ${count} entries are expected`)
    const bytes = await this.#stream.take(bytesOf(sizeSectors))
    return decodedFrom(this.#stream, at, () => decodeEntries(bytes.subarray(0, count * 4)))
  }

  #damaged(atBytes: number, fact: string): Error {
    return damagedAt(this.#stream, atBytes, fact)
  }
}
