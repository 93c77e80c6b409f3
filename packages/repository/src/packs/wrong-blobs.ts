import { codeOf } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import type { PackRead } from '../images/plan-reads.ts'
import { type BlobToOpen, regionOf } from '../workers/jobs.ts'

/** What one job opens, at most: one read is spread over the threads. */
const blobsPerJob = 16

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
    const toOpen = read.blobs.map(({ index, offsetBytes, storedBytes }) => {
      const at = offsetBytes - read.offsetBytes
      return { id: blobs[index]!.id, blob: regionOf(source.subarray(at, at + storedBytes)) }
    })
    return await wrongOf(core, toOpen)
  } catch (error) {
    signal?.throwIfAborted()
    const code = codeOf(error)
    if (code?.startsWith('storage.') !== true || code === 'storage.gone') throw error
    return [...read.blobs.keys()]
  } finally {
    core.memory.reads.release(source)
  }
}

async function wrongOf({ jobs }: Core, blobs: readonly BlobToOpen[]): Promise<number[]> {
  const starts = Array.from({ length: Math.ceil(blobs.length / blobsPerJob) }, (_, i) => i * blobsPerJob)
  const opened = await Promise.allSettled(
    starts.map(async (start) => {
      const { wrong } = await jobs.run('open', { blobs: blobs.slice(start, start + blobsPerJob) })
      return wrong.map(({ index }) => start + index)
    }),
  ) // all of them, even after a failure: until then threads read the memory
  return opened.flatMap((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}
