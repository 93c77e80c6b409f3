import type { Extent } from '@vmkeep/disk'
import { endOf } from '@vmkeep/disk'
import { BlockSet } from './block-set.ts'
import { type ChangeId, formatChangeId } from './change-id.ts'

export interface ChangeTrackerSpec {
  readonly uuid: string
  readonly blockSizeBytes: number
  /** Whether snapshots existed when tracking began: `*` then can't tell what is in use. */
  readonly startedLate: boolean
}

/**
 * Which blocks of a disk were written in which epoch.
 *
 * ```
 *  epoch     1          2          3
 *  writes  ▒▒▒▒▒▒▒│▒▒▒▒▒▒▒▒▒▒│▒▒▒▒▒▒▒▒▒ …
 *        started  S1         S2        now
 *  change id     uuid/1     uuid/2    uuid/3
 * ```
 * A snapshot closes an epoch and gets its number. Changes since `uuid/1` as of S2 are the writes of epoch 2.
 */
export class ChangeTracker {
  readonly uuid: string
  readonly blockSizeBytes: number
  readonly startedLate: boolean
  readonly #epochs: BlockSet[] = [new BlockSet()]
  /** Its file is gone: it goes on counting, and can answer nothing. */
  isLost = false

  constructor({ uuid, blockSizeBytes, startedLate }: ChangeTrackerSpec) {
    this.uuid = uuid
    this.blockSizeBytes = blockSizeBytes
    this.startedLate = startedLate
  }

  /** Of the epoch that is open. */
  get sequence(): number {
    return this.#epochs.length
  }

  get changeId(): string {
    return formatChangeId({ uuid: this.uuid, sequence: this.sequence })
  }

  mark(extent: Extent): void {
    const { blockSizeBytes } = this
    const first = Math.floor(extent.offsetBytes / blockSizeBytes)
    this.#epochs.at(-1)!.add(first, Math.ceil(endOf(extent) / blockSizeBytes))
  }

  /** Ends the epoch; returns its number. */
  closeEpoch(): number {
    return this.#epochs.push(new BlockSet()) - 1
  }

  /** Whether it has seen everything since. */
  knows({ uuid, sequence }: ChangeId, untilSequence: number): boolean {
    return uuid === this.uuid && sequence >= 1 && sequence <= untilSequence
  }

  /** What was written after `sinceSequence` up to the end of `untilSequence`: whole blocks, ascending, cut to `within`. */
  *changed(sinceSequence: number, untilSequence: number, within: Extent): Iterable<Extent> {
    const { blockSizeBytes } = this
    const epochs = this.#epochs.slice(sinceSequence, untilSequence)
    const first = Math.floor(within.offsetBytes / blockSizeBytes)
    const end = Math.ceil(endOf(within) / blockSizeBytes)
    for (const [from, to] of BlockSet.runs(epochs, first, end)) {
      const offsetBytes = Math.max(from * blockSizeBytes, within.offsetBytes)
      yield { offsetBytes, lengthBytes: Math.min(to * blockSizeBytes, endOf(within)) - offsetBytes }
    }
  }
}
