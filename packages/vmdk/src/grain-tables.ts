import type { NewFile } from '@vmkeep/disk'
import { type SparseLayout, tableOffsetBytes } from './sparse-layout.ts'
import { decodeEntries, encodeEntries, tableEntries } from './sparse-header-format.ts'

const tablesInMemoryMax = 4096 // 8 MiB: the tables of 128 GiB of disk

interface Table {
  readonly entries: Uint32Array
  changed: boolean
}

/**
 * Which grain is in which sector of a file being written. Only the tables used last are in memory; others are in the file,
 * both copies of them. One call at a time.
 */
export class GrainTables {
  readonly #file: NewFile
  readonly #layout: SparseLayout
  readonly #tablesMax: number
  readonly #tables = new Map<number, Table>() // in order of last use, the oldest first

  constructor(file: NewFile, layout: SparseLayout, tablesMax = tablesInMemoryMax) {
    this.#tablesMax = tablesMax
    this.#file = file
    this.#layout = layout
  }

  /** The sector of a grain, 0 if it has none. */
  async get(grain: number): Promise<number> {
    const table = await this.#table(Math.floor(grain / tableEntries))
    return table.entries[grain % tableEntries]!
  }

  async set(grain: number, sector: number): Promise<void> {
    const table = await this.#table(Math.floor(grain / tableEntries))
    table.entries[grain % tableEntries] = sector
    table.changed = true
  }

  /** Brings every change into the file. */
  async flush(): Promise<void> {
    for (const [index, table] of this.#tables) await this.#store(index, table)
  }

  async #table(index: number): Promise<Table> {
    const table = this.#tables.get(index) ?? (await this.#load(index))
    this.#tables.delete(index)
    this.#tables.set(index, table)
    if (this.#tables.size > this.#tablesMax) await this.#evictOldest()
    return table
  }

  async #load(index: number): Promise<Table> {
    const bytes = new Uint8Array(tableEntries * 4)
    await this.#file.read(tableOffsetBytes(this.#layout.gtOffsetSectors, index), bytes)
    return { entries: decodeEntries(bytes), changed: false }
  }

  async #evictOldest(): Promise<void> {
    const [index, table] = this.#tables.entries().next().value!
    await this.#store(index, table)
    this.#tables.delete(index)
  }

  async #store(index: number, table: Table): Promise<void> {
    if (!table.changed) return
    const bytes = encodeEntries(table.entries)
    await this.#file.write(tableOffsetBytes(this.#layout.rgtOffsetSectors, index), bytes)
    await this.#file.write(tableOffsetBytes(this.#layout.gtOffsetSectors, index), bytes)
    table.changed = false
  }
}
