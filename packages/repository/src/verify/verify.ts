import { AppError, forEachConcurrent, hasCode } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import { idBytes } from '../formats/blob.ts'
import type { Census } from '../formats/census.ts'
import { fromHex, toHex } from '../formats/hex.ts'
import { packKey, parityKey, pointKey } from '../formats/object-names.ts'
import type { PackEntry } from '../formats/pack.ts'
import type { BlobMarks, IndexedPack } from '../index/chunk-index.ts'
import { refreshLost } from '../lost/lost-extents.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { BlobReader } from '../packs/blob-reader.ts'
import { mendParity } from '../parity/pack-parity.ts'
import { findPoint, listPoints } from '../points/points.ts'
import type { VerifyLevel, VerifyOptions, VerifyReport } from '../repository.ts'
import type { DamagedPoint, RestorePoint } from '../restore-point.ts'
import { checkCensus, keepCensus } from './check-census.ts'
import { checkObjects } from './check-objects.ts'
import { checkPack } from './check-pack.ts'
import { choosePacks } from './choose-packs.ts'
import { DamageList, nowhere } from './damage-list.ts'
import { findHits } from './find-hits.ts'
import { VerifyJournal } from './journal.ts'
import { walkImage } from './walk-point.ts'

const packsAtOnce = 4

interface Parts {
  readonly reader: BlobReader
  readonly pages: PageCache
}

/**
 * Answers "can I restore?" without restoring: the points open, their maps hang together, every pack is there and is the one its
 * delta names, and the data, or a part of it, reads back authenticated and matching its ids.
 * Without `points`, everything in the repository is checked, used or not: a new backup may come to rely on any of it.
 */
export async function verifyRepository(core: Core, parts: Parts, asked: VerifyOptions): Promise<VerifyReport> {
  const options = { ...asked, level: levelOf(core, asked) }
  const { level, samplePercent = 100, signal } = options
  refuseUnless('samplePercent', samplePercent >= 0 && samplePercent <= 100, `${samplePercent} is not 0 to 100`)
  const isWhole = options.points === undefined
  const damages = new DamageList()
  await checkIndex(core, damages, signal)
  const points = await checkPoints(core, damages, options)
  using needed = core.indexStore.index.marks()
  if (options.maps !== false || !isWhole) await checkMaps(core, parts, needed, { points, damages, signal })
  const census = isWhole ? await checkCensus(core, damages, signal) : undefined
  if (isWhole) await checkObjects(core, damages, signal)
  const packs = isWhole ? allPacks(core) : packsOf(core, needed)
  const journal =
    isWhole && samplePercent === 100 && level !== 'presence' ? await VerifyJournal.read(core, signal) : undefined
  const { chosen, left } = journal === undefined ? { chosen: packs, left: 0 } : choose(core, packs, journal, options)
  const read = await checkPacks(
    { core, parts, damages, journal, needed: isWhole ? undefined : needed },
    chosen,
    options,
  )
  await refreshCondemned(core, damages, signal)
  for (const { key, name } of chosen) if (core.condemned.isDoomed(name)) damages.pardon(key) // collected meanwhile
  const recorded = await record(core, { damages, journal, census, packs, good: read.good }, signal)
  if (!damages.isEmpty) for (const point of points) await findHits(core, parts.pages, damages, point, signal)
  const { chunks, bytesRead } = read
  return {
    points: points.length,
    packs: chosen.length,
    packsLeft: left,
    chunks,
    bytesRead,
    damaged: damages.toArray(),
    recorded,
  }
}

function choose(
  core: Core,
  packs: readonly IndexedPack[],
  journal: VerifyJournal,
  { level, olderThanMs, budgetBytes }: VerifyOptions,
) {
  const by = level === 'checksum' ? 'checksum' : 'full'
  return choosePacks(packs, ({ name }) => journal.lastMs(name, by), {
    ...(olderThanMs === undefined ? {} : { dueBeforeMs: nowMs(core) - olderThanMs }),
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
  })
}

/** Without data keys what a pack holds can be told by its checksum alone. @throws `repository.needs-data-keys` if more is asked for */
function levelOf({ ring }: Core, { level }: VerifyOptions): VerifyLevel {
  if (level === 'full') ring.requireDataKeys()
  return level ?? (ring.maintenanceOnly ? 'checksum' : 'full')
}

interface Reading {
  readonly core: Core
  readonly parts: Parts
  readonly damages: DamageList
  readonly journal: VerifyJournal | undefined
  /** Which blobs to read; all, if left out. */
  readonly needed: BlobMarks | undefined
}

