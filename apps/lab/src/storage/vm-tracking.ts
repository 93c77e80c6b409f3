import type { Random } from '@vmkeep/kit'
import { newChangeUuid } from './change-id.ts'
import { ChangeTracker } from './change-tracker.ts'
import type { LabDisk } from './lab-disk.ts'

export interface VmTrackingSpec {
  readonly random: Random
  readonly blockSizeBytes: number
  readonly disks: () => Iterable<LabDisk>
  readonly hasSnapshots: () => boolean
}

/**
 * Change tracking of a VM: what its config says, and what its disks do since the last stun.
 * Source: VirtualMachineConfigSpec.changeTrackingEnabled, vSphere API reference. Evidence: documented.
 */
export class VmTracking {
  readonly #spec: VmTrackingSpec
  configured = false
  #effective = false

  constructor(spec: VmTrackingSpec) {
    this.#spec = spec
  }

  get effective(): boolean {
    return this.#effective
  }

  /** The VM stands still for a moment: what the config says becomes true. */
  stun(): void {
    if (this.configured === this.#effective) return
    this.#effective = this.configured
    for (const disk of this.#spec.disks()) this.follow(disk, { startedLate: this.#spec.hasSnapshots() })
  }

  /** Every change id given so far is dead. */
  reset(): void {
    for (const disk of this.#spec.disks()) this.follow(disk, { startedLate: this.#spec.hasSnapshots() })
  }

  /** Source: vadp.md §2.2: a power cycle cures a deleted -ctk file. Evidence: documented; that tracking starts anew by it: inferred. */
  renewLost(): void {
    for (const disk of this.#spec.disks())
      if (disk.tracker?.isLost === true) this.follow(disk, { startedLate: this.#spec.hasSnapshots() })
  }

  /** Starts tracking of a disk anew, or ends it. */
  follow(disk: LabDisk, { startedLate }: { readonly startedLate: boolean }): void {
    const { random, blockSizeBytes } = this.#spec
    const isTracked = this.#effective && disk.isTrackable
    disk.tracker = isTracked
      ? new ChangeTracker({ uuid: newChangeUuid(random), blockSizeBytes, startedLate })
      : undefined
    disk.layer.files.isTracked = isTracked
  }
}
