import { idBytes } from '../formats/blob.ts'
import { fromHex } from '../formats/hex.ts'
import { mapDifferences } from '../map/map-difference.ts'
import type { RestorePoint } from '../restore-point.ts'
import { checkBlob } from '../verify/check-point.ts'
import { chooseBase } from './choose-base.ts'
import type { PointMaps } from './known-points.ts'
import type { SyncEnd } from './sync-ends.ts'

/**
 * Walks what is new in the maps of a copy once more, from where it is stored now: every blob must lie in a pack that is there.
 *
 * @throws `repository.chunk-missing`, `repository.pack-missing`, `repository.pack-corrupt`, and what reading a page throws
 */
export async function checkCopy(
  { core, parts: { pages } }: SyncEnd,
  copy: RestorePoint,
  others: readonly PointMaps[],
  signal?: AbortSignal,
): Promise<void> {
  for (const { key, image } of copy.images) {
    const base = chooseBase(others, copy, key)
    for await (const differences of mapDifferences({ image, pages }, base && { image: base.image, pages }, signal))
      for (const { id } of differences) if (id !== null) checkBlob(core, id)
  }
  for (const id of Object.values(copy.blobs)) checkBlob(core, fromHex(id, idBytes)!)
}
