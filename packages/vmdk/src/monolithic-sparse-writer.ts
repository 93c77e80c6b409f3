import { basename } from 'node:path'
import { cut, type DiskWriter, isZero, type NewFile } from '@vmkeep/disk'
import { Limiter } from '@vmkeep/kit'
import type { DiskMetadata } from './disk-metadata.ts'
import { fail } from './errors.ts'
import { GrainTables } from './grain-tables.ts'
import { newDescriptor } from './new-descriptor.ts'
import { createVmdkFile } from './new-vmdk-file.ts'
import { bytesOf } from './sectors.ts'
import {
  compression,
  encodeEntries,
  newlineTest,
  sparseFlags,
  SparseHeader,
  tableEntries,
} from './sparse-header-format.ts'
import { directoryOf, grainBytes, grainSectors, type SparseLayout, sparseLayout } from './sparse-layout.ts'
import { WriterState } from './writer-state.ts'

/** A grain's place in the file is a sector number of 32 bits. */
const fileSectorsMax = 2 ** 32 - 1

/** Bytes `start` to `end` of what is to be written, and their place in the file. */
interface Placed {
  readonly start: number
  readonly end: number
  readonly fileOffsetBytes: number
}

/**
 * Writes a hosted sparse VMDK in any order: a grain gets its place, at the end of the file, when something other than
 * zeroes is first written to it.
 */
export class MonolithicSparseWriter implements DiskWriter {
  readonly capacityBytes: number
  readonly ascending = false
  readonly #file: NewFile
  readonly #descriptorBytes: Uint8Array
  readonly #layout: SparseLayout
  readonly #tables: GrainTables
  readonly #state: WriterState
  readonly #placing = new Limiter(1) // tables and #endSector have one user at a time; the data itself is written in parallel
  #endSector: number

  static async create(path: string, capacityBytes: number, metadata: DiskMetadata): Promise<MonolithicSparseWriter> {
    const extent = { access: 'RW', type: 'SPARSE', fileName: basename(path) } as const
    const descriptorBytes = newDescriptor('monolithicSparse', extent, capacityBytes, metadata)
    const file = await createVmdkFile(path)
    const layout = sparseLayout(capacityBytes, descriptorBytes.length)
    try {
      await file.resize(bytesOf(layout.overHeadSectors))
      return new MonolithicSparseWriter(capacityBytes, file, descriptorBytes, layout)
    } catch (error) {
      await file[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(capacityBytes: number, file: NewFile, descriptorBytes: Uint8Array, layout: SparseLayout) {
    this.capacityBytes = capacityBytes
    this.#file = file
    this.#descriptorBytes = descriptorBytes
    this.#layout = layout
    this.#tables = new GrainTables(file, layout)
    this.#state = new WriterState(file.path, capacityBytes)
    this.#endSector = layout.overHeadSectors
  }

  async write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#state.check(offsetBytes, bytes.length, signal)
    await this.#state.attempt(async () => {
      const placed = await this.#placing.run(() => this.#place(offsetBytes, bytes))
      for (const { fileOffsetBytes, start, end } of placed)
        await this.#file.write(fileOffsetBytes, bytes.subarray(start, end))
    })
  }

  /** Finds or makes the place of every grain that `bytes` touch; runs that lie together are one. */
  async #place(offsetBytes: number, bytes: Uint8Array): Promise<Placed[]> {
    const placed: Placed[] = []
    for (const run of cut({ offsetBytes, lengthBytes: bytes.length }, grainBytes)) {
      const start = run.offsetBytes - offsetBytes
      const end = start + run.lengthBytes
      const sector = await this.#sectorOf(Math.floor(run.offsetBytes / grainBytes), bytes.subarray(start, end))
      if (sector !== 0) add(placed, { start, end, fileOffsetBytes: bytesOf(sector) + (run.offsetBytes % grainBytes) })
    }
    return placed
  }

  /** 0 for a grain that has no place and needs none. */
  async #sectorOf(grain: number, part: Uint8Array): Promise<number> {
    const known = await this.#tables.get(grain)
    if (known !== 0 || isZero(part)) return known
    const sector = this.#endSector
    if (sector + grainSectors > fileSectorsMax) throw fail('vmdk.too-large', { path: this.#file.path })
    this.#endSector += grainSectors
    await this.#tables.set(grain, sector)
    return sector
  }

  /** The header comes last: without it the file is no VMDK. */
  async finish(signal?: AbortSignal): Promise<void> {
    this.#state.check(0, 0, signal)
    await this.#state.attempt(() => this.#placing.run(() => this.#complete()))
    this.#state.close()
  }

  async #complete(): Promise<void> {
    const { tables, rgdOffsetSectors, rgtOffsetSectors, gdOffsetSectors, gtOffsetSectors } = this.#layout
    await this.#file.resize(bytesOf(this.#endSector)) // the last grain is whole, even if only its start was written
    await this.#tables.flush()
    await this.#file.write(bytesOf(rgdOffsetSectors), encodeEntries(directoryOf(tables, rgtOffsetSectors)))
    await this.#file.write(bytesOf(gdOffsetSectors), encodeEntries(directoryOf(tables, gtOffsetSectors)))
    await this.#file.write(bytesOf(this.#layout.descriptorOffsetSectors), this.#descriptorBytes)
    await this.#file.write(0, headerOf(this.#layout))
    await this.#file.publish()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#state.close()
    await this.#file[Symbol.asyncDispose]()
  }
}

function add(placed: Placed[], run: Placed): void {
  const last = placed.at(-1)
  const together =
    last !== undefined && last.end === run.start && last.fileOffsetBytes + last.end - last.start === run.fileOffsetBytes
  if (together) placed[placed.length - 1] = { ...last, end: run.end }
  else placed.push(run)
}

function headerOf(layout: SparseLayout): Uint8Array {
  return SparseHeader.encode({
    version: 1,
    flags: sparseFlags.newlineTest | sparseFlags.redundantTables,
    capacitySectors: layout.capacitySectors,
    grainSectors,
    descriptorOffsetSectors: layout.descriptorOffsetSectors,
    descriptorSizeSectors: layout.descriptorSizeSectors,
    numGTEsPerGT: tableEntries,
    rgdOffsetSectors: BigInt(layout.rgdOffsetSectors),
    gdOffsetSectors: BigInt(layout.gdOffsetSectors),
    overHeadSectors: layout.overHeadSectors,
    uncleanShutdown: 0,
    ...newlineTest,
    compressAlgorithm: compression.none,
  })
}
