import type { DiskReader, Extent } from '@vmkeep/disk'

/**
 * What a layer of a disk says of a run: bytes of its own, zeroes of its own, or nothing. Where the topmost layer says nothing its
 * parent answers, and where none says anything the disk is zeroes.
 */
export type Holding = 'data' | 'zeroes' | 'nothing'

export interface HeldRun {
  readonly extent: Extent
  readonly holding: Holding
}

/** One VMDK of a chain, read by itself: as a disk, what it does not hold reads as zeroes. */
export interface Layer extends DiskReader {
  /** Every byte of `within` once, ascending. */
  holdings(within: Extent, signal?: AbortSignal): AsyncIterable<HeldRun>
}

/** The parts that may be something else than zeroes when nothing lies under them. */
export async function* dataOf(runs: AsyncIterable<HeldRun>): AsyncIterable<Extent> {
  for await (const { extent, holding } of runs) if (holding === 'data') yield extent
}
