import type { Limiter } from '@vmkeep/kit'
import type { ChangeTracker } from './change-tracker.ts'
import type { TrackedMoment } from './changed-areas.ts'
import type { Layer, LayerHolder } from './layer.ts'
import { trimLayer, writeLayer } from './layer-writes.ts'
import type { DiskAllocation, DiskBacking, DiskMode, VirtualDisk } from './model.ts'
import { readPages } from './page-view.ts'

/** What a disk must know of its VM. */
export interface DiskOwner {
  readonly name: string
  readonly power: 'on' | 'off' | 'suspended'
  /** Held by every write and every change of layers: what makes a snapshot one instant. */
  readonly writing: Limiter
  /** One of its disks has been written to. */
  wrote(): void
}

export interface LabDiskSpec {
  readonly owner: DiskOwner
  readonly key: number
  readonly node: string
  readonly mode: DiskMode
  readonly isTrackable: boolean
  readonly leaf: Layer
}

/** A disk of a VM: the leaf it writes to, and the tracking of its changes. */
export class LabDisk implements VirtualDisk, LayerHolder {
  readonly key: number
  readonly node: string
  readonly mode: DiskMode
  readonly isTrackable: boolean
  tracker: ChangeTracker | undefined
  readonly #owner: DiskOwner
  #leaf: Layer

  constructor({ owner, key, node, mode, isTrackable, leaf }: LabDiskSpec) {
    this.#owner = owner
    this.key = key
    this.node = node
    this.mode = mode
    this.isTrackable = isTrackable
    this.#leaf = leaf
    leaf.holders.add(this)
  }

  get label(): string {
    return this.#owner.name
  }

  get isRunning(): boolean {
    return this.#owner.power === 'on'
  }

  get isIndependent(): boolean {
    return this.mode.startsWith('independent')
  }

  get layer(): Layer {
    return this.#leaf
  }

  set layer(leaf: Layer) {
    this.#leaf.holders.delete(this)
    this.#leaf = leaf
    leaf.holders.add(this)
  }

  get capacityBytes(): number {
    return this.#leaf.capacityBytes
  }

  get sectorSizeBytes(): number {
    return this.#leaf.sectorSizeBytes
  }

  get allocation(): DiskAllocation {
    return this.#leaf.root.allocation
  }

  get backing(): DiskBacking {
    return backingOf(this.#leaf, this.tracker?.changeId)
  }

  /** The disk as change tracking sees it now. */
  get now(): TrackedMoment {
    const { layer, capacityBytes, tracker } = this
    return { layer, capacityBytes, tracker, sequence: tracker?.sequence ?? 0 }
  }

  readGuest(offsetBytes: number, target: Uint8Array): Promise<void> {
    return readPages(this.#leaf.view(), this.#leaf.fileName, offsetBytes, target)
  }

  writeGuest(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    return this.#owner.writing.run(async () => {
      await writeLayer(this.#leaf, offsetBytes, bytes)
      this.tracker?.mark({ offsetBytes, lengthBytes: bytes.length })
      this.#owner.wrote()
    })
  }

  trimGuest(offsetBytes: number, lengthBytes: number): Promise<void> {
    return this.#owner.writing.run(async () => {
      await trimLayer(this.#leaf, offsetBytes, lengthBytes)
      this.tracker?.mark({ offsetBytes, lengthBytes })
      this.#owner.wrote()
    })
  }
}

/** A chain in vSphere's words, from this layer down. */
export function backingOf(layer: Layer, changeId?: string): DiskBacking {
  const { deltaDiskFormat } = layer.files
  return {
    fileName: layer.fileName,
    datastore: layer.files.datastore.name,
    uuid: dashedUuid(layer.uuid),
    contentId: layer.contentId,
    ...(changeId === undefined ? {} : { changeId }),
    thinProvisioned: layer.root.allocation === 'thin',
    eagerlyScrub: layer.root.allocation === 'eagerZeroedThick',
    ...(deltaDiskFormat === undefined ? {} : { deltaDiskFormat }),
    ...(layer.parent === undefined ? {} : { parent: backingOf(layer.parent) }),
  }
}

/** `6000C293-1f2e-…`: the first four bytes in upper case, as vSphere writes a disk's uuid. */
const dashedUuid = (hex: string) =>
  [hex.slice(0, 8).toUpperCase(), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
