import type { DiskReader } from '@vmkeep/disk'
import type { DiskAllocation } from './model.ts'
import type { LabDatastore } from './lab-datastore.ts'
import { LayerFiles } from './layer-files.ts'
import { type PageFile, pageSizeBytes } from './page-file.ts'
import { absent, PageTable, zero } from './page-table.ts'
import type { PageView } from './page-view.ts'

export interface LayerSpec {
  readonly pages: PageFile
  readonly datastore: LabDatastore
  /** Of the descriptor, relative to the datastore. */
  readonly path: string
  readonly capacityBytes: number
  readonly sectorSizeBytes: 512 | 4096
  readonly allocation: DiskAllocation
  readonly adapterType: string
  /** 16 bytes as hexadecimal. */
  readonly uuid: string
  readonly contentId: string
  readonly parent?: Layer | undefined
  /** It stands on a layer of another VM: keeps that from changing, but is none of its children. */
  readonly isRedo?: boolean
  readonly source?: DiskReader | undefined
  readonly sourceAllocatedBytes?: number
  readonly nowMs: () => number
}

/** A snapshot or a VM's disk that stands on a layer. */
export interface LayerHolder {
  readonly label: string
  readonly isRunning: boolean
  /** Follows when the layer is merged into the one below. */
  layer: Layer
}

/** Somebody who has a layer open. One object each, so that two of one name are two. */
export interface LayerPin {
  readonly label: string
  readonly isExclusive: boolean
}

/** Who holds a layer that another VM has attached. */
export const attachedPin = 'another VM'

/**
 * One VMDK of a chain: its pages, and below it its parent or the bytes it was made from.
 *
 * Only the leaf of a VM's disk, or a disk no VM has, is ever written (`layer-writes.ts`).
 */
export class Layer implements PageView {
  readonly pages: PageFile
  readonly table = new PageTable()
  readonly sectorSizeBytes: 512 | 4096
  readonly allocation: DiskAllocation
  readonly adapterType: string
  readonly uuid: string
  readonly source: DiskReader | undefined
  readonly files: LayerFiles
  readonly nowMs: () => number
  #parent: Layer | undefined
  capacityBytes: number
  /** As `longContentID`. Source: vadp.md §1.4: it changes at the close after a write, and a fresh child has its parent's. */
  contentId: string
  modifiedMs: number
  writtenSinceClose = false
  /** Layers of the same VM on top of it. */
  readonly children = new Set<Layer>()
  /** Why it must stay: snapshots that froze it, disks that have it as their leaf. */
  readonly holders = new Set<LayerHolder>()
  /** Why it can't be merged or deleted now: who reads it, who hot-added it. */
  readonly pins = new Set<LayerPin>()
  /** Between the first and the last step of a merge into it, its bytes are of no instant. */
  isMerging = false
  readonly isRedo: boolean
  readonly #redoPin: LayerPin = { label: attachedPin, isExclusive: false }
  readonly #sourceAllocatedBytes: number
  #isDoomed = false

