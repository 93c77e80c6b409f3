import { type AppError, type Clock, Limiter, type Random } from '@vmkeep/kit'
import type { DiskReader } from '@vmkeep/disk'
import { fail } from '../errors.ts'
import { changedAreas } from './changed-areas.ts'
import { consolidateLayers, mergeablePairs } from './consolidation.ts'
import { doAt } from './faults.ts'
import { FrozenDisk } from './frozen-disk.ts'
import { type DiskOwner, LabDisk } from './lab-disk.ts'
import { LabSnapshot, LabSnapshotDisk, SnapshotTree, withChildren } from './lab-snapshot.ts'
import type { Layer } from './layer.ts'
import type {
  ChangedAnswer,
  ChangedQuery,
  ChangeTrackingSettings,
  DiskSpec,
  Faults,
  RemoveOptions,
  SnapshotSpec,
  VmDiskSpec,
  VmStorage,
  VmStorageSpec,
} from './model.ts'
import { type DiskShelf, discard } from './disk-shelf.ts'
import { VmFolder } from './vm-folder.ts'
import { VmTracking } from './vm-tracking.ts'

export interface LabVmContext {
  readonly shelf: DiskShelf
  readonly clock: Clock
  readonly random: Random
  readonly faults: Faults
  readonly settings: ChangeTrackingSettings
}

const defaultBlockSizeBytes = 64 * 1024

/** A VM's disks, snapshots and change tracking. Every change of bytes or layers holds {@link writing}. */
export class LabVm implements VmStorage, DiskOwner {
  readonly name: string
  readonly writing = new Limiter(1)
  readonly #context: LabVmContext
  readonly #folder: VmFolder
  readonly #disks = new Map<number, LabDisk>()
  readonly #tree = new SnapshotTree()
  readonly #tracking: VmTracking
  readonly #consolidating = new Limiter(1)
  #power: 'on' | 'off' | 'suspended' = 'off'
  /** A removal left layers that could have been merged. */
  #isIncomplete = false

