import { hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { generationOf } from '../formats/blob.ts'
import { toHex } from '../formats/hex.ts'
import { planReads } from '../images/plan-reads.ts'
import type { BlobLocation, IndexedPack } from '../index/chunk-index.ts'
import { partsOf } from '../packs/copy-blobs.ts'
import { proveBlobs } from '../packs/prove-pack.ts'
import type { BlobName, Bring } from '../sessions/blob-writer.ts'
import type { Fetching } from './fetch-sealed.ts'
import type { SharedGenerations } from './shared-generations.ts'

/** A pack that is gone was collected, and what it held lies elsewhere. That may happen again meanwhile. */
const roundsMax = 3

interface Located {
  readonly name: BlobName
  readonly location: BlobLocation
}

/**
 * Gets blobs as they are, without the keys to open them: each is held against the checksum of its pack, and its data key must be one that
 * the target has.
 *
 * @throws `repository.pack-corrupt`, `repository.chunk-corrupt`, `repository.pack-missing`, `repository.generation-unproven`
 */
export async function fetchProven(
  fetching: Fetching,
  generations: SharedGenerations,
  ...[names, store]: Parameters<Bring>
): Promise<void> {
  const missing = new Set(names)
  let lost: { readonly pack: string; readonly error: unknown } | undefined
  for (let round = 1; round <= roundsMax && missing.size > 0; round++)
    for (const [pack, blobs] of await byPack(fetching, missing))
      try {
        await fetchFrom(fetching, { pack, blobs, generations }, async (name, sealed) => {
          await store(name, sealed)
          missing.delete(name)
        })
      } catch (error) {
        if (!hasCode(error, 'storage.not-found')) throw error
        fetching.from.core.indexStore.lose(pack)
        lost = { pack: pack.key, error }
      }
  const [first] = missing
  if (first !== undefined) throw fail('repository.pack-missing', { id: toHex(first.id), pack: lost!.pack }, lost!.error)
}

async function byPack({ from, signal }: Fetching, names: Iterable<BlobName>): Promise<Map<IndexedPack, Located[]>> {
  const located: Located[] = []
  for (const name of names) located.push({ name, location: await from.parts.reader.locate(name.id, signal) })
  return Map.groupBy(located, ({ location }) => location.pack)
}

interface FromPack {
  readonly pack: IndexedPack
  readonly blobs: readonly Located[]
  readonly generations: SharedGenerations
}

async function fetchFrom(
  { from: { core }, limit, signal }: Fetching,
  { pack, blobs, generations }: FromPack,
  store: Parameters<Bring>[1],
): Promise<void> {
  const locations = blobs.map(({ location }) => location)
  const check = await proveBlobs(
    core,
    pack,
    blobs.map(({ name: { id }, location }) => ({ ...location, id })),
    signal,
  )
  for (const { offsetBytes, lengthBytes, blobs: planned } of planReads(locations)) {
    await limit?.take(lengthBytes, signal)
    const source = await core.memory.reads.allocate(lengthBytes, signal)
    try {
      await core.objects.getRange(pack.key, offsetBytes, source, signal)
      for (const { index, offsetBytes: at, storedBytes } of planned) {
        const sealed = source.subarray(at - offsetBytes, at - offsetBytes + storedBytes)
        check(index, sealed)
        await generations.require(generationOf(sealed), signal)
        await store(blobs[index]!.name, partsOf(sealed))
      }
    } finally {
      core.memory.reads.release(source)
    }
  }
}
