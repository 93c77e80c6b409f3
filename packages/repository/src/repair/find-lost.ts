import { endOf, type Extent, whole } from '@vmkeep/disk'
import type { Core } from '../core.ts'
import { blobType, idBytes } from '../formats/blob.ts'
import { fromHex, toHex } from '../formats/hex.ts'
import { isRecallable } from '../lost/lost-extents.ts'
import type { PageCache } from '../map/page-cache.ts'
import { listPoints } from '../points/points.ts'
import type { DamageHit } from '../repository.ts'
import type { RestorePoint, StoredImage } from '../restore-point.ts'
import { walkImage } from '../verify/walk-point.ts'

/** A blob that a point needs and that cannot be relied upon, and where the point has it. */
export interface LostBlob {
  readonly id: Uint8Array
  readonly type: number
  readonly point: RestorePoint
  readonly place: LostPlace
}

export type LostPlace =
  | { readonly kind: 'image'; readonly key: string; readonly image: StoredImage; readonly extent: Extent }
  | { readonly kind: 'file'; readonly name: string }

/** Everything that points need and that is lost, each blob once. Below a page that is lost nothing can be seen. */
export async function findLost(core: Core, pages: PageCache, signal?: AbortSignal): Promise<LostBlob[]> {
  const lost = new Map<string, LostBlob>()
  using seen = core.indexStore.index.marks()
  await walkPoints(core, pages, {
    seen,
    onLost: (blob) => void (lost.has(toHex(blob.id)) || lost.set(toHex(blob.id), blob)),
    signal,
  })
  return [...lost.values()]
}

/** What is lost of every point, as ranges of its disks. */
export async function lostHits(core: Core, pages: PageCache, signal?: AbortSignal): Promise<DamageHit[]> {
  const hits: (DamageHit & { extents: Extent[] })[] = []
  await walkPoints(core, pages, {
    onLost({ point, place }) {
      if (place.kind === 'file') return void hits.push({ point: point.id, blob: place.name, extents: [] })
      const last = hits.at(-1)
      if (last?.point !== point.id || last.image !== place.key)
        return void hits.push({ point: point.id, image: place.key, extents: [place.extent] })
      const before = last.extents.at(-1)!
      if (endOf(before) !== place.extent.offsetBytes) return void last.extents.push(place.extent)
      const lengthBytes = before.lengthBytes + place.extent.lengthBytes
      last.extents.splice(-1, 1, { ...before, lengthBytes })
    },
    signal,
  })
  return hits
}

interface Walk {
  /** Leaves out what was met. */
  readonly seen?: { add(id: Uint8Array): 'new' | 'known' | 'unknown' }
  readonly onLost: (blob: LostBlob) => void
  readonly signal: AbortSignal | undefined
}

async function walkPoints(core: Core, pages: PageCache, { seen, onLost, signal }: Walk): Promise<void> {
  for await (const point of listPoints(core, signal)) {
    if (point.damaged !== undefined) continue
    for (const { key, image } of point.images) {
      let met = { isNew: false, extent: whole(0) }
      const report = (id: Uint8Array, type: number) =>
        onLost({ id: id.slice(), type, point, place: { kind: 'image', key, image, extent: met.extent } })
      const visitor = {
        visit(id: Uint8Array, extent: Extent, type: number) {
          met = { isNew: seen?.add(id) !== 'known', extent }
          if (met.isNew && !isRecallable(core, id)) report(id, type)
        },
        enters: (pageId: Uint8Array) => met.isNew && isRecallable(core, pageId),
        onLost: (pageId: string) => report(fromHex(pageId, idBytes)!, blobType.mapPage),
      }
      await walkImage(pages, image, visitor, signal)
    }
    for (const [name, hex] of Object.entries(point.blobs)) {
      const id = fromHex(hex, idBytes)!
      if (seen?.add(id) !== 'known' && !isRecallable(core, id))
        onLost({ id, type: blobType.smallFile, point, place: { kind: 'file', name } })
    }
  }
}
