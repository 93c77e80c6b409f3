import { createHash } from 'node:crypto'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { blobType } from '../formats/blob.ts'
import { sameBytes, toHex } from '../formats/hex.ts'
import { footerBytes, type PackEntry } from '../formats/pack.ts'
import type { IndexedPack } from '../index/chunk-index.ts'

const readBytesMax = 4 * 1024 * 1024

/** Whether a blob in `pack` can be opened with the keys at hand. Else only the checksum of the pack says that it is whole. */
export const canOpenIn = ({ ring }: Core, { row }: IndexedPack, type: number): boolean =>
  type === blobType.mapPage || row === undefined || ring.canOpen(row.keyGeneration)

/**
 * Reads a whole pack and holds it against the checksum that its delta states, which needs no data key. Gives the SHA-256 of each blob in
 * `entries`, for whoever reads them again.
 *
 * @throws `repository.pack-corrupt`, `storage.not-found`, `storage.short-read`
 */
export async function provePack(
  { objects }: Core,
  pack: IndexedPack,
  entries: readonly Pick<PackEntry, 'offsetBytes' | 'storedBytes'>[] = [],
  signal?: AbortSignal,
): Promise<Uint8Array[]> {
  const { key, row } = pack
  if (row === undefined) throw fail('repository.pack-corrupt', { pack: key, reason: 'no delta states its checksum' })
  const endBytes = row.sizeBytes - footerBytes
  const whole = createHash('sha256')
  const sums = entries.map(() => createHash('sha256'))
  const source = new Uint8Array(readBytesMax)
  for (let at = 0; at < endBytes;) {
    const bytes = source.subarray(0, Math.min(readBytesMax, endBytes - at))
    await objects.getRange(key, at, bytes, signal)
    whole.update(bytes)
    for (const [i, { offsetBytes, storedBytes }] of entries.entries())
      if (offsetBytes < at + bytes.length && offsetBytes + storedBytes > at)
        sums[i]!.update(bytes.subarray(Math.max(0, offsetBytes - at), offsetBytes + storedBytes - at))
    at += bytes.length
  }
  if (!sameBytes(whole.digest(), row.sha256))
    throw fail('repository.pack-corrupt', { pack: key, reason: 'its checksum is not the one that its delta states' })
  return sums.map((sum) => sum.digest())
}

/**
 * Proves a pack, and gives what holds a blob of it, read once more, against what was proven.
 *
 * @throws as {@link provePack}; what it gives: `repository.chunk-corrupt`
 */
export async function proveBlobs(
  core: Core,
  pack: IndexedPack,
  entries: readonly Pick<PackEntry, 'id' | 'offsetBytes' | 'storedBytes'>[],
  signal?: AbortSignal,
): Promise<(index: number, blob: Uint8Array) => void> {
  const sums = await provePack(core, pack, entries, signal)
  return (index, blob) => {
    if (sameBytes(createHash('sha256').update(blob).digest(), sums[index]!)) return
    const { id, offsetBytes } = entries[index]!
    const reason = 'it is not what it was a moment before'
    throw fail('repository.chunk-corrupt', { id: toHex(id), pack: pack.key, offsetBytes, reason })
  }
}
