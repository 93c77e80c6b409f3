import { slotsPerPage } from './map-page.ts'

export const chunkBytesMin = 4 * 1024
export const chunkBytesMax = 4 * 1024 * 1024
export const chunkBytesDefault = 256 * 1024
const capacityBytesMax = 2 ** 50

/** Why `chunkSizeBytes` cannot be a chunk size, or `undefined`. */
export function whyNotChunkSize(chunkSizeBytes: number): string | undefined {
  const fits =
    Number.isInteger(chunkSizeBytes) &&
    chunkSizeBytes >= chunkBytesMin &&
    chunkSizeBytes <= chunkBytesMax &&
    (chunkSizeBytes & (chunkSizeBytes - 1)) === 0
  return fits ? undefined : `${chunkSizeBytes} bytes is no power of two from 4 KiB to 4 MiB`
}

/** Why `capacityBytes` cannot be an image's capacity, or `undefined`. */
export function whyNotCapacity(capacityBytes: number): string | undefined {
  const fits = Number.isSafeInteger(capacityBytes) && capacityBytes >= 0 && capacityBytes <= capacityBytesMax
  return fits ? undefined : `${capacityBytes} bytes is not from 0 to 1 PiB`
}

export const chunkBitsOf = (chunkSizeBytes: number): number => Math.log2(chunkSizeBytes)

export const chunkCountOf = (capacityBytes: number, chunkSizeBytes: number): number =>
  Math.ceil(capacityBytes / chunkSizeBytes)

/** How many levels a map has: docs/formats/repository.md §8. */
export function heightOf(capacityBytes: number, chunkSizeBytes: number): number {
  let height = 1
  while (chunksUnder(height) < chunkCountOf(capacityBytes, chunkSizeBytes)) height++
  return height
}

/** How many chunks a tree of `height` levels spans; `chunksUnder(level)` is what one slot of a page of that level spans. */
export const chunksUnder = (height: number): number => slotsPerPage ** height
