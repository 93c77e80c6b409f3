import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { idBytes } from '../formats/blob.ts'
import { fromHex, toHex } from '../formats/hex.ts'
import { formatKey, keysPrefix } from '../formats/object-names.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { PointManifest } from '../restore-point.ts'
import { walkImage } from '../verify/walk-point.ts'

/**
 * The key of every object that is needed to restore a point, but for the point itself: packs, what names them, keys, `format`.
 *
 * @throws `repository.chunk-missing`, and what reading a map page throws
 */
export async function neededObjects(
  core: Core,
  pages: PageCache,
  { images, blobs }: Pick<PointManifest, 'images' | 'blobs'>,
  signal?: AbortSignal,
): Promise<Set<string>> {
  const packs = new Set<number>()
  await core.indexStore.refresh(signal)
  const { index, deltas } = core.indexStore
  const add = (id: Uint8Array) => {
    const pack = index.find(id)?.pack
    if (pack === undefined) throw fail('repository.chunk-missing', { id: toHex(id) })
    packs.add(pack.ordinal)
  }
  const onLost = (_: string, error: unknown) => {
    throw error
  }
  for (const { image } of images) await walkImage(pages, image, { visit: add, enters: () => true, onLost }, signal)
  for (const id of Object.values(blobs)) add(fromHex(id, idBytes)!)
  const keys = new Set([...packs].map((ordinal) => index.table.at(ordinal).key))
  for (const [delta, named] of deltas) if (named.some((ordinal) => packs.has(ordinal))) keys.add(delta)
  for await (const { key } of core.objects.list(keysPrefix, signal)) keys.add(key)
  return keys.add(formatKey)
}