  constructor(spec: LayerSpec) {
    this.pages = spec.pages
    this.sectorSizeBytes = spec.sectorSizeBytes
    this.allocation = spec.allocation
    this.adapterType = spec.adapterType
    this.uuid = spec.uuid
    this.source = spec.source
    this.isRedo = spec.isRedo ?? false
    this.parent = spec.parent
    this.capacityBytes = spec.capacityBytes
    this.contentId = spec.contentId
    this.nowMs = spec.nowMs
    this.modifiedMs = spec.nowMs()
    this.#sourceAllocatedBytes = spec.sourceAllocatedBytes ?? 0
    spec.datastore.charge(this.#reservedBytes())
    this.files = new LayerFiles(this, spec.datastore, spec.path)
  }

  get parent(): Layer | undefined {
    return this.#parent
  }

  set parent(parent: Layer | undefined) {
    const before = this.#parent
    this.#parent = parent
    before?.children.delete(this)
    if (!this.isRedo) parent?.children.add(this)
    else {
      before?.unpin(this.#redoPin)
      parent?.pin(this.#redoPin)
    }
  }

  /** From here down to the root. */
  get chain(): Layer[] {
    return this.parent === undefined ? [this] : [this, ...this.parent.chain]
  }

  pin(pin: LayerPin): void {
    for (const layer of this.chain) layer.pins.add(pin)
  }

  /** What was to be deleted while it was open goes now. */
  unpin(pin: LayerPin): void {
    const { chain } = this
    for (const layer of chain) layer.pins.delete(pin)
    for (const layer of chain) if (layer.#isDoomed) layer.discard()
  }

  get isNeeded(): boolean {
    return this.holders.size > 0 || this.children.size > 0
  }

  /** The running VM that has it as a leaf: nobody else may open it. */
  get runningIn(): string | undefined {
    return [...this.holders].find((holder) => holder.isRunning)?.label
  }

  /** Who would miss it. */
  get usedBy(): string | undefined {
    return [...this.holders][0]?.label ?? [...this.children][0]?.fileName ?? [...this.pins][0]?.label
  }

  get root(): Layer {
    return this.parent === undefined ? this : this.parent.root
  }

  /** `[ds] vm/vm.vmdk` */
  get fileName(): string {
    return this.files.fileName
  }

  get isDelta(): boolean {
    return this.parent !== undefined
  }

  /** Nothing lies below: a page that is not here is zero. */
  get isBottom(): boolean {
    return this.parent === undefined && this.source === undefined
  }

  get allocatedBytes(): number {
    return Math.min(this.capacityBytes, this.#chargedBytes())
  }

  lookup(page: number): number {
    const here = this.table.get(page)
    return here !== absent || this.parent === undefined ? here : this.parent.lookup(page)
  }

  regions(): readonly number[] {
    if (this.parent === undefined) return this.table.regions()
    return [...new Set([...this.table.regions(), ...this.parent.regions()])].toSorted((a, b) => a - b)
  }

  /** The whole chain from here down, as one view. */
  view(): PageView {
    const { capacityBytes, pages, root } = this
    return { capacityBytes, pages, source: root.source, lookup: (p) => this.lookup(p), regions: () => this.regions() }
  }

  touch(): void {
    this.writtenSinceClose = true
    this.modifiedMs = this.nowMs()
  }

  grow(capacityBytes: number): void {
    const before = this.#reservedBytes()
    const smaller = this.capacityBytes
    this.capacityBytes = capacityBytes
    try {
      this.files.datastore.charge(this.#reservedBytes() - before)
    } catch (error) {
      this.capacityBytes = smaller
      throw error
    }
    this.touch()
  }

  /** What a host does when it lets go of a disk: the content id tells that it was written. */
  close(newContentId: () => string): void {
    if (this.writtenSinceClose) this.contentId = newContentId()
    this.writtenSinceClose = false
  }

  /** Shares all pages of `view`; for a new, empty layer over the same source. */
  shareAll(view: PageView): void {
    let count = 0
    for (const [page, value] of flattened(view)) {
      this.table.set(page, value > 0 ? this.pages.share(value) : value)
      if (value > 0) count++
    }
    this.chargePages(count)
  }

  /** Moves its files. @throws `lab.no-space`, `lab.file-exists` */
  relocate(datastore: LabDatastore, path: string): void {
    const bytes = this.#chargedBytes()
    if (datastore !== this.files.datastore) datastore.charge(bytes)
    const before = this.files.datastore
    this.files.relocate(datastore, path)
    if (datastore !== before) before.charge(-bytes)
  }

  /** Deletes it if nobody needs it, and then those below it that nobody needs then. One that is open waits until it is closed. */
  discard(): void {
    this.#isDoomed = !this.isNeeded
    if (this.isNeeded || this.pins.size > 0) return
    const { parent, isRedo } = this
    this.delete()
    if (!isRedo) parent?.discard()
  }

  /** Gives back its pages and space and leaves its datastore. */
  delete(): void {
    this.files.datastore.charge(-this.#chargedBytes())
    for (const [, value] of this.table.entries()) if (value > 0) this.pages.release(value)
    this.table.clear()
    this.files.remove()
    this.parent = undefined
  }

  /** Puts a page in place of what was there, which is given back. Its space is {@link chargePages}'s. */
  put(page: number, value: number): void {
    const before = this.table.get(page)
    if (before > 0) this.pages.release(before)
    this.table.set(page, value)
  }

  /** @throws `lab.no-space` */
  chargePages(count: number): void {
    if (this.#isThin() && count !== 0) this.files.datastore.charge(count * pageSizeBytes)
  }

  #chargedBytes(): number {
    return this.#reservedBytes() + (this.#isThin() ? this.table.dataPages * pageSizeBytes : 0)
  }

  #reservedBytes(): number {
    return this.#isThin() ? this.#sourceAllocatedBytes : this.capacityBytes
  }

  #isThin(): boolean {
    return this.isDelta || this.allocation === 'thin'
  }
}

/** Every page of a view that is not simply its source, ascending. */
export function* flattened(view: PageView): Iterable<readonly [page: number, value: number]> {
  for (const region of view.regions())
    for (let i = 0; i < PageTable.regionPages; i++) {
      const page = region * PageTable.regionPages + i
      const value = view.lookup(page)
      if (value > 0 || (value === zero && view.source !== undefined)) yield [page, value]
    }
}
