import { endOf, type Extent } from '@vmkeep/disk'
import type { Core } from '../core.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { LostExtents } from '../repository.ts'
import type { StoredImage } from '../restore-point.ts'
import { walkImage } from '../verify/walk-point.ts'

/** Bounds the answer: beyond, neighbours are joined over what is whole between them. */
const extentsMax = 65_536

/**
 * What of an image is known to be lost: its chunks lie in packs that are not there, or in copies that were found damaged. Walks
 * the map only if anything in the repository is lost at all; reads no data.
 */
export async function lostExtents(
  core: Core,
  pages: PageCache,
  image: StoredImage,
  signal?: AbortSignal,
): Promise<LostExtents> {
  const { indexStore, lost } = core
  await refreshLost(core, signal)
  if (!indexStore.presenceKnown) await indexStore.checkPresence(signal)
  if (lost.isEmpty && !indexStore.index.hasLostPacks) return { mapLost: false, extents: [] }
  const found = await walkLost(core, pages, image, signal)
  if (found.extents.length === 0) return found
  const { unlisted } = await indexStore.checkPresence(signal) // perhaps it is only the index that was lost
  await indexStore.salvage(unlisted, signal)
  return await walkLost(core, pages, image, signal)
}

async function walkLost(
  core: Core,
  pages: PageCache,
  image: StoredImage,
  signal: AbortSignal | undefined,
): Promise<LostExtents> {
  const extents: Extent[] = []
  let mapLost = false
  const visitor = {
    visit(id: Uint8Array, extent: Extent) {
      if (!isRecallable(core, id)) add(extents, extent)
    },
    enters(pageId: Uint8Array) {
      const whole = isRecallable(core, pageId)
      mapLost ||= !whole
      return whole
    },
    onLost: () => void (mapLost = true),
  }
  await walkImage(pages, image, visitor, signal)
  return { mapLost, extents }
}

/** Learns what was lost since, and what there is. */
export async function refreshLost({ lost, indexStore }: Core, signal?: AbortSignal): Promise<void> {
  await lost.refresh(signal)
  await indexStore.refresh(signal)
}

/** Whether a blob can be had, as far as is known: a copy lies in a pack that is there, not of a wrong size, and was not found damaged. */
export function isRecallable({ indexStore, lost }: Pick<Core, 'indexStore' | 'lost'>, id: Uint8Array): boolean {
  const found = indexStore.index.find(id)
  const wrongSize = found?.pack.state === 'doubtful' && found.pack.row !== undefined
  if (found === undefined || wrongSize) return false
  return !lost.isLost(found.pack.key, found.offsetBytes)
}

function add(extents: Extent[], extent: Extent): void {
  const last = extents.at(-1)
  const joins = last !== undefined && (endOf(last) === extent.offsetBytes || extents.length >= extentsMax)
  if (!joins) return void extents.push(extent)
  extents[extents.length - 1] = { ...last, lengthBytes: endOf(extent) - last.offsetBytes }
}
