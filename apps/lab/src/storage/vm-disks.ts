import { fail } from '../errors.ts'
import type { DiskShelf } from './disk-shelf.ts'
import type { CheckpointDisk } from './checkpoint.ts'
import { doAt } from './faults.ts'
import { FrozenDisk } from './frozen-disk.ts'
import { type DiskOwner, LabDisk } from './lab-disk.ts'
import { type LabSnapshot, LabSnapshotDisk } from './lab-snapshot.ts'
import type { Layer } from './layer.ts'
import type { Faults, VmDiskSpec } from './model.ts'
import { bytesOfDisk, contentDigest } from './sparse-bytes.ts'

export interface VmDisksSpec {
  readonly owner: DiskOwner
  readonly shelf: DiskShelf
  readonly faults: Faults
}

/** The disks of a VM, by key. Its owner holds the lock while it changes them. */
export class VmDisks {
  readonly #spec: VmDisksSpec
  readonly #disks = new Map<number, LabDisk>()

  constructor(spec: VmDisksSpec) {
    this.#spec = spec
  }

  get all(): readonly LabDisk[] {
    return [...this.#disks.values()]
  }

  find(key: number): LabDisk | undefined {
    return this.#disks.get(key)
  }

  /** @throws `lab.no-such-disk` */
  get(key: number): LabDisk {
    const disk = this.#disks.get(key)
    if (disk === undefined) throw fail('lab.no-such-disk', { vm: this.#spec.owner.name, key })
    return disk
  }

  /** @throws `lab.disk-key-taken` */
  checkKey(key: number): void {
    if (this.#disks.has(key)) throw fail('lab.disk-key-taken', { vm: this.#spec.owner.name, key })
  }

  /** @throws `lab.file-locked` if somebody has one open: a VM can't be powered on then */
  checkNotOpen(): void {
    for (const { layer } of this.all) this.#spec.shelf.checkUnpinned(layer)
  }

  attach({ key, node = `scsi0:${key - 2000}`, mode = 'persistent', trackable }: VmDiskSpec, leaf: Layer): LabDisk {
    const isTrackable = trackable ?? !mode.startsWith('independent')
    const disk = new LabDisk({ owner: this.#spec.owner, key, node, mode, isTrackable, leaf })
    this.#disks.set(key, disk)
    return disk
  }

  detach(key: number, { destroy }: { readonly destroy: boolean }): void {
    const disk = this.get(key)
    if (destroy) this.#spec.shelf.checkUnpinned(disk.layer)
    this.#disks.delete(key)
    disk.layer.holders.delete(disk)
    this.#mayLoseTracking(disk.layer)
    if (destroy || disk.layer.isRedo) disk.layer.discard()
  }

  /** Source: vadp.md §2.2: HotAdd's clean-up can delete the -ctk file of the disk it took off. Evidence: documented. */
  #mayLoseTracking({ isRedo, parent }: Layer): void {
    if (!isRedo || parent === undefined) return
    if (doAt(this.#spec.faults, 'cbt.detach', parent.fileName)?.do !== 'delete-tracking-file') return
    for (const holder of parent.holders)
      if (holder instanceof LabSnapshotDisk && holder.tracker !== undefined) holder.tracker.isLost = true
    for (const layer of [parent, ...parent.children]) layer.files.isTracked = false
  }

  /** Every disk a snapshot takes goes on in a new layer; what it was stays as it is. */
  freeze(snapshot: LabSnapshot): void {
    const { shelf, faults } = this.#spec
    for (const disk of this.inSnapshots()) {
      const hidesChangeId = doAt(faults, 'cbt.change-id', disk.layer.fileName)?.do === 'empty-change-id'
      const frozen = new LabSnapshotDisk(disk, snapshot.name, { hidesChangeId })
      frozen.layer.close(shelf.newContentId)
      disk.layer = shelf.createChild(frozen.layer)
      snapshot.disks.push(frozen)
    }
  }

  /** The disks of the snapshot, each in a new layer on top of what it froze, in place of those there are. */
  revert(snapshot: LabSnapshot): void {
    const { shelf, owner } = this.#spec
    const left = this.inSnapshots()
    for (const disk of left) this.#disks.delete(disk.key)
    for (const { key, node, mode, isTrackable, layer } of snapshot.disks)
      this.#disks.set(key, new LabDisk({ owner, key, node, mode, isTrackable, leaf: shelf.createChild(layer) }))
    for (const disk of left) {
      disk.layer.holders.delete(disk)
      if (disk.layer.isDelta) disk.layer.discard() // a disk added since stays, as a file
    }
  }

  inSnapshots(): LabDisk[] {
    return this.all.filter((disk) => !disk.isIndependent)
  }

  /** What each of them holds now. Nobody may write meanwhile. */
  async digests(): Promise<CheckpointDisk[]> {
    const digests: CheckpointDisk[] = []
    for (const { node, layer } of this.all) {
      await using disk = new FrozenDisk(layer)
      digests.push({ node, digest: await contentDigest(bytesOfDisk(disk)) })
    }
    return digests
  }

  close(): void {
    for (const disk of this.all) disk.layer.close(this.#spec.shelf.newContentId)
  }
}
