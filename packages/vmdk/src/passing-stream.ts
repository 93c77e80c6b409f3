import { ByteStream } from './byte-stream.ts'
import { damagedAt, decodedFrom } from './byte-source.ts'
import { inflateGrain } from './compressed-grain.ts'
import { decodeDescriptor, descriptorSizeBytesMax } from './descriptor-bytes.ts'
import type { Descriptor } from './descriptor-format.ts'
import { fail } from './errors.ts'
import { GrainMarker, MetadataMarker, markerType } from './marker-format.ts'
import { PassedTables } from './passed-tables.ts'
import { bytesOf, roundUp, sectorSizeBytes } from './sectors.ts'
import { decodeSparseHeader, gdAtEnd, isCompressed, SparseHeader } from './sparse-header-format.ts'

/** A piece of a disk as it passed. The last one of a disk may be cut short. */
export interface PassingGrain {
  readonly offsetBytes: number
  readonly bytes: Uint8Array
}

interface PendingGrain {
  readonly offsetBytes: number
  readonly inflated: Promise<Uint8Array>
}

/**
 * Reads a stream-optimized VMDK while it passes, once, from its first byte to its last: what a lease or an OVA gives.
 *
 * Grains come ascending; what lies between them reads as zeroes. That the stream is whole is known when {@link grains} ends without
 * an error: grain tables, directory, footer and end marker have come by then, and said the same.
 * Memory: the grains in flight, and one table.
 */
export class PassingStream implements AsyncDisposable {
  readonly capacityBytes: number
  readonly descriptor: Descriptor | undefined
  readonly #stream: ByteStream
  readonly #header: SparseHeader
  readonly #tables: PassedTables
  #nextBytes = 0

  /** @throws `vmdk.damaged`, `vmdk.unsupported` */
  static async open(pieces: AsyncIterable<Uint8Array>, path: string): Promise<PassingStream> {
    const stream = new ByteStream(pieces, path)
    try {
      const header = await takeHeader(stream)
      if (!isCompressed(header) || header.gdOffsetSectors !== gdAtEnd) throw notAStream(path)
      const overhead = await takeOverhead(stream, header)
      return new PassingStream(stream, header, descriptorOf(stream, header, overhead))
    } catch (error) {
      await stream.close()
      throw error
    }
  }

  private constructor(stream: ByteStream, header: SparseHeader, descriptor: Descriptor | undefined) {
    this.#stream = stream
    this.#header = header
    this.#tables = new PassedTables(stream, header)
    this.descriptor = descriptor
    this.capacityBytes = bytesOf(header.capacitySectors)
  }

  /** Once. `inFlightMax` grains are inflated at a time, on Node's thread pool. @throws `vmdk.damaged`, what the source throws */
  async *grains({ inFlightMax = 8 }: { readonly inFlightMax?: number } = {}): AsyncGenerator<PassingGrain, void> {
    const pending: PendingGrain[] = []
    const oldest = async () => {
      const { offsetBytes, inflated } = pending.shift()!
      return { offsetBytes, bytes: await inflated }
    }
    for (let next = await this.#next(); next !== 'end'; next = await this.#next()) {
      if (next === 'table') continue
      next.inflated.catch(() => {}) // awaited in `oldest`; until then it must not count as unhandled
      pending.push(next)
      if (pending.length >= inFlightMax) yield await oldest()
    }
    while (pending.length > 0) yield await oldest()
    await this.#stream.drain()
  }

