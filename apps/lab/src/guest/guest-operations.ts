import type { Extent } from '@vmkeep/disk'
import { SeededBytes } from './seeded-bytes.ts'

/**
 * - `database`: single blocks here and there
 * - `log`: one long run after the other, over and over
 * - `raw`: writes and trims of any size at any sector; breaks file systems
 */
export type GuestWriterKind = 'database' | 'log' | 'raw'

export type GuestOperation =
  | { readonly do: 'write'; readonly extent: Extent; readonly bytes: Buffer }
  | { readonly do: 'trim'; readonly extent: Extent }

const blockBytes = 4096
const sectorBytes = 512
const logRunBytes = 256 * 1024
const rawRunBytesMax = 512 * 1024

/** What a guest does next, for ever. The same for the same seed and areas. Areas are in blocks of 4 KiB. */
export function* guestOperations(
  kind: GuestWriterKind,
  areas: readonly Extent[],
  seed: string,
): Iterable<GuestOperation> {
  const bytes = new SeededBytes(`guest:${kind}:${seed}`)
  const extents =
    kind === 'log' ? logRuns(areas) : kind === 'raw' ? rawRuns(areas, bytes) : databaseBlocks(areas, bytes)
  for (const extent of extents) {
    if (kind === 'raw' && bytes.below(4) === 0) yield { do: 'trim', extent }
    else yield { do: 'write', extent, bytes: halfEmpty(bytes.take(extent.lengthBytes)) }
  }
}

/** As a database page: filled half, so that it can be compressed. */
function halfEmpty(bytes: Buffer): Buffer {
  for (let at = blockBytes / 2; at < bytes.length; at += blockBytes)
    bytes.fill(0x20, at, Math.min(at + blockBytes / 2, bytes.length))
  return bytes
}

function* databaseBlocks(areas: readonly Extent[], bytes: SeededBytes): Iterable<Extent> {
  for (;;) {
    const area = weighted(areas, bytes)
    const blocks = area.lengthBytes / blockBytes
    const count = Math.min(1 + bytes.below(4), blocks)
    const offsetBytes = area.offsetBytes + bytes.below(blocks - count + 1) * blockBytes
    yield { offsetBytes, lengthBytes: count * blockBytes }
  }
}

function* logRuns(areas: readonly Extent[]): Iterable<Extent> {
  for (;;)
    for (const { offsetBytes, lengthBytes } of areas)
      for (let at = 0; at < lengthBytes; at += logRunBytes)
        yield { offsetBytes: offsetBytes + at, lengthBytes: Math.min(logRunBytes, lengthBytes - at) }
}

function* rawRuns(areas: readonly Extent[], bytes: SeededBytes): Iterable<Extent> {
  for (;;) {
    const area = weighted(areas, bytes)
    const sectors = area.lengthBytes / sectorBytes
    const count = Math.min(1 + bytes.below(bytes.pick([8, 128, rawRunBytesMax / sectorBytes])), sectors)
    const first = Math.floor((bytes.below(2 ** 32) / 2 ** 32) * (sectors - count + 1)) // more than 2^32 sectors on a big disk
    yield { offsetBytes: area.offsetBytes + first * sectorBytes, lengthBytes: count * sectorBytes }
  }
}

/** An area, the larger the likelier. */
function weighted(areas: readonly Extent[], bytes: SeededBytes): Extent {
  const total = areas.reduce((sum, area) => sum + area.lengthBytes, 0)
  let at = (bytes.below(2 ** 32) / 2 ** 32) * total
  return areas.find((area) => (at -= area.lengthBytes) < 0) ?? areas.at(-1)!
}