  constructor({ name, vmxPath }: VmStorageSpec, context: LabVmContext) {
    this.name = name
    this.#context = context
    this.#folder = new VmFolder(vmxPath, context.shelf)
    this.#tracking = new VmTracking({
      random: context.random,
      blockSizeBytes: context.settings.blockSizeBytes ?? defaultBlockSizeBytes,
      disks: () => this.#disks.values(),
      hasSnapshots: () => this.#tree.all.length > 0,
    })
  }

  get vmxPath(): string {
    return this.#folder.vmxPath
  }

  get disks(): readonly LabDisk[] {
    return [...this.#disks.values()]
  }

  disk(key: number): LabDisk {
    const disk = this.#disks.get(key)
    if (disk === undefined) throw fail('lab.no-such-disk', { vm: this.name, key })
    return disk
  }

  get power(): 'on' | 'off' | 'suspended' {
    return this.#power
  }

  setPower(power: 'on' | 'off' | 'suspended', { hard = false } = {}): Promise<void> {
    return this.writing.run(async () => {
      if (power === 'on') this.#checkNotOpen()
      this.#power = power
      this.#stun()
      if (hard && this.#does('cbt.power-loss', 'reset-change-tracking')) this.#tracking.reset()
      if (power === 'off') for (const disk of this.disks) disk.layer.close(this.#context.shelf.newContentId)
    })
  }

  addDisk(spec: VmDiskSpec & DiskSpec): Promise<LabDisk> {
    return this.writing.run(async () => {
      this.#checkKey(spec.key)
      const layer = await this.#context.shelf.create(this.#folder.newDiskPath(spec.path), spec)
      return this.#attach(spec, layer)
    })
  }

  attachDisk(spec: VmDiskSpec & { readonly path: string }): Promise<LabDisk> {
    return this.writing.run(async () => {
      this.#checkKey(spec.key)
      return this.#attach(spec, this.#context.shelf.layerToAttach(spec.path))
    })
  }

  detachDisk(key: number, { destroy = false } = {}): Promise<void> {
    return this.writing.run(async () => {
      const disk = this.disk(key)
      const { layer } = disk
      if (destroy) this.#context.shelf.checkUnpinned(layer)
      this.#disks.delete(key)
      layer.holders.delete(disk)
      if (destroy || layer.isRedo) discard(layer)
    })
  }

  growDisk(key: number, capacityBytes: number): Promise<void> {
    return this.writing.run(async () => {
      const { layer } = this.disk(key)
      this.#context.shelf.grow(layer, capacityBytes)
      if (this.#does('cbt.resize', 'reset-change-tracking')) this.#tracking.reset()
    })
  }

  get snapshots(): readonly LabSnapshot[] {
    return this.#tree.all
  }

  get currentSnapshot(): LabSnapshot | undefined {
    return this.#tree.current
  }

  snapshot(id: string): LabSnapshot {
    const snapshot = this.#tree.all.find((each) => each.id === id)
    if (snapshot === undefined) throw fail('lab.no-such-snapshot', { vm: this.name, snapshot: id })
    return snapshot
  }

  createSnapshot(spec: SnapshotSpec): Promise<LabSnapshot> {
    return this.writing.run(async () => {
      if (this.#does('snapshot.create', 'fail')) throw fail('lab.by-rule', { on: 'snapshot.create', object: this.name })
      const disks = this.disks.filter((disk) => !disk.isIndependent)
      for (const disk of disks) this.#context.shelf.checkRoomForSnapshot(disk.layer)
      this.#stun()
      const made = { createdMs: this.#context.clock.nowMs(), number: this.#tree.nextNumber() }
      const snapshot = new LabSnapshot(spec, made)
      this.#folder.writeMemory(snapshot)
      for (const disk of disks) snapshot.disks.push(this.#freeze(disk, spec.name))
      this.#tree.add(snapshot)
      this.#writeList()
      return snapshot
    })
  }

  async *removeSnapshot(id: string, options: RemoveOptions = {}): AsyncGenerator<number, void, undefined> {
    const snapshot = this.snapshot(id)
    yield* this.#remove(options.removeChildren === true ? withChildren(snapshot) : [snapshot], options.consolidate)
  }

  async *removeAllSnapshots({ consolidate = true } = {}): AsyncGenerator<number, void, undefined> {
    yield* this.#remove(this.#tree.all, consolidate)
  }

  revertToSnapshot(id: string): Promise<void> {
    return this.writing.run(async () => {
      const snapshot = this.snapshot(id)
      const left = this.disks.filter((disk) => !disk.isIndependent)
      for (const disk of left) this.#disks.delete(disk.key)
      for (const frozen of snapshot.disks) {
        const leaf = this.#context.shelf.createChild(frozen.layer)
        this.#disks.set(frozen.key, new LabDisk({ owner: this, leaf, ...idOf(frozen) }))
      }
      for (const disk of left) this.#drop(disk)
      this.#tree.current = snapshot
      this.#tracking.stun()
      this.#tracking.reset()
      this.#writeList()
    })
  }

  get consolidationNeeded(): boolean {
    return (
      this.#isIncomplete &&
      this.#consolidating.held === 0 &&
      !mergeablePairs(this.#tops())[Symbol.iterator]().next().done
    )
  }

  async *consolidate(): AsyncGenerator<number, void, undefined> {
    const stopped = yield* this.#consolidate()
    if (stopped !== undefined) throw stopped
  }

  get changeTracking(): { readonly configured: boolean; readonly effective: boolean } {
    return { configured: this.#tracking.configured, effective: this.#tracking.effective }
  }

  setChangeTracking(enabled: boolean): Promise<void> {
    return this.writing.run(async () => {
      this.#tracking.configured = enabled
      if (this.#power === 'off') this.#tracking.stun()
    })
  }

  queryChanged(query: ChangedQuery): Promise<ChangedAnswer> {
    return this.writing.run(async () => {
      const moment = this.#moment(query)
      if ('kind' in moment) return moment
      return changedAreas(moment, query, this.#context)
    })
  }

  frozenView(snapshotId: string, key: number): DiskReader {
    const disk = this.snapshot(snapshotId).disks.find((each) => each.key === key)
    if (disk === undefined) throw fail('lab.no-such-disk', { vm: `${this.name}, ${snapshotId}`, key })
    return new FrozenDisk(disk.layer)
  }

  relocate(folder: string, { keepChangeTracking = true } = {}): Promise<void> {
    return this.writing.run(async () => {
      await this.#folder.relocate(folder, new Set([...this.#tops()].flatMap((top) => top.chain)))
      if (!keepChangeTracking) this.#tracking.reset()
      this.#writeList()
    })
  }

  /** Nothing refers to its layers any more; with `destroy` they and its files are gone. */
  release({ destroy }: { readonly destroy: boolean }): void {
    const tops = [...this.#tops()]
    if (destroy) for (const top of tops) this.#context.shelf.checkUnpinned(top)
    for (const holder of [...this.#disks.values(), ...this.#tree.all.flatMap((snapshot) => snapshot.disks)])
      holder.layer.holders.delete(holder)
    if (!destroy) return
    for (const top of tops) discard(top)
    this.#folder.remove()
  }

  async *#remove(snapshots: readonly LabSnapshot[], consolidate = true): AsyncGenerator<number, void, undefined> {
    await this.writing.run(async () => {
      for (const snapshot of snapshots) {
        this.#tree.remove(snapshot)
        this.#folder.removeMemory(snapshot)
      }
      for (const disk of snapshots.flatMap((snapshot) => snapshot.disks)) discard(disk.layer)
      this.#writeList()
    })
    yield 0
    if (consolidate) yield* this.#consolidate()
    else this.#isIncomplete = true
    await this.writing.run(async () => {
      this.#stun()
      this.#writeList()
    })
    yield 100
  }

  async *#consolidate(): AsyncGenerator<number, AppError | undefined> {
    using _place = await this.#consolidating.acquire()
    const { faults } = this.#context
    const task = { vmName: this.name, tops: () => this.#tops(), writing: this.writing, faults }
    this.#isIncomplete = true // and stays so if the caller stops asking
    const stopped = yield* consolidateLayers(task)
    this.#isIncomplete = stopped !== undefined
    return stopped
  }

  #attach(spec: VmDiskSpec, layer: Layer): LabDisk {
    const { key, node = `scsi0:${key - 2000}`, mode = 'persistent' } = spec
    const isTrackable = spec.trackable ?? !mode.startsWith('independent')
    const disk = new LabDisk({ owner: this, key, node, mode, isTrackable, leaf: layer })
    this.#disks.set(key, disk)
    this.#tracking.follow(disk, { startedLate: false })
    return disk
  }

  /** The disk goes on in a new layer; what it was stays as it is. */
  #freeze(disk: LabDisk, snapshotName: string): LabSnapshotDisk {
    const hidesChangeId = doAt(this.#context.faults, 'cbt.change-id', disk.layer.fileName)?.do === 'empty-change-id'
    const frozen = new LabSnapshotDisk(disk, snapshotName, { hidesChangeId })
    frozen.layer.close(this.#context.shelf.newContentId)
    disk.layer = this.#context.shelf.createChild(frozen.layer)
    return frozen
  }

  #drop(disk: LabDisk): void {
    disk.layer.holders.delete(disk)
    if (disk.layer.isDelta) discard(disk.layer)
  }

  #stun(): void {
    this.#tracking.stun()
    if (this.#does('cbt.stun', 'reset-change-tracking')) this.#tracking.reset()
  }

  #moment({ snapshotId, deviceKey }: ChangedQuery): Parameters<typeof changedAreas>[0] | ChangedAnswer {
    if (snapshotId === undefined) {
      const disk = this.#disks.get(deviceKey)
      if (disk === undefined) return { kind: 'invalid-argument', property: 'deviceKey' }
      const { layer, capacityBytes, tracker } = disk
      return { layer, capacityBytes, tracker, sequence: tracker?.sequence ?? 0 }
    }
    const snapshot = this.#tree.all.find((each) => each.id === snapshotId)
    if (snapshot === undefined) return { kind: 'invalid-argument', property: 'snapshot' }
    const disk = snapshot.disks.find((each) => each.key === deviceKey)
    return disk ?? { kind: 'invalid-argument', property: 'deviceKey' }
  }

  #tops(): Iterable<Layer> {
    const holders = [...this.#disks.values(), ...this.#tree.all.flatMap((snapshot) => snapshot.disks)]
    return holders.map((holder) => holder.layer)
  }

  #writeList(): void {
    this.#folder.writeList(this.#tree.all, this.#tree.current)
  }

  #checkKey(key: number): void {
    if (this.#disks.has(key)) throw fail('lab.disk-key-taken', { vm: this.name, key })
  }

  #checkNotOpen(): void {
    for (const { layer } of this.disks)
      for (const pin of layer.pins)
        if (pin.isExclusive) throw fail('lab.file-locked', { path: layer.fileName, by: pin.label })
  }

  #does(on: string, action: string): boolean {
    return doAt(this.#context.faults, on, this.name)?.do === action
  }
}

const idOf = ({ key, node, mode, isTrackable }: LabSnapshotDisk) => ({ key, node, mode, isTrackable })
