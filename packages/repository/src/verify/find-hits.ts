import { endOf, type Extent } from '@vmkeep/disk'
import type { Core } from '../core.ts'
import { idBytes } from '../formats/blob.ts'
import { fromHex, toHex } from '../formats/hex.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { DamageHit } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import type { DamageList } from './damage-list.ts'
import { walkImage } from './walk-point.ts'

/** Adds to every damage what of `point` it hits. */
export async function findHits(
  core: Core,
  pages: PageCache,
  damages: DamageList,
  point: RestorePoint,
  signal?: AbortSignal,
): Promise<void> {
  const damageOf = (id: Uint8Array) => damages.find(toHex(id), core.indexStore.index.recall(id))
  for (const { key, image } of point.images) {
    const visitor = {
      visit(id: Uint8Array, extent: Extent) {
        const damage = damageOf(id)
        if (damage !== undefined) addExtent(damage.hits, { point: point.id, image: key }, extent)
      },
      enters: (id: Uint8Array) => damageOf(id) === undefined,
      onLost: () => {},
    }
    await walkImage(pages, image, visitor, signal)
  }
  for (const [blob, hex] of Object.entries(point.blobs))
    damageOf(fromHex(hex, idBytes)!)?.hits.push({ point: point.id, blob, extents: [] })
}

/** Extents come ascending: those that touch become one. */
function addExtent(hits: DamageHit[], about: { point: string; image: string }, extent: Extent): void {
  const last = hits.at(-1)
  if (last?.point !== about.point || last.image !== about.image) return void hits.push({ ...about, extents: [extent] })
  const extents = last.extents as Extent[]
  const before = extents.at(-1)!
  if (endOf(before) !== extent.offsetBytes) extents.push(extent)
  else extents.splice(-1, 1, { ...before, lengthBytes: before.lengthBytes + extent.lengthBytes })
}
