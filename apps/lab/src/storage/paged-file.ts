import { cut, endOf, type Extent, isZero } from '@vmkeep/disk'
import type { FileNode } from './file-node.ts'
import type { DatastoreFile, DatastoreWriter } from './model.ts'
import { type PageFile, pageSizeBytes } from './page-file.ts'
import { absent, PageTable } from './page-table.ts'
import { allocatedPages, type PageView, readPages } from './page-view.ts'

export interface PagedFileSpec {
  readonly name: string
  readonly type: string
  readonly pages: PageFile
  readonly nowMs: () => number
  /** Takes space of the datastore; gives it back if negative. @throws `lab.no-space` */
  readonly charge: (bytes: number) => void
}

/**
 * A file of any size, written from outside: an upload, the memory of a guest. A page of zeroes takes no space.
 *
 * Removed while somebody reads it, it is gone from its folder at once and its pages go when the last reader does.
 */
export class PagedFile implements FileNode, DatastoreWriter {
  readonly isPart = false
  readonly type: string
  modifiedMs: number
  sizeBytes = 0
  readonly #spec: PagedFileSpec
  readonly #table = new PageTable()
  #readers = 0
  #isRemoved = false

  constructor(spec: PagedFileSpec) {
    this.#spec = spec
    this.type = spec.type
    this.modifiedMs = spec.nowMs()
  }

  get allocatedBytes(): number {
    return this.#table.dataPages * pageSizeBytes
  }

  write(offsetBytes: number, bytes: Uint8Array): void {
    if (this.#isRemoved) return // as on a disk: whoever still writes to a file that is gone writes to nowhere
    for (const run of cut({ offsetBytes, lengthBytes: bytes.length }, pageSizeBytes))
      this.#writePage(run, bytes.subarray(run.offsetBytes - offsetBytes, endOf(run) - offsetBytes))
    this.extendTo(offsetBytes + bytes.length)
  }

  extendTo(sizeBytes: number): void {
    this.sizeBytes = Math.max(this.sizeBytes, sizeBytes)
    this.modifiedMs = this.#spec.nowMs()
  }

  open(): DatastoreFile {
    const { sizeBytes, modifiedMs } = this
    const { name, pages } = this.#spec
    const [lookup, regions] = [(page: number) => this.#table.get(page), () => this.#table.regions()]
    const view: PageView = { capacityBytes: sizeBytes, pages, source: undefined, lookup, regions }
    let isOpen = true
    this.#readers++
    return {
      sizeBytes,
      modifiedMs,
      read: (offsetBytes, target, signal) => readPages(view, name, offsetBytes, target, signal),
      allocated: (within, signal) => allocatedPages(view, within, signal),
      [Symbol.asyncDispose]: async () => {
        if (isOpen) this.#readers--
        isOpen = false
        this.#mayGo()
      },
    }
  }

  renamed(): void {}

  removed(): void {
    this.#isRemoved = true
    this.#spec.charge(-this.allocatedBytes)
    this.#mayGo()
  }

  #writePage(run: Extent, bytes: Uint8Array): void {
    const { pages, charge } = this.#spec
    const page = Math.floor(run.offsetBytes / pageSizeBytes)
    const slot = this.#table.get(page)
    if (slot !== absent) return pages.write(slot, run.offsetBytes % pageSizeBytes, bytes)
    if (isZero(bytes)) return
    charge(pageSizeBytes)
    const content = new Uint8Array(pageSizeBytes) // the slot may hold what another file left there
    content.set(bytes, run.offsetBytes % pageSizeBytes)
    const taken = pages.allocate()
    pages.write(taken, 0, content)
    this.#table.set(page, taken)
  }

  #mayGo(): void {
    if (!this.#isRemoved || this.#readers > 0) return
    for (const [, slot] of this.#table.entries()) this.#spec.pages.release(slot)
    this.#table.clear()
  }
}
