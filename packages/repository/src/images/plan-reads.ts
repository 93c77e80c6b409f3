import type { BlobLocation } from '../index/chunk-index.ts'

/** Reading over a gap of this size costs less than another request. */
const gapBytesMax = 128 * 1024
const readBytesMax = 8 * 1024 * 1024

/** One ranged read of a pack, and the blobs in it. */
export interface PackRead {
  readonly packKey: string
  readonly offsetBytes: number
  readonly lengthBytes: number
  /** `index` counts the locations that were asked for. */
  readonly blobs: readonly { readonly index: number; readonly offsetBytes: number; readonly storedBytes: number }[]
}

/** The fewest sensible reads that fetch all blobs. Blobs of packs still in memory are left out. */
export function planReads(locations: readonly BlobLocation[]): PackRead[] {
  const stored = locations.flatMap(({ pack, offsetBytes, storedBytes }, index) =>
    pack.state === 'pending' ? [] : [{ packKey: pack.key, index, offsetBytes, storedBytes }],
  )
  const reads: { packKey: string; offsetBytes: number; lengthBytes: number; blobs: (typeof stored)[number][] }[] = []
  for (const blob of stored.toSorted(byPlace)) {
    const last = reads.at(-1)
    const lengthBytes = last && Math.max(last.lengthBytes, blob.offsetBytes + blob.storedBytes - last.offsetBytes)
    const near = last && blob.offsetBytes - (last.offsetBytes + last.lengthBytes) <= gapBytesMax
    if (last?.packKey === blob.packKey && near && lengthBytes! <= readBytesMax) {
      last.lengthBytes = lengthBytes!
      last.blobs.push(blob)
    } else
      reads.push({ packKey: blob.packKey, offsetBytes: blob.offsetBytes, lengthBytes: blob.storedBytes, blobs: [blob] })
  }
  return reads
}

const byPlace = (a: { packKey: string; offsetBytes: number }, b: { packKey: string; offsetBytes: number }) =>
  a.packKey < b.packKey ? -1 : a.packKey > b.packKey ? 1 : a.offsetBytes - b.offsetBytes
