import type { MappedChunk } from '../map/map-reader.ts'
import type { ImageRun } from '../repository.ts'
import type { StoredImage } from '../restore-point.ts'
import type { FetchedChunks } from './chunk-fetcher.ts'
import { once } from './once.ts'

/** Hands fetched chunks over as runs of neighbours. Their memory goes back when the last of them is disposed. */
export function* runsOf(
  chunks: readonly MappedChunk[],
  fetched: FetchedChunks,
  { capacityBytes, chunkSizeBytes }: StoredImage,
): Iterable<ImageRun> {
  const groups = [...neighbours(chunks)]
  let shares = groups.length
  const release = () => {
    if (--shares === 0) fetched[Symbol.dispose]()
  }
  let handedOver = 0
  try {
    for (const { first, count } of groups) {
      const offsetBytes = chunks[first]!.chunk * chunkSizeBytes
      const lengthBytes = Math.min(count * chunkSizeBytes, capacityBytes - offsetBytes)
      const at = first * chunkSizeBytes
      handedOver++
      yield { offsetBytes, bytes: fetched.bytes.subarray(at, at + lengthBytes), [Symbol.dispose]: once(release) }
    }
  } finally {
    for (; handedOver < groups.length; handedOver++) release() // the caller stopped early
  }
}

function* neighbours(chunks: readonly MappedChunk[]): Iterable<{ first: number; count: number }> {
  let first = 0
  for (let i = 1; i <= chunks.length; i++) {
    if (i < chunks.length && chunks[i]!.chunk === chunks[i - 1]!.chunk + 1) continue
    yield { first, count: i - first }
    first = i
  }
}
