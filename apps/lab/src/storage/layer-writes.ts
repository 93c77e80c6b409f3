// Everything that changes the pages of a layer. None of it may run at the same time as another on one chain: the owner sees to it.
import { between, checkRun, cut, endOf, type Extent } from '@vmkeep/disk'
import type { Layer } from './layer.ts'
import { pageSizeBytes } from './page-file.ts'
import { absent, PageTable, zero } from './page-table.ts'
import { readPages } from './page-view.ts'

/** Writes to a leaf; all of it becomes visible at one instant. @throws `disk.out-of-range`, `lab.no-space` */
export async function writeLayer(layer: Layer, offsetBytes: number, bytes: Uint8Array): Promise<void> {
  checkRun(layer.fileName, layer.capacityBytes, offsetBytes, bytes.length)
  const runs = [...cut({ offsetBytes, lengthBytes: bytes.length }, pageSizeBytes)]
  const partOf = (run: Extent) => bytes.subarray(run.offsetBytes - offsetBytes).subarray(0, run.lengthBytes)
  const below = await Promise.all(runs.map((run) => pageBelow(layer, run)))
  layer.chargePages(runs.filter((run) => layer.table.get(pageOf(run)) <= 0).length)
  runs.forEach((run, i) => writePage(layer, run, partOf(run), below[i]))
  layer.touch()
}

/** Makes a run of a leaf read as zeroes: whole pages are unallocated, what is left at the edges is overwritten. */
export async function trimLayer(layer: Layer, offsetBytes: number, lengthBytes: number): Promise<void> {
  checkRun(layer.fileName, layer.capacityBytes, offsetBytes, lengthBytes)
  const first = Math.ceil(offsetBytes / pageSizeBytes)
  const toTheEnd = offsetBytes + lengthBytes === layer.capacityBytes
  const end = (toTheEnd ? Math.ceil : Math.floor)((offsetBytes + lengthBytes) / pageSizeBytes)
  const head = between(offsetBytes, Math.min(offsetBytes + lengthBytes, first * pageSizeBytes))
  const tail = between(Math.max(offsetBytes, end * pageSizeBytes), offsetBytes + lengthBytes)
  if (head.lengthBytes > 0) await zeroEdge(layer, head)
  if (tail.lengthBytes > 0 && tail.offsetBytes >= endOf(head)) await zeroEdge(layer, tail)
  trimPages(layer, first, end)
  layer.touch()
}

/**
 * Moves up to `count` pages of a layer into the one below; what `above` reads does not change.
 * @throws `lab.no-space`, between two pages
 */
export function moveDown(above: Layer, below: Layer, count: number): void {
  let left = count
  for (const [page, value] of above.table.entries()) {
    if (left-- === 0) return
    below.chargePages(Number(value > 0) - Number(below.table.get(page) > 0))
    below.put(page, value === zero && below.isBottom ? absent : value)
    above.table.set(page, absent)
    if (value > 0) above.chargePages(-1)
  }
}

/** A page not yet in this layer and not written as a whole begins as what lies below. */
async function pageBelow(layer: Layer, run: Extent): Promise<Uint8Array | undefined> {
  if (layer.table.get(pageOf(run)) > 0 || run.lengthBytes === pageSizeBytes) return undefined
  const page = new Uint8Array(pageSizeBytes)
  const start = pageOf(run) * pageSizeBytes
  const inside = page.subarray(0, Math.min(pageSizeBytes, layer.capacityBytes - start))
  await readPages(layer.view(), layer.fileName, start, inside)
  return page
}

function writePage(layer: Layer, run: Extent, bytes: Uint8Array, below: Uint8Array | undefined): void {
  const { pages, table } = layer
  const own = table.get(pageOf(run))
  const at = run.offsetBytes % pageSizeBytes
  if (own > 0 && !pages.isShared(own)) return pages.write(own, at, bytes)
  const slot = pages.allocate()
  pages.write(slot, 0, bytes.length === pageSizeBytes ? bytes : wholePage())
  layer.put(pageOf(run), slot)

  function wholePage(): Uint8Array {
    const page = below ?? new Uint8Array(pageSizeBytes)
    if (own > 0) pages.read(own, 0, page)
    page.set(bytes, at)
    return page
  }
}

/** Part of one page. */
async function zeroEdge(layer: Layer, { offsetBytes, lengthBytes }: Extent): Promise<void> {
  const value = layer.lookup(Math.floor(offsetBytes / pageSizeBytes))
  const readsZero = value === zero || (value === absent && layer.root.source === undefined)
  if (!readsZero) await writeLayer(layer, offsetBytes, new Uint8Array(lengthBytes))
}

/** Only where something may lie: a disk of 62 TB is trimmed in no time. */
function trimPages(layer: Layer, firstPage: number, endPage: number): void {
  const sourceEnd = Math.min(endPage, Math.ceil((layer.root.source?.capacityBytes ?? 0) / pageSizeBytes))
  for (let page = firstPage; page < sourceEnd; page++) trimPage(layer, page)
  const from = Math.max(firstPage, sourceEnd)
  for (const region of layer.regions()) {
    const base = region * PageTable.regionPages
    const end = Math.min(endPage, base + PageTable.regionPages)
    for (let page = Math.max(from, base); page < end; page++) if (layer.lookup(page) > 0) trimPage(layer, page)
  }
}

function trimPage(layer: Layer, page: number): void {
  if (layer.table.get(page) > 0) layer.chargePages(-1)
  layer.put(page, layer.isBottom ? absent : zero)
}

const pageOf = (run: Extent): number => Math.floor(run.offsetBytes / pageSizeBytes)
