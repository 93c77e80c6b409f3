import { forEachConcurrent } from '@vmkeep/kit'
import { blobType, idBytes } from '../formats/blob.ts'
import { fromHex } from '../formats/hex.ts'
import { mapDifferences, type MappedImage } from '../map/map-difference.ts'
import type { RestorePoint, StoredImage } from '../restore-point.ts'
import type { BlobName, Bring } from '../sessions/blob-writer.ts'
import type { OpenSession } from '../sessions/writer-session.ts'
import { type Base, chooseBase } from './choose-base.ts'
import { fetchProven } from './fetch-proven.ts'
import { fetchSealed } from './fetch-sealed.ts'
import type { PointMaps } from './known-points.ts'
import { fromSource, sourcePages } from './source-damage.ts'
import type { CopyWork } from './sync-ends.ts'

/** What is looked up, fetched and handed over together, and how many times that at once: bounds memory, and hides waiting. */
const blobsAtOnce = 1024
const batchesAtOnce = 2

type BaseOf = (imageKey: string) => Base | undefined

/**
 * Copies what a point needs between repositories that share their keys: every blob as it is, found by comparing its maps with
 * those of a point that the target has. Its manifest then holds for the copy, too.
 *
 * Only what hangs on a point that the session holds may be taken for granted: a page that the target merely has may be left over
 * from a point whose chunks are collected already. So everything else is asked for by its id, and relied upon in its pack.
 *
 * @throws `repository.copy-damaged`
 */
export async function copyVerbatim(
  work: CopyWork,
  session: OpenSession,
  point: RestorePoint,
  candidates: readonly PointMaps[],
): Promise<void> {
  const baseOf: BaseOf = (key) => chooseBase(candidates, point, key)
  for (const { key } of point.images) {
    const base = baseOf(key)
    if (base !== undefined) await session.hold(base.point.id)
  }
  await forEachConcurrent(inBatches(neededBlobs(work, point, baseOf)), batchesAtOnce, (names) =>
    session.adopt(names, (missing, store) =>
      fromSource(point.id, () =>
        fetch(work, missing, async (name, sealed) => {
          await store(name, sealed)
          work.onStored(sealed.header.length + sealed.ciphertext.length + sealed.tag.length)
        }),
      ),
    ),
  )
}

/** Opens what it fetches; with keys of maintenance only, that goes for maps, and the rest is proven. */
async function fetch(work: CopyWork, ...[missing, store]: Parameters<Bring>): Promise<void> {
  const { generations } = work
  if (generations === undefined) return await fetchSealed(work, missing, store)
  const isPage = ({ type }: BlobName) => type === blobType.mapPage
  await fetchSealed(work, missing.filter(isPage), store)
  await fetchProven(
    work,
    generations,
    missing.filter((name) => !isPage(name)),
    store,
  )
}

type Look = Pick<CopyWork, 'from' | 'to' | 'signal'>

/** How many sealed bytes a copy would bring, each blob counted once. */
export async function verbatimBytes(
  work: Look,
  point: RestorePoint,
  { candidates, isCounted }: { candidates: readonly PointMaps[]; isCounted: (id: Uint8Array) => boolean },
): Promise<number> {
  const there = work.to.core.indexStore.index
  let bytes = 0
  for await (const names of neededBlobs(work, point, (key) => chooseBase(candidates, point, key)))
    for (const { id } of names) {
      if (there.find(id)?.pack.state === 'live' || isCounted(id)) continue
      bytes += (await fromSource(point.id, () => work.from.parts.reader.locate(id, work.signal))).storedBytes
    }
  return bytes
}

/** The map of a base: in the target, or in the source if it is only planned to be copied. Its pages are the same in both. */
function baseMap({ from, to }: Look, image: StoredImage): MappedImage {
  const endOf = (id: Uint8Array) => (to.core.indexStore.index.find(id) === undefined ? from : to)
  return { image, pages: { read: (id, ...place) => endOf(id).parts.pages.read(id, ...place) } }
}

/** What a point needs beyond what its bases have. */
async function* neededBlobs(work: Look, point: RestorePoint, baseOf: BaseOf): AsyncIterable<readonly BlobName[]> {
  const { from, signal } = work
  yield Object.values(point.blobs).map((id) => ({ id: fromHex(id, idBytes)!, type: blobType.smallFile }))
  for (const { key, image } of point.images) {
    const map = { image, pages: sourcePages(from.parts.pages, point.id) }
    const base = baseOf(key)
    for await (const differences of mapDifferences(map, base && baseMap(work, base.image), signal))
      yield differences.flatMap(({ id, kind }) =>
        id === null ? [] : [{ id, type: kind === 'page' ? blobType.mapPage : blobType.chunk }],
      )
  }
}

async function* inBatches(names: AsyncIterable<readonly BlobName[]>): AsyncIterable<readonly BlobName[]> {
  let batch: BlobName[] = []
  for await (const some of names) {
    batch.push(...some)
    if (batch.length < blobsAtOnce) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
