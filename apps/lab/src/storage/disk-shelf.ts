import { type DiskReader, whole } from '@vmkeep/disk'
import type { Clock, Random } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { folderOf, formatDatastorePath, joinPath, nameOf, parseDatastorePath } from './datastore-path.ts'
import type { LabDatastore } from './lab-datastore.ts'
import { LabSnapshotDisk } from './lab-snapshot.ts'
import { attachedPin, Layer } from './layer.ts'
import { layerOf } from './layer-files.ts'
import type { DiskAllocation, DiskMode, DiskSpec } from './model.ts'
import type { PageFile } from './page-file.ts'

export interface DiskShelfSpec {
  readonly pages: PageFile
  readonly clock: Clock
  readonly random: Random
  readonly datastore: (name: string) => LabDatastore
}

/** Source: vSphere configuration maximums. Evidence: documented. */
const capacityBytesMax = 62 * 1024 ** 4
const roomForSnapshotBytes = 1024 * 1024

/** Makes, finds and discards the VMDKs of all datastores. */
export class DiskShelf implements AsyncDisposable {
  readonly #spec: DiskShelfSpec
  readonly #sources = new Set<DiskReader>()

  constructor(spec: DiskShelfSpec) {
    this.#spec = spec
  }

  datastore(name: string): LabDatastore {
    return this.#spec.datastore(name)
  }

