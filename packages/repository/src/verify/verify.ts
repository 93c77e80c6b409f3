import { forEachConcurrent, hasCode } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { idBytes } from '../formats/blob.ts'
import { prefixBytes } from '../formats/delta.ts'
import { fromHex, toHex } from '../formats/hex.ts'
import { pointKey } from '../formats/object-names.ts'
import type { PackEntry } from '../formats/pack.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import { PrefixTable } from '../index/prefix-table.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import { findPoint, listPoints } from '../points/points.ts'
import type { VerifyOptions, VerifyReport } from '../repository.ts'
import type { DamagedPoint, RestorePoint } from '../restore-point.ts'
import { refreshLost } from '../lost/lost-extents.ts'
import { DamageList, nowhere } from './damage-list.ts'
import { findHits } from './find-hits.ts'
import { verifyPack } from './verify-pack.ts'
import { walkImage } from './walk-point.ts'

const packsAtOnce = 4

interface Parts {
  readonly reader: BlobReader
  readonly pages: PageCache
}

/**
 * Answers "can I restore?" without restoring: the points open, their maps hang together, every pack is there and is the one its
 * delta names, and the data, or a sample of it, reads back authenticated and matching its ids.
 * Without `points`, everything in the repository is checked, used or not: a new backup may come to rely on any of it.
 */
export async function verifyRepository(core: Core, parts: Parts, options: VerifyOptions): Promise<VerifyReport> {
  const { samplePercent = 100, onProgress = () => {}, signal } = options
  if (!(samplePercent >= 0 && samplePercent <= 100))
    throw fail('repository.invalid-option', { option: 'samplePercent', reason: `${samplePercent} is not 0 to 100` })
  const damages = new DamageList()
  await checkIndex(core, damages, signal)
  const points = await checkPoints(core, damages, options)
  const needed = await checkMaps(core, parts, { points, damages, signal })
  const packs = options.points === undefined ? allPacks(core) : [...needed.packs]
  const progress = { packsTotal: packs.length, packsDone: 0, bytesTotal: bytesOf(packs, samplePercent), bytesDone: 0 }
  let chunks = 0
  const check = {
    core,
    damages,
    signal,
    reader: parts.reader,
    chooses: ({ id }: PackEntry) =>
      (options.points === undefined || needed.blobs.find(id.subarray(0, prefixBytes)) !== undefined) &&
      core.random.fraction() * 100 < samplePercent,
    onRead(blobs: number, bytes: number) {
      chunks += blobs
      progress.bytesDone += bytes
      onProgress({ ...progress })
    },
  }
  await forEachConcurrent(packs, packsAtOnce, async (pack) => {
    await verifyPack(check, pack)
    progress.packsDone++
    onProgress({ ...progress })
  })
  await core.condemned.refresh(signal)
  for (const { key, name } of packs) if (core.condemned.isDoomed(name)) damages.pardon(key) // collected meanwhile
  const recorded = await recordLost(core, damages, signal)
  if (!damages.isEmpty) for (const point of points) await findHits(core, parts.pages, damages, point, signal)
  return {
    points: points.length,
    packs: packs.length,
    chunks,
    bytesRead: progress.bytesDone,
    damaged: damages.toArray(),
    recorded,
  }
}

/** Nobody shall rely on what is damaged, and what has another copy is found there. False if the storage takes nothing. */
async function recordLost(core: Core, damages: DamageList, signal: AbortSignal | undefined): Promise<boolean> {
  const { lostCopies } = damages
  if (lostCopies.length === 0) return true
  try {
    await refreshLost(core, signal)
    await core.lost.record(core, lostCopies, signal)
  } catch (error) {
    if (!hasCode(error, 'storage.read-only', 'storage.no-permission', 'storage.full')) throw error
    return false
  }
  await core.indexStore.refresh(signal, { again: true })
  return true
}

/** A delta that cannot be read is replaced by the trailers of its packs. */
async function checkIndex(
  { indexStore, condemned }: Core,
  damages: DamageList,
  signal: AbortSignal | undefined,
): Promise<void> {
  await condemned.refresh(signal)
  await indexStore.refresh(signal)
  const { unlisted } = await indexStore.checkPresence(signal)
  await indexStore.salvage(unlisted, signal)
  for (const [object, reason] of indexStore.damaged)
    damages.addObject(object, fail('repository.object-corrupt', { object, reason }))
}

async function checkPoints(
  core: Core,
  damages: DamageList,
  { points: ids, signal }: VerifyOptions,
): Promise<RestorePoint[]> {
  const found: (RestorePoint | DamagedPoint)[] = []
  if (ids === undefined) for await (const point of listPoints(core, signal)) found.push(point)
  else for (const id of ids) found.push(await findPoint(core, id, signal))
  return found.flatMap((point) => {
    if (point.damaged === undefined) return [point]
    damages.addObject(pointKey(point.id), point.damaged)
    damages.object(pointKey(point.id))!.hits.push({ point: point.id, extents: [] })
    return []
  })
}

interface Walking {
  readonly points: readonly RestorePoint[]
  readonly damages: DamageList
  readonly signal: AbortSignal | undefined
}

/** Walks all maps, each page once, and finds the pack of everything they name. */
async function checkMaps(core: Core, { pages }: Parts, { points, damages, signal }: Walking) {
  const blobs = new PrefixTable(1)
  const packs = new Set<IndexedPack>()
  const visit = (id: Uint8Array) => {
    const known = blobs.find(id) !== undefined
    if (known) return false
    blobs.set(id.subarray(0, prefixBytes), 1)
    const location = core.indexStore.index.recall(id)
    if (location !== undefined) packs.add(location.pack)
    else damages.addChunk(toHex(id), nowhere, fail('repository.chunk-missing', { id: toHex(id) }))
    return true
  }
  for (const { images, blobs: files } of points) {
    for (const { image } of images) {
      let fresh = false
      const visitor = {
        visit: (id: Uint8Array) => void (fresh = visit(id)),
        enters: (_: Uint8Array) => fresh,
        onLost(pageId: string, error: unknown) {
          const pack = core.indexStore.index.recall(fromHex(pageId, idBytes)!)?.pack
          if (pack?.state === 'gone') return // the pack is to blame, and is named
          damages.addChunk(pageId, pack?.key ?? nowhere, error)
        },
      }
      await walkImage(pages, image, visitor, signal)
    }
    for (const id of Object.values(files)) visit(fromHex(id, idBytes)!)
  }
  return { blobs, packs }
}

/**
 * What a delta names or the storage holds, but for what a collection removes. A pack of this process that failed to be stored was
 * never a part of the repository.
 */
const allPacks = ({ indexStore, condemned }: Core) =>
  indexStore.index.packs.filter(
    ({ state, row, name }) =>
      state !== 'pending' && (state !== 'gone' || row !== undefined) && !condemned.isDoomed(name),
  )

const bytesOf = (packs: readonly IndexedPack[], percent: number) =>
  Math.round((packs.reduce((sum, { row }) => sum + (row?.sizeBytes ?? 0), 0) * percent) / 100)
