import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { fromHex, toHex } from '../formats/hex.ts'
import { idBytes } from '../formats/blob.ts'
import { slotsPerPage } from '../formats/map-page.ts'
import { refreshLost } from '../lost/lost-extents.ts'
import { MapReader } from '../map/map-reader.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { RestorePoint } from '../restore-point.ts'

/**
 * Walks the maps of a point: every page must open, and every chunk and small file must lie in a pack that is there, whole by its
 * size, and named by a delta. Reads no data.
 *
 * @throws `repository.chunk-missing`, `repository.pack-corrupt`, and what reading a page throws
 */
export async function checkPoint(
  core: Core,
  pages: PageCache,
  point: RestorePoint,
  signal?: AbortSignal,
): Promise<void> {
  await refreshLost(core, signal)
  await core.ring.refresh(signal)
  await core.indexStore.checkPresence(signal)
  for (const { image } of point.images) {
    const map = new MapReader(pages, image)
    for await (const { page } of map.leaves(0, map.chunks, signal))
      for (let slot = 0; slot < slotsPerPage; slot++) {
        const id = page.get(slot)
        if (id !== null) checkBlob(core, id)
      }
  }
  for (const id of Object.values(point.blobs)) checkBlob(core, fromHex(id, idBytes)!)
}

/** @throws `repository.chunk-missing`, `repository.pack-missing`, `repository.pack-corrupt` */
export function checkBlob({ indexStore, lost }: Core, id: Uint8Array): void {
  const found = indexStore.index.recall(id)
  if (found?.pack.row === undefined) throw fail('repository.chunk-missing', { id: toHex(id) })
  if (found.pack.state === 'gone') throw fail('repository.pack-missing', { id: toHex(id), pack: found.pack.key })
  if (found.pack.state === 'doubtful')
    throw fail('repository.pack-corrupt', {
      pack: found.pack.key,
      reason: `its size is wrong or no delta names it, and chunk ${toHex(id)} lies in it`,
    })
  const { pack, offsetBytes } = found
  if (lost.isLost(pack.key, offsetBytes))
    throw fail('repository.chunk-corrupt', {
      id: toHex(id),
      pack: pack.key,
      offsetBytes,
      reason: 'a verification found it damaged',
    })
}
