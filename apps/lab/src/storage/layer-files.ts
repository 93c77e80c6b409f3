import { fail } from '../errors.ts'
import { folderOf, formatDatastorePath, joinPath, nameOf } from './datastore-path.ts'
import { descriptorText } from './descriptor.ts'
import { type FileNode, openBytes } from './file-node.ts'
import type { LabDatastore } from './lab-datastore.ts'
import type { Layer } from './layer.ts'
import type { DatastoreFile } from './model.ts'
import { allocatedPages, readPages } from './page-view.ts'

/** The files a layer shows itself by: its descriptor, its extent where the datastore has such files, its change tracking. */
export class LayerFiles {
  readonly #layer: Layer
  #datastore: LabDatastore
  #path: string
  #isTracked = false

  constructor(layer: Layer, datastore: LabDatastore, path: string) {
    this.#layer = layer
    this.#datastore = datastore
    this.#path = path
    this.#show()
  }

  get datastore(): LabDatastore {
    return this.#datastore
  }

  /** Of the descriptor, relative to the datastore. */
  get path(): string {
    return this.#path
  }

  get fileName(): string {
    return formatDatastorePath({ datastore: this.#datastore.name, path: this.#path })
  }

  /** `x-flat.vmdk`, `x-000001-sesparse.vmdk` … or undefined where disks are objects and not files. */
  get extentPath(): string | undefined {
    const { type } = this.#datastore
    if (type === 'vsan' || type === 'VVOL') return undefined
    return this.#beside(
      this.#layer.isDelta ? (this.deltaDiskFormat === 'seSparseFormat' ? 'sesparse' : 'delta') : 'flat',
    )
  }

  get changeTrackPath(): string | undefined {
    return this.#isTracked ? this.#beside('ctk') : undefined
  }

  /** Source: VMware vSphere Storage guide: seSparse on VMFS6, and everywhere above 2 TB. Evidence: documented. */
  get deltaDiskFormat(): 'redoLogFormat' | 'seSparseFormat' | undefined {
    if (!this.#layer.isDelta) return undefined
    const isBig = this.#layer.capacityBytes > 2 * 1024 ** 4
    return this.#datastore.type === 'VMFS' || isBig ? 'seSparseFormat' : 'redoLogFormat'
  }

  /** Whether a change tracking file lies beside it. */
  get isTracked(): boolean {
    return this.#isTracked
  }

  set isTracked(isTracked: boolean) {
    this.#hide()
    this.#isTracked = isTracked
    this.#show()
  }

  relocate(datastore: LabDatastore, path: string): void {
    if (datastore.has(path))
      throw fail('lab.file-exists', { path: formatDatastorePath({ datastore: datastore.name, path }) })
    this.#hide()
    this.#datastore = datastore
    this.#path = path
    this.#show()
  }

  remove(): void {
    this.#hide()
  }

  #beside(suffix: string): string {
    return joinPath(folderOf(this.#path), nameOf(this.#path).replace(/\.vmdk$/, `-${suffix}.vmdk`))
  }

  #show(): void {
    this.#datastore.put(this.#path, this.#descriptor())
    if (this.extentPath !== undefined) this.#datastore.put(this.extentPath, this.#extent())
    if (this.changeTrackPath !== undefined) this.#datastore.put(this.changeTrackPath, this.#changeTrack())
  }

  #hide(): void {
    for (const path of [this.#path, this.extentPath, this.changeTrackPath])
      if (path !== undefined) this.#datastore.take(path)
  }

  #descriptor(): DescriptorNode {
    const text = () => Buffer.from(descriptorText(this.#layer))
    return new DescriptorNode(this.#layer, text, (path) => this.#renamed(path))
  }

  /** The datastore has moved the descriptor already; the parts follow. */
  #renamed(path: string): void {
    this.#hide()
    this.#path = path
    this.#show()
  }

  #extent(): FileNode {
    const layer = this.#layer
    return {
      type: 'diskExtent',
      isPart: true,
      get sizeBytes() {
        return layer.isDelta ? layer.allocatedBytes : layer.capacityBytes
      },
      get allocatedBytes() {
        return layer.allocatedBytes
      },
      get modifiedMs() {
        return layer.modifiedMs
      },
      get lockedForReading() {
        return layer.runningIn ?? (layer.isDelta ? 'its snapshot' : undefined)
      },
      open: () => openFlat(layer),
      renamed() {},
      removed() {},
    }
  }

  #changeTrack(): FileNode {
    const { modifiedMs, capacityBytes } = this.#layer
    const content = new Uint8Array(Math.min(512 * 1024, Math.ceil(capacityBytes / (64 * 1024) / 8)))
    return {
      type: 'diskExtent',
      isPart: true,
      sizeBytes: content.length,
      allocatedBytes: content.length,
      modifiedMs,
      open: () => openBytes(content, modifiedMs),
      renamed() {},
      removed() {},
    }
  }
}

class DescriptorNode implements FileNode {
  readonly type = 'diskDescriptor'
  readonly isPart = false
  readonly #layer: Layer
  readonly #text: () => Uint8Array
  readonly #renamed: (path: string) => void

  constructor(layer: Layer, text: () => Uint8Array, renamed: (path: string) => void) {
    this.#layer = layer
    this.#text = text
    this.#renamed = renamed
  }

  get layer(): Layer {
    return this.#layer
  }

  get sizeBytes(): number {
    return this.#text().length
  }

  get allocatedBytes(): number {
    return this.sizeBytes
  }

  get modifiedMs(): number {
    return this.#layer.modifiedMs
  }

  get lockedForChange(): string | undefined {
    return this.#layer.usedBy
  }

  open(): DatastoreFile {
    return openBytes(this.#text(), this.modifiedMs)
  }

  renamed(path: string): void {
    this.#renamed(path)
  }

  removed(): void {
    this.#layer.delete()
  }
}

/** The layer a descriptor stands for, or undefined if the file is none. */
export function layerOf(node: FileNode | undefined): Layer | undefined {
  return node instanceof DescriptorNode ? node.layer : undefined
}

function openFlat(layer: Layer): DatastoreFile {
  const pin = { label: 'a download', isExclusive: false }
  layer.pin(pin)
  return {
    sizeBytes: layer.capacityBytes,
    modifiedMs: layer.modifiedMs,
    read: (offsetBytes, target, signal) => readPages(layer.view(), layer.fileName, offsetBytes, target, signal),
    allocated: (within, signal) => allocatedPages(layer.view(), within, signal),
    async [Symbol.asyncDispose]() {
      layer.unpin(pin)
    },
  }
}