  readonly newContentId = (): string => Buffer.from(this.#spec.random.bytes(16)).toString('hex')

  /** @throws `lab.file-exists`, `lab.bad-capacity`, `lab.no-space` */
  async create(text: string, spec: DiskSpec): Promise<Layer> {
    const { datastore, path } = this.#free(text)
    const sectorSizeBytes = spec.sectorSizeBytes ?? 512
    if (!isCapacity(spec.capacityBytes, sectorSizeBytes) || spec.capacityBytes < (spec.source?.capacityBytes ?? 0))
      throw fail('lab.bad-capacity', { path: text, capacityBytes: spec.capacityBytes })
    if (spec.source !== undefined) this.#sources.add(spec.source)
    const sourceAllocatedBytes = spec.source === undefined ? 0 : await allocatedBytesOf(spec.source)
    return new Layer({
      ...this.#common(),
      datastore,
      path,
      capacityBytes: spec.capacityBytes,
      sectorSizeBytes,
      allocation: spec.allocation ?? 'thin',
      adapterType: spec.adapterType ?? 'lsilogic',
      uuid: `6000c29${Buffer.from(this.#spec.random.bytes(13)).toString('hex').slice(1)}`,
      contentId: this.newContentId(),
      source: spec.source,
      sourceAllocatedBytes,
    })
  }

  /** A new disk with the bytes of a chain, sharing its pages. */
  async copy(from: string, to: string, allocation?: DiskAllocation): Promise<void> {
    const layer = this.layerAt(from)
    const { source } = layer.root
    const { capacityBytes, sectorSizeBytes, adapterType } = layer
    const copy = await this.create(to, {
      capacityBytes,
      sectorSizeBytes,
      adapterType,
      allocation: allocation ?? layer.root.allocation,
      ...(source === undefined ? {} : { source }),
    })
    copy.shareAll(layer.view())
  }

  /** The redo log of a snapshot: an empty layer on top, with the next free number. */
  createChild(parent: Layer): Layer {
    const { datastore, path } = parent.files
    const base = nameOf(path).replace(/(-\d{6})?\.vmdk$/, '')
    for (let number = 1; ; number++) {
      const child = joinPath(folderOf(path), `${base}-${String(number).padStart(6, '0')}.vmdk`)
      if (!datastore.has(child)) return this.#childAt(parent, child, { isRedo: false })
    }
  }

  /** @throws `lab.bad-path`, `lab.no-such-datastore`, `lab.file-not-found`, `lab.not-a-disk` */
  layerAt(text: string): Layer {
    const { datastore, path } = parseDatastorePath(text)
    const node = this.datastore(datastore).node(path)
    if (node === undefined) throw fail('lab.file-not-found', { path: text })
    const layer = layerOf(node)
    if (layer === undefined) throw fail('lab.not-a-disk', { path: text })
    return layer
  }

  /**
   * The layer itself, if it is free to be written to for good; else a redo log on top of it, which pins what is below.
   * Source: VADP programming guide, HotAdd: "a redo log is created next to the base disk". Evidence: documented.
   */
  layerToAttach(text: string, mode: DiskMode = 'persistent'): Layer {
    const layer = this.layerAt(text)
    if (layer.runningIn !== undefined) throw fail('lab.file-locked', { path: text, by: layer.runningIn })
    if (!isFrozen(layer) && mode !== 'independent_nonpersistent') return layer
    this.checkRoomForSnapshot(layer)
    const { path } = layer.files
    const suffix = Buffer.from(this.#spec.random.bytes(3)).toString('hex')
    return this.#childAt(layer, path.replace(/\.vmdk$/, `-REDO_${suffix}.vmdk`), { isRedo: true })
  }

  /** @throws `lab.disk-has-children`, `lab.bad-capacity`, `lab.no-space` */
  grow(layer: Layer, capacityBytes: number): void {
    if (layer.isDelta || isFrozen(layer)) throw fail('lab.disk-has-children', { path: layer.fileName })
    if (!isCapacity(capacityBytes, layer.sectorSizeBytes) || capacityBytes < layer.capacityBytes)
      throw fail('lab.bad-capacity', { path: layer.fileName, capacityBytes })
    layer.grow(capacityBytes)
  }

  /** @throws `lab.no-space` */
  checkRoomForSnapshot(layer: Layer): void {
    const { name, freeBytes } = layer.files.datastore
    if (freeBytes < roomForSnapshotBytes)
      throw fail('lab.no-space', { datastore: name, neededBytes: roomForSnapshotBytes, freeBytes })
  }

  /** Files that another VM has attached stay where they are; one who only reads them follows. @throws `lab.file-locked` */
  checkNotAttached(layer: Layer): void {
    for (const { label } of layer.pins)
      if (label === attachedPin) throw fail('lab.file-locked', { path: layer.fileName, by: label })
  }

  /** @throws `lab.file-locked` */
  checkUnpinned(layer: Layer): void {
    for (const pin of layer.pins) throw fail('lab.file-locked', { path: layer.fileName, by: pin.label })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#sources) await source[Symbol.asyncDispose]()
  }

  #childAt(parent: Layer, path: string, { isRedo }: { readonly isRedo: boolean }): Layer {
    const { capacityBytes, sectorSizeBytes, allocation, adapterType, uuid, contentId } = parent
    const { datastore } = parent.files
    const inherited = { capacityBytes, sectorSizeBytes, allocation, adapterType, uuid, contentId }
    return new Layer({ ...this.#common(), ...inherited, datastore, path, parent, isRedo })
  }

  #free(text: string): { datastore: LabDatastore; path: string } {
    const { datastore: name, path } = parseDatastorePath(text)
    if (!path.endsWith('.vmdk')) throw fail('lab.bad-path', { path: text })
    const datastore = this.datastore(name)
    if (datastore.has(path)) throw fail('lab.file-exists', { path: formatDatastorePath({ datastore: name, path }) })
    return { datastore, path }
  }

  #common(): { pages: PageFile; nowMs: () => number } {
    return { pages: this.#spec.pages, nowMs: () => this.#spec.clock.nowMs() }
  }
}

/** Whether something stands on it that relies on its bytes. */
export function isFrozen(layer: Layer): boolean {
  return layer.children.size > 0 || [...layer.holders].some((holder) => holder instanceof LabSnapshotDisk)
}

const isCapacity = (capacityBytes: number, sectorSizeBytes: number) =>
  Number.isSafeInteger(capacityBytes) &&
  capacityBytes > 0 &&
  capacityBytes % sectorSizeBytes === 0 &&
  capacityBytes <= capacityBytesMax

async function allocatedBytesOf(source: DiskReader): Promise<number> {
  let sum = 0
  for await (const extent of source.allocated(whole(source.capacityBytes))) sum += extent.lengthBytes
  return sum
}
