import { codeOf } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import type { PackRead } from '../images/plan-reads.ts'
import { regionOf } from '../workers/jobs.ts'

/** Where blobs lie, and what they must be. */
interface PlacedBlob {
  readonly id: Uint8Array
  readonly offsetBytes: number
  readonly storedBytes: number
}

/**
 * Reads blobs at once and has a thread open them. Returns which were not right or could not be read, as places in `read.blobs`: each
 * deserves a second look, alone, which says precisely what is wrong.
 *
 * @param blobs what `read` was planned from
 * @throws `storage.gone`
 */
export async function wrongBlobs(
  core: Core,
  read: PackRead,
  blobs: readonly PlacedBlob[],
  signal?: AbortSignal,
): Promise<number[]> {
  const source = await core.memory.reads.allocate(read.lengthBytes, signal)
  try {
    await core.objects.getRange(read.packKey, read.offsetBytes, source, signal)
    const { wrong } = await core.jobs.run('open', {
      blobs: read.blobs.map(({ index, offsetBytes, storedBytes }) => {
        const at = offsetBytes - read.offsetBytes
        return { id: blobs[index]!.id, blob: regionOf(source.subarray(at, at + storedBytes)) }
      }),
    })
    return wrong.map(({ index }) => index)
  } catch (error) {
    signal?.throwIfAborted()
    const code = codeOf(error)
    if (code?.startsWith('storage.') !== true || code === 'storage.gone') throw error
    return [...read.blobs.keys()]
  } finally {
    core.memory.reads.release(source)
  }
}
