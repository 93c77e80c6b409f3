import {
  type DiskReader,
  type Extent,
  between,
  checkRun,
  cut,
  endOf,
  intersection,
  joined,
  subtracted,
} from '@vmkeep/disk'
import { absent, PageTable, zero } from './page-table.ts'
import { type PageFile, pageSizeBytes } from './page-file.ts'

/** A disk made of pages: where each one is, and what lies under those that are nowhere. */
export interface PageView {
  readonly capacityBytes: number
  readonly pages: PageFile
  /** Read through where a page is {@link absent}. It never changes. May be shorter than the disk. */
  readonly source: DiskReader | undefined
  /** Slot, {@link zero} or {@link absent}. */
  lookup(page: number): number
  /** Regions of the page tables beneath that may hold anything, ascending. */
  regions(): readonly number[]
}

/**
 * Fills `target`. What lies in pages is read at once, before the first await: it is one instant of the disk.
 * @throws `disk.out-of-range`
 */
export async function readPages(
  view: PageView,
  name: string,
  offsetBytes: number,
  target: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted()
  checkRun(name, view.capacityBytes, offsetBytes, target.length)
  const pending: Promise<void>[] = []
  for (const { extent, value } of runsOf(view, { offsetBytes, lengthBytes: target.length })) {
    const part = target.subarray(extent.offsetBytes - offsetBytes, endOf(extent) - offsetBytes)
    if (value > 0) view.pages.read(value, extent.offsetBytes % pageSizeBytes, part)
    else if (value === zero || view.source === undefined) part.fill(0)
    else pending.push(readSource(view.source, extent.offsetBytes, part, signal))
  }
  if (pending.length === 0) return
  await Promise.allSettled(pending) // `target` is the caller's again only when nobody writes to it any more
  await Promise.all(pending)
}

/** What may hold something other than zeroes: pages with a slot, and what the source has where no page covers it. */
export async function* allocatedPages(view: PageView, within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
  signal?.throwIfAborted()
  const inSource = view.source && intersection(within, { offsetBytes: 0, lengthBytes: view.source.capacityBytes })
  if (view.source === undefined || inSource === undefined) return yield* joined(dataIn(view, within))
  const through = subtracted(view.source.allocated(inSource, signal), coveredIn(view, within))
  yield* joined(merged(dataIn(view, within), through))
}

async function readSource(source: DiskReader, offsetBytes: number, target: Uint8Array, signal?: AbortSignal) {
  const inside = Math.min(Math.max(source.capacityBytes - offsetBytes, 0), target.length)
  target.fill(0, inside)
  if (inside > 0) await source.read(offsetBytes, target.subarray(0, inside), signal)
}

/** Runs of pages that lie the same way, and one after the other in the page file. */
function* runsOf(view: PageView, whole: Extent): Iterable<{ extent: Extent; value: number }> {
  let open: { extent: Extent; value: number; next: number } | undefined
  for (const part of cut(whole, pageSizeBytes)) {
    const value = view.lookup(Math.floor(part.offsetBytes / pageSizeBytes))
    if (open !== undefined && value === open.next) {
      open = { ...open, extent: between(open.extent.offsetBytes, endOf(part)), next: value > 0 ? value + 1 : value }
      continue
    }
    if (open !== undefined) yield open
    open = { extent: part, value, next: value > 0 ? value + 1 : value }
  }
  if (open !== undefined) yield open
}

function* dataIn(view: PageView, within: Extent): Iterable<Extent> {
  for (const { extent, value } of entriesIn(view, within)) if (value !== zero) yield extent
}

function* coveredIn(view: PageView, within: Extent): Iterable<Extent> {
  for (const { extent } of entriesIn(view, within)) yield extent
}

function* entriesIn(view: PageView, within: Extent): Iterable<{ extent: Extent; value: number }> {
  const regionBytes = PageTable.regionPages * pageSizeBytes
  for (const region of view.regions()) {
    const inside = intersection(within, { offsetBytes: region * regionBytes, lengthBytes: regionBytes })
    if (inside === undefined) continue
    for (const extent of cut(inside, pageSizeBytes)) {
      const value = view.lookup(Math.floor(extent.offsetBytes / pageSizeBytes))
      if (value !== absent) yield { extent, value }
    }
  }
}

/** Two ascending streams that never overlap, as one. */
async function* merged(a: Iterable<Extent>, b: AsyncIterable<Extent>): AsyncIterable<Extent> {
  const left = a[Symbol.iterator]()
  let next = left.next()
  for await (const extent of b) {
    for (; !next.done && next.value.offsetBytes < extent.offsetBytes; next = left.next()) yield next.value
    yield extent
  }
  for (; !next.done; next = left.next()) yield next.value
}
