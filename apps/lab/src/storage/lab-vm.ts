import { type Clock, Limiter, type Random } from '@vmkeep/kit'
import type { DiskReader } from '@vmkeep/disk'
import { fail } from '../errors.ts'
import { changedAreas, type TrackedMoment } from './changed-areas.ts'
import type { Checkpoint } from './checkpoint.ts'
import { Consolidator } from './consolidation.ts'
import type { DiskShelf } from './disk-shelf.ts'
import { doAt } from './faults.ts'
import { FrozenDisk } from './frozen-disk.ts'
import type { DiskOwner, LabDisk } from './lab-disk.ts'
import { LabSnapshot, LabSnapshotDisk, SnapshotTree, withChildren } from './lab-snapshot.ts'
import type { Layer, LayerHolder } from './layer.ts'
import type {
  ChangedAnswer,
  ChangedQuery,
  ChangeTrackingSettings,
  DatastoreFile,
  DiskSpec,
  Faults,
  GuestState,
  LeftBehind,
  NewSnapshot,
  RemoveOptions,
  SparseBytes,
  VmDiskSpec,
  VmStorage,
  VmStorageSpec,
} from './model.ts'
import { contentDigest } from './sparse-bytes.ts'
import { Suspension } from './suspension.ts'
import { VmDisks } from './vm-disks.ts'
import { VmFolder } from './vm-folder.ts'
import { type ListedSnapshot, parentsFirst, type SnapshotList } from './vmsd.ts'
import { VmTracking } from './vm-tracking.ts'

export interface LabVmContext {
  readonly shelf: DiskShelf
  readonly clock: Clock
  readonly random: Random
  readonly faults: Faults
  readonly settings: ChangeTrackingSettings
}

const defaultBlockSizeBytes = 64 * 1024

/** A VM's disks, snapshots and change tracking. Every change of bytes or layers holds {@link writing}: what is done is one instant. */
export class LabVm implements VmStorage, DiskOwner {
  readonly name: string
  readonly writing = new Limiter(1)
  readonly #context: LabVmContext
  readonly #folder: VmFolder
  readonly #disks: VmDisks
  readonly #tree = new SnapshotTree()
  readonly #tracking: VmTracking
  readonly #consolidator: Consolidator
  readonly #suspension: Suspension
  #power: 'on' | 'off' | 'suspended' = 'off'
  #writes = 0

