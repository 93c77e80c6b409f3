import { chunkBitsOf, chunksUnder } from '../formats/map-geometry.ts'
import { type MapPage, slotsPerPage } from '../formats/map-page.ts'
import { sameBytes } from '../formats/hex.ts'
import type { StoredImage } from '../restore-point.ts'
import { rootOf } from '../sessions/image-plan.ts'

const pagesAhead = 16

/** Where the pages of a map are read. */
export interface PageSource {
  read(id: Uint8Array, level: number, chunkBits: number, signal?: AbortSignal): Promise<MapPage>
}

export interface MappedImage {
  readonly image: StoredImage
  readonly pages: PageSource
}

/** A place of an image that is not as in its base. */
export interface Difference {
  /** The page or chunk there; `null` if all of it is zeroes, and was not in the base. */
  readonly id: Uint8Array | null
  readonly kind: 'page' | 'chunk'
  readonly firstChunk: number
  readonly chunks: number
}

/** A page's place in a tree. A base that is lower than the image lies below its first slots. */
interface Node {
  readonly id: Uint8Array
  readonly level: number
}

interface Walk {
  readonly map: MappedImage
  readonly base: MappedImage | undefined
  readonly chunkBits: number
  readonly signal: AbortSignal | undefined
}

/**
 * The pages and chunks of an image that do not lie at the same place of its base, ascending, each page before what is below it;
 * without a base, all of them. Equal pages are not entered: it costs what has changed, not what there is. The base must have the
 * same chunk size; its capacity may differ, and what lies beyond the image's is told as zeroes.
 */
export async function* mapDifferences(
  map: MappedImage,
  base: MappedImage | undefined,
  signal?: AbortSignal,
): AsyncIterable<readonly Difference[]> {
  const walk = { map, base, chunkBits: chunkBitsOf(map.image.chunkSizeBytes), signal }
  const { root, height } = rootOf(map.image)
  const other = base === undefined ? undefined : await trimmed(walk, rootOf(base.image), height - 1)
  yield* below(walk, root, other, height - 1, 0)
}

/** The base's tree, no higher than `level`. */
async function trimmed(
  { base, chunkBits, signal }: Walk,
  { root, height }: { root: Uint8Array | null; height: number },
  level: number,
): Promise<Node | undefined> {
  let id = root
  let at = height - 1
  for (; id !== null && at > level; at--) id = (await base!.pages.read(id, at, chunkBits, signal)).get(0)
  return id === null ? undefined : { id, level: at }
}

async function* below(
  walk: Walk,
  id: Uint8Array | null,
  base: Node | undefined,
  level: number,
  firstChunk: number,
): AsyncIterable<readonly Difference[]> {
  const here = { kind: 'page', firstChunk, chunks: chunksUnder(level + 1) } as const
  if (id === null) {
    if (base !== undefined) yield [{ ...here, id }]
    return
  }
  if (base?.level === level && sameBytes(base.id, id)) return
  const { map, chunkBits, signal } = walk
  const page = await map.pages.read(id, level, chunkBits, signal)
  const baseOf = await slotsOf(walk, base, level)
  const changed = slots.filter((slot) => !same(page.get(slot), baseOf(slot), level))
  const placeOf = (slot: number) => firstChunk + slot * chunksUnder(level)
  if (level > 0) {
    yield [{ ...here, id }]
    for (const [i, slot] of changed.entries()) {
      for (const next of changed.slice(i + 1, i + 1 + pagesAhead)) prefetch(walk, page.get(next), level - 1)
      yield* below(walk, page.get(slot), baseOf(slot), level - 1, placeOf(slot))
    }
  } else
    yield [
      { ...here, id },
      ...changed.map((slot) => ({
        id: page.get(slot),
        kind: 'chunk' as const,
        firstChunk: placeOf(slot),
        chunks: 1,
      })),
    ]
}

const slots = Array.from({ length: slotsPerPage }, (_, slot) => slot)

/** What the base has in each slot of a page of this level. */
async function slotsOf(
  { base, chunkBits, signal }: Walk,
  node: Node | undefined,
  level: number,
): Promise<(slot: number) => Node | undefined> {
  if (node === undefined) return () => undefined
  if (node.level < level) return (slot) => (slot === 0 ? node : undefined)
  const page = await base!.pages.read(node.id, level, chunkBits, signal)
  return (slot) => {
    const id = page.get(slot)
    return id === null ? undefined : { id, level: level - 1 }
  }
}

const same = (id: Uint8Array | null, base: Node | undefined, level: number) =>
  id === null ? base === undefined : base?.level === level - 1 && sameBytes(id, base.id)

function prefetch({ map, chunkBits }: Walk, id: Uint8Array | null, level: number): void {
  if (id !== null) map.pages.read(id, level, chunkBits).catch(() => {}) // asked for again when its turn comes
}
