import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { idBytes } from '../formats/blob.ts'
import { fromHex, toHex } from '../formats/hex.ts'
import type { LockRecord } from '../formats/lock-record.ts'
import { formatKey, keysPrefix, packKey, packNameOf } from '../formats/object-names.ts'
import { mapDifferences } from '../map/map-difference.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { PointImage, PointManifest } from '../restore-point.ts'
import { sameDisk } from '../sessions/image-plan.ts'

/** A point that is inherited from, and everything that was locked for it: still there, since it is locked. */
export interface LockedBase {
  readonly images: readonly PointImage[]
  readonly record: LockRecord
}

/**
 * The key of every object that is needed to restore a point, but for the point itself: packs, what names them, keys, `format`. What an
 * image has at the same place of a base is not looked at: everything that was locked for the base counts as needed.
 *
 * @throws `repository.chunk-missing`, and what reading a map page throws
 */
export async function neededObjects(
  core: Core,
  pages: PageCache,
  { images, blobs }: Pick<PointManifest, 'images' | 'blobs'>,
  bases: readonly LockedBase[],
  signal?: AbortSignal,
): Promise<Set<string>> {
  const packs = new Set<number>()
  await core.indexStore.refresh(signal)
  const { index, deltas } = core.indexStore
  const add = (id: Uint8Array) => {
    const place = index.placeOf(id)
    if (place === undefined || index.table.stateOf(place.ordinal) === 'gone')
      throw fail('repository.chunk-missing', { id: toHex(id) })
    packs.add(place.ordinal)
  }
  for (const named of images) {
    const base = bases.find((point) => sameDisk(point.images, named) !== undefined)
    if (base !== undefined) addLocked(core, base.record, packs)
    const [map, below] = [named.image, base && sameDisk(base.images, named)]
    for await (const places of mapDifferences({ image: map, pages }, below && { image: below, pages }, signal))
      for (const { id } of places) if (id !== null) add(id)
  }
  for (const id of Object.values(blobs)) add(fromHex(id, idBytes)!)
  const keys = new Set([...packs].map((ordinal) => packKey(index.table.nameOf(ordinal))))
  for (const [delta, named] of deltas) if (named.some((ordinal) => packs.has(ordinal))) keys.add(delta)
  for await (const { key } of core.objects.list(keysPrefix, signal)) keys.add(key)
  return keys.add(formatKey)
}

/** @throws `repository.pack-missing` if one is not known any more */
function addLocked({ indexStore: { index } }: Core, { keys }: LockRecord, packs: Set<number>): void {
  for (const key of keys) {
    const name = packNameOf(key)
    if (name === undefined) continue
    const ordinal = index.table.ordinalOf(name)
    if (ordinal === undefined) throw fail('repository.pack-missing', { pack: key })
    packs.add(ordinal)
  }
}
