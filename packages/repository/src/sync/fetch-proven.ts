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
  const gone = new Set<string>()
  while (missing.size > 0)
    for (const [pack, blobs] of await byPack(fetching, missing))
      try {
        await fetchFrom(fetching, { pack, blobs, generations }, async (name, sealed) => {
          await store(name, sealed)
          missing.delete(name)
        })
      } catch (error) {
        if (!hasCode(error, 'repository.pack-missing') || gone.has(pack.key)) throw error
        gone.add(pack.key)
        fetching.from.core.indexStore.lose(pack) // a collection took it, and what it held lies elsewhere
      }
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
  const entries = blobs.map(({ name: { id }, location }) => ({ ...location, id }))
  const check = await inPack(pack, entries, () => proveBlobs(core, pack, entries, signal))
  for (const { offsetBytes, lengthBytes, blobs: planned } of planReads(locations)) {
    await limit?.take(lengthBytes, signal)
    const source = await core.memory.reads.allocate(lengthBytes, signal)
    try {
      await inPack(pack, entries, () => core.objects.getRange(pack.key, offsetBytes, source, signal))
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

/** Tells a pack that is there no more from whatever else is not found meanwhile. @throws `repository.pack-missing` */
async function inPack<T>(
  pack: IndexedPack,
  [first]: readonly { id: Uint8Array }[],
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!hasCode(error, 'storage.not-found')) throw error
    throw fail('repository.pack-missing', { id: toHex(first!.id), pack: pack.key }, error)
  }
}
