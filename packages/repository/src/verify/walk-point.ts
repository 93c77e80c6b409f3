import { between, type Extent } from '@vmkeep/disk'
import { blobType } from '../formats/blob.ts'
import { toHex } from '../formats/hex.ts'
import { chunkBitsOf, chunksUnder } from '../formats/map-geometry.ts'
import { slotsPerPage } from '../formats/map-page.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { StoredImage } from '../restore-point.ts'
import { rootOf } from '../sessions/image-plan.ts'
import { isDamage } from './damage-list.ts'

export interface ImageVisitor {
  /** A page or chunk, and what of the image hangs on it. */
  readonly visit: (id: Uint8Array, extent: Extent, type: number) => void
  /** Whether to look below a page. */
  readonly enters: (id: Uint8Array) => boolean
  /** A page that cannot be had. */
  readonly onLost: (pageId: string, error: unknown) => void
}

/** Visits every page and chunk of an image, going on past pages that are damaged. */
export async function walkImage(
  pages: PageCache,
  image: StoredImage,
  visitor: ImageVisitor,
  signal?: AbortSignal,
): Promise<void> {
  const { root, height } = rootOf(image)
  if (root !== null) await walk({ pages, image, visitor, signal }, root, height - 1, 0)
}

interface Walk {
  readonly pages: PageCache
  readonly image: StoredImage
  readonly visitor: ImageVisitor
  readonly signal: AbortSignal | undefined
}

async function walk(context: Walk, id: Uint8Array, level: number, firstChunk: number): Promise<void> {
  const { pages, image, visitor, signal } = context
  visitor.visit(id, extentOf(image, firstChunk, chunksUnder(level + 1)), blobType.mapPage)
  if (!visitor.enters(id)) return
  let page
  try {
    page = await pages.read(id, level, chunkBitsOf(image.chunkSizeBytes), signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (!isDamage(error)) throw error
    return visitor.onLost(toHex(id), error)
  }
  for (let slot = 0; slot < slotsPerPage; slot++) {
    const below = page.get(slot)
    const first = firstChunk + slot * chunksUnder(level)
    if (below === null) continue
    if (level === 0) visitor.visit(below, extentOf(image, first, 1), blobType.chunk)
    else await walk(context, below, level - 1, first)
  }
}

function extentOf({ capacityBytes, chunkSizeBytes }: StoredImage, firstChunk: number, chunks: number): Extent {
  const offsetBytes = firstChunk * chunkSizeBytes
  return between(offsetBytes, Math.min(offsetBytes + chunks * chunkSizeBytes, capacityBytes))
}