async function checkPacks(
  { core, parts, damages, journal, needed }: Reading,
  packs: readonly IndexedPack[],
  { level = 'full', samplePercent = 100, onProgress = () => {}, signal }: VerifyOptions,
) {
  const bytesTotal = level === 'presence' ? 0 : bytesOf(packs, samplePercent)
  const progress = { packsTotal: packs.length, packsDone: 0, bytesTotal, bytesDone: 0 }
  const good = new Set<string>() // of those in which something was found damaged once
  let chunks = 0
  const check = {
    core,
    damages,
    signal,
    reader: parts.reader,
    chooses: ({ id }: PackEntry) =>
      needed?.has(id) !== false && (samplePercent === 100 || core.random.fraction() * 100 < samplePercent),
    onRead(blobs: number, bytes: number) {
      chunks += blobs
      progress.bytesDone += bytes
      onProgress({ ...progress })
    },
  }
  try {
    await forEachConcurrent(packs, packsAtOnce, async (pack) => {
      await checkPack(check, pack, level)
      if (journal !== undefined && !damages.touches(pack.key)) {
        await unlessReadOnly(journal.add(pack.name, level === 'full' ? 'full' : 'checksum'))
        await checkParity(core, damages, pack, signal)
        if (level === 'full' && core.lost.touches(pack.key)) good.add(pack.key)
      }
      progress.packsDone++
      onProgress({ ...progress })
    })
    if (journal !== undefined) await unlessReadOnly(journal.flush())
  } catch (error) {
    await journal?.flush().catch(() => {}) // the next verification goes on from here; if not, from a little before
    throw error
  }
  return { chunks, bytesRead: progress.bytesDone, good }
}

/** The parity of a pack that is good: damaged or missing, it is made anew, and that is told once. */
async function checkParity(
  core: Core,
  damages: DamageList,
  pack: IndexedPack,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!core.parity || pack.row === undefined) return
  const mend = async () => {
    const reason = await mendParity(core, pack, signal)
    const object = parityKey(pack.name)
    if (reason !== undefined) damages.addObject(object, fail('repository.parity-remade', { object, reason }))
  }
  await unlessReadOnly(mend())
}

interface Findings {
  readonly damages: DamageList
  readonly journal: VerifyJournal | undefined
  readonly census: Census | undefined
  readonly packs: readonly IndexedPack[]
  readonly good: ReadonlySet<string>
}

/**
 * Nobody shall rely on what is damaged; what has another copy is found there, and what was found good again is damaged no more.
 * False if the storage takes nothing.
 */
async function record(
  core: Core,
  { damages, journal, census, packs, good }: Findings,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { lostCopies } = damages
  return await unlessReadOnly(
    (async () => {
      if (lostCopies.length > 0 || good.size > 0) await refreshLost(core, signal)
      await core.lost.record(core, lostCopies, signal)
      await core.lost.close(core, ({ packName }) => !good.has(packKey(packName)), signal)
      await journal?.fold(packs, signal)
      if (census !== undefined) await keepCensus(core, census, signal)
    })(),
  )
}

/** Whether it could be written: a repository can be verified where nothing may be written, or no more fits. */
async function unlessReadOnly(work: Promise<void>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (!hasCode(error, 'storage.read-only', 'storage.no-permission', 'storage.full', 'storage.past')) throw error
    return false
  }
}

function refuseUnless(option: string, is: boolean, reason: string): void {
  if (!is) throw fail('repository.invalid-option', { option, reason })
}

/** A list that cannot be understood is damage: what it condemns is then taken for good. */
async function refreshCondemned({ condemned }: Core, damages: DamageList, signal?: AbortSignal): Promise<void> {
  try {
    await condemned.refresh(signal)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'repository.object-corrupt') throw error
    damages.addObject((error.details as { object: string }).object, error)
  }
}

/** A delta that cannot be read is replaced by the trailers of its packs. */
async function checkIndex(core: Core, damages: DamageList, signal: AbortSignal | undefined): Promise<void> {
  const { indexStore, lost, ring } = core
  await refreshCondemned(core, damages, signal)
  await lost.refresh(signal) // what others found damaged may be found good now
  await indexStore.refresh(signal)
  await ring.refresh(signal)
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
async function checkMaps(
  core: Core,
  { pages }: Parts,
  needed: BlobMarks,
  { points, damages, signal }: Walking,
): Promise<void> {
  const visit = (id: Uint8Array) => {
    const met = needed.add(id)
    if (met === 'unknown') damages.addChunk(toHex(id), nowhere, fail('repository.chunk-missing', { id: toHex(id) }))
    return met !== 'known'
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
}

function packsOf({ indexStore: { index } }: Core, needed: BlobMarks): IndexedPack[] {
  const ordinals = new Set<number>()
  needed.forEach((ordinal) => ordinals.add(ordinal))
  return [...ordinals].map((ordinal) => index.table.at(ordinal))
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