  async #next(): Promise<PendingGrain | 'table' | 'end'> {
    const at = this.#stream.takenBytes
    const sector = await this.#stream.take(sectorSizeBytes)
    const { lbaSectors, sizeBytes } = decodedFrom(this.#stream, at, () => GrainMarker.decode(sector))
    if (sizeBytes > 0) return await this.#grain(at, { sector, lbaSectors, sizeBytes })
    const { type, sizeSectors } = decodedFrom(this.#stream, at, () => MetadataMarker.decode(sector))
    if (type === markerType.grainTable) await this.#tables.table(sizeSectors)
    else if (type === markerType.grainDirectory) await this.#tables.directory(sizeSectors)
    else if (type === markerType.footer) await this.#footer()
    else if (type === markerType.endOfStream) return this.#tables.end(at)
    else throw damagedAt(this.#stream, at, `the marker ${type} is none`)
    return 'table'
  }

  async #grain(
    at: number,
    {
      sector,
      lbaSectors,
      sizeBytes,
    }: { readonly sector: Uint8Array; readonly lbaSectors: number; readonly sizeBytes: number },
  ): Promise<PendingGrain> {
    const [offsetBytes, grainBytes] = [bytesOf(lbaSectors), bytesOf(this.#header.grainSectors)]
    if (offsetBytes % grainBytes !== 0 || offsetBytes >= this.capacityBytes)
      throw damagedAt(this.#stream, at, `a grain of sector ${lbaSectors}, where none can be`)
    if (offsetBytes < this.#nextBytes) throw notAscending(this.#stream.path)
    // deflate never grows data by as much as half
    if (sizeBytes > grainBytes * 1.5 + 64) throw damagedAt(this.#stream, at, `a compressed grain of ${sizeBytes} bytes`)
    this.#nextBytes = offsetBytes + grainBytes
    this.#tables.grain(lbaSectors, at)
    const whole = roundUp(GrainMarker.sizeBytes + sizeBytes, sectorSizeBytes)
    const rest = await this.#stream.take(whole - sectorSizeBytes)
    const deflated = Buffer.concat([sector.subarray(GrainMarker.sizeBytes), rest]).subarray(0, sizeBytes)
    const neededBytes = Math.min(grainBytes, this.capacityBytes - offsetBytes)
    const place = { startBytes: offsetBytes, neededBytes, grainBytes }
    const inflated = inflateGrain(this.#stream, at, deflated, place).then((bytes) => bytes.subarray(0, neededBytes))
    return { offsetBytes, inflated }
  }

  async #footer(): Promise<void> {
    const at = this.#stream.takenBytes
    const footer = await takeHeader(this.#stream)
    for (const key of ['capacitySectors', 'grainSectors', 'flags'] as const)
      if (footer[key] !== this.#header[key])
        throw damagedAt(this.#stream, at, `the footer's ${key} is ${footer[key]}, the header's ${this.#header[key]}`)
    this.#tables.footer(footer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream.close()
  }
}

async function takeHeader(stream: ByteStream): Promise<SparseHeader> {
  const at = stream.takenBytes
  const bytes = await stream.take(SparseHeader.sizeBytes)
  return decodedFrom(stream, at, () => decodeSparseHeader(bytes))
}

/** No writer puts more before its grains than a descriptor. */
const overheadSizeBytesMax = 2 * descriptorSizeBytesMax

async function takeOverhead(stream: ByteStream, { overHeadSectors }: SparseHeader): Promise<Uint8Array> {
  if (overHeadSectors < 1 || bytesOf(overHeadSectors) > overheadSizeBytesMax)
    throw damagedAt(stream, 0, `an overhead of ${overHeadSectors} sectors`)
  return await stream.take(bytesOf(overHeadSectors - 1))
}

/** @param overhead what follows the header's sector, up to the first marker */
function descriptorOf(stream: ByteStream, header: SparseHeader, overhead: Uint8Array): Descriptor | undefined {
  const offsetBytes = bytesOf(header.descriptorOffsetSectors)
  const sizeBytes = bytesOf(header.descriptorSizeSectors)
  if (offsetBytes === 0) return undefined
  const start = offsetBytes - sectorSizeBytes
  if (sizeBytes > descriptorSizeBytesMax || start + sizeBytes > overhead.length)
    throw damagedAt(stream, offsetBytes, `a descriptor of ${sizeBytes} bytes`)
  return decodedFrom(stream, offsetBytes, () => decodeDescriptor(overhead.subarray(start, start + sizeBytes)))
}

const notAStream = (path: string): Error =>
  fail('vmdk.unsupported', {
    path,
    fact: 'is no stream that tells at its end where everything was (qemu-img makes those that tell it at their start)',
    instead: 'keep it in a file and read that',
  })

const notAscending = (path: string): Error =>
  fail('vmdk.unsupported', {
    path,
    fact: 'has grains that do not ascend',
    instead: 'it cannot be read in one pass: keep it in a file and read that',
  })
