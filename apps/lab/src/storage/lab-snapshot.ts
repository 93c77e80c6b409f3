import { memoryFileNameOf } from './checkpoint.ts'
import type { ChangeTracker } from './change-tracker.ts'
import { formatChangeId } from './change-id.ts'
import { backingOf, type LabDisk } from './lab-disk.ts'
import type { Layer, LayerHolder } from './layer.ts'
import type { DiskBacking, DiskMode, SnapshotDisk, SnapshotSpec, VmSnapshot } from './model.ts'

export interface LabSnapshotSpec extends SnapshotSpec {
  readonly createdMs: number
  readonly number: number
  readonly fileName: string
  readonly hasMemory: boolean
}

/** One instant of a VM's disks. */
export class LabSnapshot implements VmSnapshot {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly createdMs: number
  /** Counts up per VM; part of file names. */
  readonly number: number
  readonly fileName: string
  readonly memoryFileName: string | undefined
  parent: LabSnapshot | undefined
  readonly children: LabSnapshot[] = []
  readonly disks: LabSnapshotDisk[] = []

  constructor({ id, name, description = '', createdMs, number, fileName, hasMemory }: LabSnapshotSpec) {
    this.id = id
    this.name = name
    this.description = description
    this.createdMs = createdMs
    this.number = number
    this.fileName = fileName
    this.memoryFileName = hasMemory ? memoryFileNameOf(fileName) : undefined
  }

  find(key: number): LabSnapshotDisk | undefined {
    return this.disks.find((disk) => disk.key === key)
  }
}

/** What of a disk a snapshot keeps. */
export type FrozenPlace = Pick<
  LabDisk,
  'key' | 'node' | 'mode' | 'isTrackable' | 'capacityBytes' | 'sectorSizeBytes' | 'tracker' | 'layer'
>

/** A disk frozen by a snapshot: the layer it froze, and where its change tracking stood. */
export class LabSnapshotDisk implements SnapshotDisk, LayerHolder {
  readonly key: number
  readonly node: string
  readonly mode: DiskMode
  readonly isTrackable: boolean
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly label: string
  readonly isRunning = false
  /** Absent if CBT was not effective, or hidden by a rule. */
  readonly changeId: string | undefined
  readonly tracker: ChangeTracker | undefined
  readonly sequence: number
  #layer: Layer

  constructor(disk: FrozenPlace, snapshotName: string, options: { hidesChangeId: boolean }) {
    this.key = disk.key
    this.node = disk.node
    this.mode = disk.mode
    this.isTrackable = disk.isTrackable
    this.capacityBytes = disk.capacityBytes
    this.sectorSizeBytes = disk.sectorSizeBytes
    this.label = `snapshot "${snapshotName}"`
    this.tracker = disk.tracker
    this.sequence = disk.tracker?.closeEpoch() ?? 0
    const changeId = this.tracker && formatChangeId({ uuid: this.tracker.uuid, sequence: this.sequence })
    this.changeId = options.hidesChangeId ? undefined : changeId
    this.#layer = disk.layer
    this.#layer.holders.add(this)
  }

  get layer(): Layer {
    return this.#layer
  }

  set layer(layer: Layer) {
    this.#layer.holders.delete(this)
    this.#layer = layer
    layer.holders.add(this)
  }

  get backing(): DiskBacking {
    return backingOf(this.#layer, this.changeId)
  }
}

/** A VM's snapshots, and which one its disks stand on. */
export class SnapshotTree {
  readonly #roots: LabSnapshot[] = []
  #made = 0
  current: LabSnapshot | undefined

  /** Roots first, children after their parents. */
  get all(): LabSnapshot[] {
    return this.#roots.flatMap(withChildren)
  }

  find(id: string): LabSnapshot | undefined {
    return this.all.find((snapshot) => snapshot.id === id)
  }

  nextNumber(): number {
    return ++this.#made
  }

  /** Puts it on top of the current one and makes it current. */
  add(snapshot: LabSnapshot): void {
    snapshot.parent = this.current
    this.#siblings(snapshot).push(snapshot)
    this.current = snapshot
  }

  /** Puts one where it was before its VM was unregistered. */
  adopt(snapshot: LabSnapshot, parent: LabSnapshot | undefined): void {
    snapshot.parent = parent
    this.#siblings(snapshot).push(snapshot)
  }

  /** Goes on counting, and stands, where a list of snapshots says. */
  continueFrom({
    lastNumber,
    current,
  }: {
    readonly lastNumber: number
    readonly current: LabSnapshot | undefined
  }): void {
    this.#made = lastNumber
    this.current = current
  }

  /** Takes one out; its children become its parent's. */
  remove(snapshot: LabSnapshot): void {
    const siblings = this.#siblings(snapshot)
    for (const child of snapshot.children) child.parent = snapshot.parent
    siblings.splice(siblings.indexOf(snapshot), 1, ...snapshot.children)
    if (this.current === snapshot) this.current = snapshot.parent
    for (const disk of snapshot.disks) disk.layer.holders.delete(disk)
  }

  #siblings(snapshot: LabSnapshot): LabSnapshot[] {
    return snapshot.parent?.children ?? this.#roots
  }
}

/** The snapshot and all below it, parents first. */
export function withChildren(snapshot: LabSnapshot): LabSnapshot[] {
  return [snapshot, ...snapshot.children.flatMap(withChildren)]
}
