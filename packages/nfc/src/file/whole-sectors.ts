// The vendor's client asks for whole sectors only, and what a host does with less is unknown. So neither do we.
import { type Extent, grownTo } from './extent.ts'

export interface SectorReader {
  readonly sectorSizeBytes: number
  /** Both are multiples of the sector size. */
  readSectors(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void>
}

export interface SectorWriter extends SectorReader {
  writeSectors(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void>
}

/** Fills `target` from any byte on. Only sectors that are not wanted whole take a second copy. */
export async function readAnyBytes(
  disk: SectorReader,
  offsetBytes: number,
  target: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  for (const part of parts(disk.sectorSizeBytes, { offsetBytes, lengthBytes: target.length })) {
    const at = part.offsetBytes - offsetBytes
    const wanted = target.subarray(at, at + part.lengthBytes)
    const sectors = grownTo(disk.sectorSizeBytes, part)
    if (sectors.lengthBytes === part.lengthBytes) await disk.readSectors(part.offsetBytes, wanted, signal)
    else {
      const whole = Buffer.alloc(sectors.lengthBytes)
      await disk.readSectors(sectors.offsetBytes, whole, signal)
      wanted.set(whole.subarray(part.offsetBytes - sectors.offsetBytes).subarray(0, part.lengthBytes))
    }
  }
}

/** Writes any bytes: reads what surrounds them in their first and last sector first. One such write at a time, please. */
export async function writeAnyBytes(
  disk: SectorWriter,
  offsetBytes: number,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const extent = { offsetBytes, lengthBytes: bytes.length }
  const sectors = grownTo(disk.sectorSizeBytes, extent)
  const whole = Buffer.alloc(sectors.lengthBytes)
  for (const part of parts(disk.sectorSizeBytes, extent)) {
    const edge = grownTo(disk.sectorSizeBytes, part)
    if (edge.lengthBytes === part.lengthBytes) continue // nothing of these sectors stays
    const at = edge.offsetBytes - sectors.offsetBytes
    await disk.readSectors(edge.offsetBytes, whole.subarray(at, at + edge.lengthBytes), signal)
  }
  whole.set(bytes, offsetBytes - sectors.offsetBytes)
  await disk.writeSectors(sectors.offsetBytes, whole, signal)
}

export const isWholeSectors = (sectorSizeBytes: number, { offsetBytes, lengthBytes }: Extent): boolean =>
  offsetBytes % sectorSizeBytes === 0 && lengthBytes % sectorSizeBytes === 0

/** An extent as its broken first sector, its whole sectors and its broken last sector, as far as it has them. */
function* parts(sectorSizeBytes: number, { offsetBytes, lengthBytes }: Extent): Iterable<Extent> {
  const end = offsetBytes + lengthBytes
  const wholeStart = Math.min(Math.ceil(offsetBytes / sectorSizeBytes) * sectorSizeBytes, end)
  const wholeEnd = Math.max(Math.floor(end / sectorSizeBytes) * sectorSizeBytes, wholeStart)
  for (const [from, to] of [
    [offsetBytes, wholeStart],
    [wholeStart, wholeEnd],
    [wholeEnd, end],
  ] as const)
    if (to > from) yield { offsetBytes: from, lengthBytes: to - from }
}
