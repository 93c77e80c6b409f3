// Algebra on ascending streams of extents. Streams, because a disk may have millions of extents: memory stays constant.
import { alignOutward, between, endOf, type Extent } from './extent.ts'

type Extents = AsyncIterable<Extent> | Iterable<Extent>

/** Aligns ascending extents outward to `unitBytes` and joins those that then touch or overlap. */
export async function* aligned(extents: Extents, unitBytes: number, capacityBytes: number): AsyncIterable<Extent> {
  yield* joined(mapped(extents, (extent) => alignOutward(extent, unitBytes, capacityBytes)))
}

/** Joins extents that touch or overlap. They must ascend by offset. */
export async function* joined(extents: Extents): AsyncIterable<Extent> {
  let open: Extent | undefined
  for await (const extent of extents) {
    if (extent.lengthBytes === 0) continue
    if (open !== undefined && extent.offsetBytes <= endOf(open)) {
      open = between(open.offsetBytes, Math.max(endOf(open), endOf(extent)))
      continue
    }
    if (open !== undefined) yield open
    open = extent
  }
  if (open !== undefined) yield open
}

/** What lies in either, joined where it touches. Both ascending. */
export async function* united(extents: Extents, others: Extents): AsyncIterable<Extent> {
  yield* joined(byOffset(extents, others))
}

/** What lies in `extents` and not in `without`. Both ascending and disjoint. */
export async function* subtracted(extents: Extents, without: Extents): AsyncIterable<Extent> {
  for await (const { extent, covered } of split(extents, without)) if (!covered) yield extent
}

/** What lies in both. Both ascending and disjoint. */
export async function* intersected(extents: Extents, other: Extents): AsyncIterable<Extent> {
  for await (const { extent, covered } of split(extents, other)) if (covered) yield extent
}

/** Every byte of `extents` once, in order, cut where `cover` begins and ends, and told whether `cover` holds it. */
export async function* split(extents: Extents, cover: Extents): AsyncIterable<{ extent: Extent; covered: boolean }> {
  const covers = iterate(cover)
  try {
    let current = await covers.next()
    for await (const extent of extents) {
      let at = extent.offsetBytes
      while (at < endOf(extent)) {
        while (!current.done && endOf(current.value) <= at) current = await covers.next()
        const hole = current.done ? endOf(extent) : Math.min(current.value.offsetBytes, endOf(extent))
        if (hole > at) {
          yield { extent: between(at, hole), covered: false }
          at = hole
        } else {
          const end = Math.min(endOf(current.value as Extent), endOf(extent))
          yield { extent: between(at, end), covered: true }
          at = end
        }
      }
    }
  } finally {
    await covers.return(undefined)
  }
}

async function* byOffset(extents: Extents, others: Extents): AsyncIterable<Extent> {
  const rest = iterate(others)
  try {
    let other = await rest.next()
    for await (const extent of extents) {
      for (; !other.done && other.value.offsetBytes < extent.offsetBytes; other = await rest.next()) yield other.value
      yield extent
    }
    for (; !other.done; other = await rest.next()) yield other.value
  } finally {
    await rest.return(undefined)
  }
}

async function* mapped(extents: Extents, change: (extent: Extent) => Extent): AsyncIterable<Extent> {
  for await (const extent of extents) yield change(extent)
}

async function* iterate(extents: Extents): AsyncGenerator<Extent, undefined> {
  yield* extents
  return undefined
}