  constructor({ name, vmxPath }: VmStorageSpec, context: LabVmContext) {
    const { shelf, random, settings, faults } = context
    this.name = name
    this.#context = context
    this.#folder = new VmFolder(vmxPath, shelf)
    this.#suspension = new Suspension(this.#folder, random)
    this.#disks = new VmDisks({ owner: this, shelf, faults })
    this.#tracking = new VmTracking({
      random,
      blockSizeBytes: settings.blockSizeBytes ?? defaultBlockSizeBytes,
      disks: () => this.#disks.all,
      hasSnapshots: () => this.#tree.all.length > 0,
    })
    this.#consolidator = new Consolidator({
      vmName: name,
      tops: () => this.#tops(),
      writing: this.writing,
      faults,
      clock: context.clock,
      guestWrites: (bytes) => this.#guestWrites(bytes),
    })
  }

  get vmxPath(): string {
    return this.#folder.vmxPath
  }

  get writes(): number {
    return this.#writes
  }

  wrote(): void {
    this.#writes++
  }

  get disks(): readonly LabDisk[] {
    return this.#disks.all
  }

  disk(key: number): LabDisk {
    return this.#disks.get(key)
  }

  get power(): 'on' | 'off' | 'suspended' {
    return this.#power
  }

  setPower(power: 'on' | 'off', { hard = false } = {}): Promise<void> {
    return this.writing.run(async () => {
      if (power === 'on' && this.#power !== 'on') this.#disks.checkNotOpen()
      if (power === 'on' && this.#power === 'off') this.#tracking.renewLost()
      this.#power = power
      this.#suspension.discard()
      this.#stun()
      if (hard) this.#mayReset('cbt.power-loss')
      if (power === 'off') this.#disks.close()
    })
  }

  suspend({ config, memory }: GuestState): Promise<void> {
    return this.writing.run(async () => {
      const held = memory()
      await this.#suspension.write(await this.#checkpoint(config, held), held)
      this.#power = 'suspended'
      this.#stun()
    })
  }

  resume(): Promise<{ readonly memory: DatastoreFile; readonly writes: number }> {
    return this.writing.run(async () => {
      this.#disks.checkNotOpen()
      const memory = await this.#suspension.open(() => this.#disks.digests())
      this.#power = 'on'
      this.#suspension.discard()
      this.#stun()
      return { memory, writes: this.#writes }
    })
  }

  get suspendFileName(): string | undefined {
    return this.#suspension.fileName
  }

  get suspendedMemory(): SparseBytes | undefined {
    return this.#suspension.memory
  }

  addDisk(spec: VmDiskSpec & DiskSpec): Promise<LabDisk> {
    return this.writing.run(async () => {
      this.#disks.checkKey(spec.key)
      return this.#attach(spec, await this.#context.shelf.create(this.#folder.newDiskPath(spec.path), spec))
    })
  }

  attachDisk(spec: VmDiskSpec & { readonly path: string }): Promise<LabDisk> {
    return this.writing.run(async () => {
      this.#disks.checkKey(spec.key)
      return this.#attach(spec, this.#context.shelf.layerToAttach(spec.path, spec.mode))
    })
  }

  detachDisk(key: number, { destroy = false } = {}): Promise<void> {
    return this.writing.run(async () => this.#disks.detach(key, { destroy }))
  }

  growDisk(key: number, capacityBytes: number): Promise<void> {
    return this.writing.run(async () => {
      this.#context.shelf.grow(this.disk(key).layer, capacityBytes)
      this.#mayReset('cbt.resize')
    })
  }

  get snapshots(): readonly LabSnapshot[] {
    return this.#tree.all
  }

  get currentSnapshot(): LabSnapshot | undefined {
    return this.#tree.current
  }

  snapshot(id: string): LabSnapshot {
    const snapshot = this.#tree.find(id)
    if (snapshot === undefined) throw fail('lab.no-such-snapshot', { vm: this.name, snapshot: id })
    return snapshot
  }

  createSnapshot({ config = '', memory, ...spec }: NewSnapshot): Promise<LabSnapshot> {
    return this.writing.run(async () => {
      const { shelf, clock } = this.#context
      if (this.#does('snapshot.create', 'fail')) throw fail('lab.by-rule', { on: 'snapshot.create', object: this.name })
      for (const disk of this.#disks.inSnapshots()) shelf.checkRoomForSnapshot(disk.layer)
      this.#stun()
      const number = this.#tree.nextNumber()
      const fileName = this.#folder.snapshotFileName(number)
      const made = { createdMs: clock.nowMs(), number, fileName, hasMemory: memory !== undefined }
      const snapshot = new LabSnapshot({ ...spec, ...made })
      const held = memory?.() // the VM stands still: its memory is of the instant its disks are of
      await this.#folder.writeCheckpoint(fileName, await this.#checkpoint(config, held), held)
      this.#disks.freeze(snapshot)
      this.#tree.add(snapshot)
      this.#writeList()
      return snapshot
    })
  }

  async *removeSnapshot(id: string, options: RemoveOptions = {}): AsyncGenerator<number, void, undefined> {
    const snapshot = this.snapshot(id)
    yield* this.#remove(options.removeChildren === true ? withChildren(snapshot) : [snapshot], options)
  }

  async *removeAllSnapshots(options: { readonly consolidate?: boolean } = {}): AsyncGenerator<number, void, undefined> {
    yield* this.#remove(this.#tree.all, options)
  }

  revertToSnapshot(id: string): Promise<void> {
    return this.writing.run(async () => {
      const snapshot = this.snapshot(id)
      const checkpoint = await this.#folder.readCheckpoint(snapshot.fileName)
      if (snapshot.memoryFileName === undefined) this.#suspension.discard()
      else await this.#suspension.copyFrom(snapshot.fileName, checkpoint)
      this.#power = snapshot.memoryFileName === undefined ? 'off' : 'suspended'
      this.#disks.revert(snapshot)
      this.#tree.current = snapshot
      this.#tracking.stun()
      this.#tracking.reset()
      this.#writeList()
    })
  }

  async keptState(fileName: string): Promise<Pick<Checkpoint, 'power' | 'config'> | undefined> {
    return await this.#folder.readCheckpoint(fileName).catch(() => undefined)
  }

  listedSnapshots(): Promise<SnapshotList> {
    return this.#folder.readList()
  }

  adopt({ list, suspendFileName, idOf, keyOf }: LeftBehind): void {
    const adopted = new Map<number, LabSnapshot>()
    for (const listed of parentsFirst(list.snapshots)) {
      const snapshot = new LabSnapshot({ ...listed, id: idOf(listed) })
      snapshot.disks.push(
        ...listed.disks.map(({ node, path }) => this.#frozenAt({ node, path, key: keyOf(node) }, listed)),
      )
      this.#tree.adopt(snapshot, adopted.get(listed.parentNumber ?? -1))
      adopted.set(listed.number, snapshot)
    }
    this.#tree.continueFrom({ lastNumber: list.lastNumber, current: adopted.get(list.currentNumber ?? -1) })
    if (suspendFileName === undefined || !this.#folder.has(suspendFileName)) return
    this.#suspension.adopt(suspendFileName)
    this.#power = 'suspended'
  }

  get consolidationNeeded(): boolean {
    return this.#consolidator.isNeeded
  }

  async *consolidate(): AsyncGenerator<number, void, undefined> {
    const stopped = yield* this.#consolidator.run()
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
      return await changedAreas(moment, query, this.#context)
    })
  }

  frozenView(snapshotId: string, key: number): DiskReader {
    const disk = this.snapshot(snapshotId).find(key)
    if (disk === undefined) throw fail('lab.no-such-disk', { vm: `${this.name}, ${snapshotId}`, key })
    return new FrozenDisk(disk.layer)
  }

  relocate(folder: string, { keepChangeTracking = true } = {}): Promise<void> {
    return this.writing.run(async () => {
      for (const top of this.#tops()) this.#context.shelf.checkNotAttached(top)
      await this.#folder.relocate(folder, new Set(this.#tops().flatMap((top) => top.chain)))
      if (!keepChangeTracking) this.#tracking.reset()
      this.#writeList()
    })
  }

  /** Nothing refers to its layers any more; with `destroy` they and its files are gone. */
  release({ destroy }: { readonly destroy: boolean }): void {
    const tops = this.#tops()
    if (destroy) for (const top of tops) this.#context.shelf.checkUnpinned(top)
    for (const holder of this.#holders()) holder.layer.holders.delete(holder)
    if (!destroy) return
    for (const top of tops) top.discard()
    this.#folder.discard()
  }

  async *#remove(
    snapshots: readonly LabSnapshot[],
    { consolidate = true }: { readonly consolidate?: boolean },
  ): AsyncGenerator<number, void, undefined> {
    await this.writing.run(async () => this.#forget(snapshots))
    yield 0
    if (consolidate) yield* this.#consolidator.run()
    else this.#consolidator.postpone()
    await this.writing.run(async () => {
      this.#stun()
      this.#writeList() // files may have new names now
    })
    yield 100
  }

  #forget(snapshots: readonly LabSnapshot[]): void {
    for (const snapshot of snapshots) {
      this.#tree.remove(snapshot)
      this.#folder.remove([snapshot.fileName, snapshot.memoryFileName])
    }
    for (const disk of snapshots.flatMap((snapshot) => snapshot.disks)) disk.layer.discard()
    this.#writeList()
  }

  async #checkpoint(config: string, memory: SparseBytes | undefined): Promise<Checkpoint> {
    if (memory === undefined) return { power: this.#power, config, disks: [] }
    const held = { sizeBytes: memory.sizeBytes, digest: await contentDigest(memory) }
    return { power: this.#power, config, memory: held, disks: await this.#disks.digests() }
  }

  #frozenAt(place: { readonly key: number; readonly node: string; readonly path: string }, { name }: ListedSnapshot) {
    const { key, node, path } = place
    const layer = this.#context.shelf.layerAt(path)
    const { capacityBytes, sectorSizeBytes } = layer
    const rest = { mode: 'persistent', isTrackable: true, tracker: undefined } as const
    const disk = { key, node, layer, capacityBytes, sectorSizeBytes, ...rest }
    return new LabSnapshotDisk(disk, name, { hidesChangeId: false })
  }

  #attach(spec: VmDiskSpec, layer: Layer): LabDisk {
    const disk = this.#disks.attach(spec, layer)
    this.#tracking.follow(disk, { startedLate: false })
    return disk
  }

  #stun(): void {
    this.#tracking.stun()
    this.#mayReset('cbt.stun')
  }

  #mayReset(on: string): void {
    if (this.#does(on, 'reset-change-tracking')) this.#tracking.reset()
  }

  #moment({ snapshotId, deviceKey }: ChangedQuery): TrackedMoment | ChangedAnswer {
    const snapshot = snapshotId === undefined ? undefined : this.#tree.find(snapshotId)
    if (snapshotId !== undefined && snapshot === undefined) return { kind: 'invalid-argument', property: 'snapshot' }
    const disk = snapshot === undefined ? this.#disks.find(deviceKey)?.now : snapshot.find(deviceKey)
    return disk ?? { kind: 'invalid-argument', property: 'deviceKey' }
  }

  async #guestWrites(bytes: number): Promise<void> {
    if (this.#power !== 'on') return
    const { random } = this.#context
    for (const disk of this.#disks.inSnapshots()) {
      const length = Math.min(bytes, disk.capacityBytes)
      const offset = 512 * Math.floor((random.fraction() * (disk.capacityBytes - length)) / 512)
      await disk.writeGuest(offset, random.bytes(length))
    }
  }

  #tops(): Layer[] {
    return this.#holders().map((holder) => holder.layer)
  }

  #holders(): LayerHolder[] {
    return [...this.#disks.all, ...this.#tree.all.flatMap((snapshot) => snapshot.disks)]
  }

  #writeList(): void {
    this.#folder.writeList(this.#tree.all, this.#tree.current)
  }

  #does(on: string, action: string): boolean {
    return doAt(this.#context.faults, on, this.name)?.do === action
  }
}
