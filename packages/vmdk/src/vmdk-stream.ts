import { encodeGrain, encodeMarker, markerType } from './marker-format.ts'
import { bytesOf, roundUp, sectorsFor } from './sectors.ts'
import {
  compression,
  encodeEntries,
  gdAtEnd,
  newlineTest,
  sparseFlags,
  SparseHeader,
  tableEntries,
} from './sparse-header-format.ts'
import { descriptorSectorsFor, grainSectors } from './sparse-layout.ts'

/** Where a stream goes: a file, or a request body. `append` is called one at a time. */
export interface StreamSink extends AsyncDisposable {
  /** What errors call it. */
  readonly path: string
  append(bytes: Uint8Array): Promise<void>
  /** Makes it durable and complete. Disposing without it abandons what was appended. */
  publish(): Promise<void>
}

/**
 * The order of things in a stream-optimized extent.
 *
 * ```
 * header │ descriptor │ pad │ grain, grain … │ table │ grain … │ table │ directory │ footer │ end of stream
 *                             every grain and table, the directory and the footer behind a marker
 * ```
 * A table without grains is left out. The directory (4 bytes per 32 MiB of disk) and one table are held in memory.
 */
export class VmdkStream {
  readonly #sink: StreamSink
  readonly #capacityBytes: number
  readonly #directory: Uint32Array
  #descriptorSectors = 0
  #table: { readonly index: number; readonly entries: Uint32Array } | undefined
  #sectors = 0

  constructor(sink: StreamSink, capacityBytes: number) {
    this.#sink = sink
    this.#capacityBytes = capacityBytes
    this.#directory = new Uint32Array(Math.ceil(capacityBytes / bytesOf(grainSectors * tableEntries)))
  }

  async begin(descriptor: Uint8Array): Promise<void> {
    this.#descriptorSectors = descriptorSectorsFor(descriptor.length)
    const head = new Uint8Array(bytesOf(this.#overHeadSectors))
    head.set(this.#header(gdAtEnd))
    head.set(descriptor, bytesOf(1))
    await this.#append(head)
  }

  /** Adds a compressed grain. Their numbers ascend. */
  async addGrain(index: number, deflated: Uint8Array): Promise<void> {
    const tableIndex = Math.floor(index / tableEntries)
    if (this.#table?.index !== tableIndex) await this.#endTable()
    this.#table ??= { index: tableIndex, entries: new Uint32Array(tableEntries) }
    this.#table.entries[index % tableEntries] = this.#sectors
    await this.#append(encodeGrain(index * grainSectors, deflated))
  }

  async finish(): Promise<void> {
    await this.#endTable()
    const gdOffsetSectors = await this.#appendMarked(markerType.grainDirectory, encodeEntries(this.#directory))
    await this.#appendMarked(markerType.footer, this.#header(BigInt(gdOffsetSectors)))
    await this.#append(encodeMarker(markerType.endOfStream, 0))
    await this.#sink.publish()
  }

  async #endTable(): Promise<void> {
    if (this.#table === undefined) return
    const { index, entries } = this.#table
    this.#table = undefined
    this.#directory[index] = await this.#appendMarked(markerType.grainTable, encodeEntries(entries))
  }

  /** Returns the sector of what follows the marker. */
  async #appendMarked(type: (typeof markerType)[keyof typeof markerType], bytes: Uint8Array): Promise<number> {
    const padded = new Uint8Array(bytesOf(sectorsFor(bytes.length)))
    padded.set(bytes)
    await this.#append(encodeMarker(type, sectorsFor(bytes.length)))
    const sector = this.#sectors
    await this.#append(padded)
    return sector
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await this.#sink.append(bytes)
    this.#sectors += sectorsFor(bytes.length)
  }

  get #overHeadSectors(): number {
    return roundUp(1 + this.#descriptorSectors, grainSectors)
  }

  #header(gdOffsetSectors: bigint): Uint8Array {
    return SparseHeader.encode({
      version: 3, // what VMware's own streams and qemu-img say. Evidence: observed (qemu-img 7.2)
      flags: sparseFlags.newlineTest | sparseFlags.compressed | sparseFlags.markers,
      capacitySectors: sectorsFor(this.#capacityBytes),
      grainSectors,
      descriptorOffsetSectors: 1,
      descriptorSizeSectors: this.#descriptorSectors,
      numGTEsPerGT: tableEntries,
      rgdOffsetSectors: 0n,
      gdOffsetSectors,
      overHeadSectors: this.#overHeadSectors,
      uncleanShutdown: 0,
      ...newlineTest,
      compressAlgorithm: compression.deflate,
    })
  }
}
