import { AppError } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import { idBytes } from '../formats/blob.ts'
import { fromHex, toHex } from '../formats/hex.ts'
import { packKey } from '../formats/object-names.ts'
import { refreshLost } from '../lost/lost-extents.ts'
import { mapDifferences } from '../map/map-difference.ts'
import type { PageCache } from '../map/page-cache.ts'
import { readPoint } from '../points/points.ts'
import type { CheckOptions } from '../repository.ts'
import type { PointImage, RestorePoint, StoredImage } from '../restore-point.ts'
import { sameDisk } from '../sessions/image-plan.ts'
import { putProof, readProof } from './proofs.ts'

/** A page of a list tells of a thousand packs; to ask for one costs a twelfth of that. */
const packsPerRequest = 100
const packsAskedMin = 64

/**
 * Walks the maps of a point: every page must open, and every chunk and small file must lie in a pack that is there, whole by its
 * size, and named by a delta. Reads no data.
 *
 * What a point of `since` has at the same place is not walked again if that point was checked, so that every session that held it
 * kept it whole, and if nothing is known to be lost: see docs/decisions/0043-checking-what-a-point-adds.md.
 *
 * @throws `repository.chunk-missing`, `repository.pack-corrupt`, and what reading a page throws
 */
export async function checkPoint(
  core: Core,
  pages: PageCache,
  point: RestorePoint,
  { since = [], signal }: CheckOptions = {},
): Promise<void> {
  await refreshLost(core, signal)
  await core.ring.refresh(signal)
  const check = { core, pages, point, signal }
  const walkedAtMs = (await checkAdded(check, await provenBases(core, since, signal))) ?? (await checkWhole(check))
  await putProof(core, point.id, walkedAtMs, signal)
}

interface Check {
  readonly core: Core
  readonly pages: PageCache
  readonly point: RestorePoint
  readonly signal: AbortSignal | undefined
}

async function checkWhole({ core, pages, point, signal }: Check): Promise<number> {
  const walkedAtMs = nowMs(core)
  await core.indexStore.checkPresence(signal)
  for (const { image } of point.images)
    for await (const places of mapDifferences({ image, pages }, undefined, signal))
      for (const { id } of places) checkBlob(core, id!)
  for (const id of blobsOf(point)) checkBlob(core, id)
  return walkedAtMs
}

interface ProvenBase {
  readonly images: readonly PointImage[]
  readonly walkedAtMs: number
}

/** Those that were checked, as they lie in the storage. */
async function provenBases(core: Core, since: Iterable<string>, signal?: AbortSignal): Promise<ProvenBase[]> {
  const bases: ProvenBase[] = []
  for (const id of since) {
    const proof = await readProof(core, id, signal)
    const point = proof && (await readPoint(core, id, signal))
    if (point !== undefined && point.damaged === undefined) bases.push({ ...point, walkedAtMs: proof!.walkedAtMs })
  }
  return bases
}

/**
 * Checks what the point does not have from proven bases. Tells when the whole was walked last, or `undefined` if something is not as
 * it should be: then the whole is looked at, which says what it is.
 */
async function checkAdded(check: Check, bases: readonly ProvenBase[]): Promise<number | undefined> {
  const { core, point, signal } = check
  if (bases.length === 0 || !isWhole(core)) return undefined
  const baseOf = (image: PointImage) => bases.find(({ images }) => sameDisk(images, image) !== undefined)
  const used = point.images.map(baseOf)
  try {
    const packs = new Set<number>()
    const visit = (id: Uint8Array) => packs.add(checkBlob(core, id))
    for (const [i, image] of point.images.entries())
      await visitAdded(check, image.image, used[i] && sameDisk(used[i].images, image), visit)
    for (const id of blobsOf(point)) visit(id)
    await checkPacks(core, packs, signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    return undefined
  }
  if (!isWhole(core)) return undefined
  return Math.min(nowMs(core), ...used.flatMap((base) => (base === undefined ? [] : [base.walkedAtMs])))
}

async function visitAdded(
  { pages, signal }: Check,
  image: StoredImage,
  base: StoredImage | undefined,
  visit: (id: Uint8Array) => void,
): Promise<void> {
  for await (const places of mapDifferences({ image, pages }, base && { image: base, pages }, signal))
    for (const { id } of places) if (id !== null) visit(id)
}

async function checkPacks({ indexStore }: Core, packs: ReadonlySet<number>, signal: AbortSignal | undefined) {
  const few = Math.max(packsAskedMin, indexStore.index.table.count / packsPerRequest)
  if (packs.size <= few) await indexStore.checkPacks(packs, signal)
  else await indexStore.checkPresence(signal)
}

/** Whether this process has looked which packs there are, and all that is named was there and readable. */
const isWhole = ({ indexStore }: Core) =>
  indexStore.presenceKnown && indexStore.damaged.size === 0 && indexStore.index.isWhole

const blobsOf = ({ blobs }: RestorePoint) => Object.values(blobs).map((id) => fromHex(id, idBytes)!)

/**
 * Returns the ordinal of the pack that has it.
 *
 * @throws `repository.chunk-missing`, `repository.pack-missing`, `repository.pack-corrupt`, `repository.chunk-corrupt`
 */
export function checkBlob({ indexStore: { index }, lost }: Core, id: Uint8Array): number {
  const found = index.placeOf(id)
  if (found === undefined || !index.table.hasRow(found.ordinal))
    throw fail('repository.chunk-missing', { id: toHex(id) })
  const { ordinal, offsetBytes } = found
  const keyOf = () => packKey(index.table.nameOf(ordinal))
  const state = index.table.stateOf(ordinal)
  if (state === 'gone') throw fail('repository.pack-missing', { id: toHex(id), pack: keyOf() })
  if (state === 'doubtful')
    throw fail('repository.pack-corrupt', {
      pack: keyOf(),
      reason: `its size is wrong or no delta names it, and chunk ${toHex(id)} lies in it`,
    })
  if (!lost.isEmpty && lost.isLost(keyOf(), offsetBytes))
    throw fail('repository.chunk-corrupt', {
      id: toHex(id),
      pack: keyOf(),
      offsetBytes,
      reason: 'a verification found it damaged',
    })
  return ordinal
}
