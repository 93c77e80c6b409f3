import { codeOf, forEachConcurrent, hasCode, type RateLimit } from '@vmkeep/kit'
import { planReads, type PackRead } from '../images/plan-reads.ts'
import type { BlobLocation } from '../index/chunk-index.ts'
import { partsOf } from '../packs/copy-blobs.ts'
import type { BlobName, Bring } from '../sessions/blob-writer.ts'
import { regionOf } from '../workers/jobs.ts'
import type { SyncEnd } from './sync-ends.ts'

/** What one job opens: small enough to spread a read over the threads. */
const blobsPerJob = 8
/** A pack that is gone was collected, and what it held lies elsewhere. That may happen again meanwhile. */
const roundsMax = 2

/** Out of which repository, and how fast. */
export interface Fetching {
  readonly from: SyncEnd
  readonly limit: RateLimit | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Gets blobs as they are: neighbours in a pack in one read, several reads at once, each blob opened and found right before it is
 * handed over.
 *
 * @throws what `BlobReader.read` throws, for the first blob that cannot be had
 */
export async function fetchSealed(fetching: Fetching, ...[names, store]: Parameters<Bring>): Promise<void> {
  const { from, limit, signal } = fetching
  let missing = names
  for (let round = 1; round <= roundsMax && missing.length > 0; round++)
    missing = await readPlanned(fetching, missing, store)
  for (const name of missing) {
    const sealed = await from.parts.reader.readSealed(name.id, signal)
    await limit?.take(sealed.length, signal)
    await store(name, partsOf(sealed))
  }
}

/** Returns what it did not get: of packs that are gone or cannot be read now, and what was not right. */
async function readPlanned(
  { from, limit, signal }: Fetching,
  names: readonly BlobName[],
  store: Parameters<Bring>[1],
): Promise<BlobName[]> {
  const locations: BlobLocation[] = []
  for (const { id } of names) locations.push(await from.parts.reader.locate(id, signal))
  const missing = new Set(names)
  await forEachConcurrent(planReads(locations), from.core.readsInFlightMax, async (read) => {
    await limit?.take(read.lengthBytes, signal)
    const source = await from.core.memory.reads.allocate(read.lengthBytes, signal)
    try {
      for (const { index, sealed } of await readRun({ from, limit, signal }, read, names, source)) {
        await store(names[index]!, partsOf(sealed))
        missing.delete(names[index]!)
      }
    } finally {
      from.core.memory.reads.release(source)
    }
  })
  return [...missing]
}

interface ReadBlob {
  readonly index: number
  readonly sealed: Uint8Array
}

/** The blobs of a read that open and match their ids; none if it cannot be had now. */
async function readRun(
  { from: { core }, signal }: Fetching,
  { packKey, offsetBytes, blobs }: PackRead,
  names: readonly BlobName[],
  source: Uint8Array,
): Promise<readonly ReadBlob[]> {
  try {
    await core.objects.getRange(packKey, offsetBytes, source, signal)
  } catch (error) {
    if (codeOf(error)?.startsWith('storage.') !== true) throw error
    const pack = hasCode(error, 'storage.not-found') ? core.indexStore.index.packOf(packKey) : undefined
    if (pack !== undefined) core.indexStore.lose(pack)
    return []
  }
  const read = blobs.map(({ index, offsetBytes: at, storedBytes }) => ({
    index,
    sealed: source.subarray(at - offsetBytes, at - offsetBytes + storedBytes),
  }))
  const groups = Array.from({ length: Math.ceil(read.length / blobsPerJob) }, (_, i) =>
    read.slice(i * blobsPerJob, (i + 1) * blobsPerJob),
  )
  const opened = await Promise.allSettled(
    groups.map(async (group) => {
      const { wrong } = await core.jobs.run('open', {
        blobs: group.map(({ index, sealed }) => ({ id: names[index]!.id, blob: regionOf(sealed) })),
      })
      const isWrong = new Set(wrong.map(({ index }) => index))
      return group.filter((_, i) => !isWrong.has(i))
    }),
  ) // all of them, even after a failure: until then threads read the memory
  return opened.flatMap((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason as Error
    return outcome.value
  })
}
