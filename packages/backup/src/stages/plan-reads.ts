import { aligned, between, type DiskReader, endOf, type Extent, split } from '@vmkeep/disk'

/** A chunk-aligned run to read, or one known to read as zeroes. */
export interface PlannedRun {
  readonly extent: Extent
  readonly kind: 'read' | 'zero'
}

/** Changed extents nearer to each other than this share one question about what is allocated. */
const windowBytesMax = 16 * 1024 ** 3

/**
 * Turns changed extents into chunk-aligned runs to read and runs that are zero.
 *
 * What changed and is no longer allocated (the guest trimmed it) must become zeroes, not be left out: else a restore would
 * bring back the old bytes of the base. Source: vadp.md §1.7, from a peer's code. Evidence: inferred, tested in stages.test.ts.
 *
 * @param changed ascending, as vSphere gives them; any alignment
 * @param options.trustAllocated whether `disk.allocated` is to be believed; if not, all that changed is read
 */
export async function* planReads(
  changed: AsyncIterable<Extent>,
  disk: DiskReader,
  { chunkSizeBytes, trustAllocated }: { readonly chunkSizeBytes: number; readonly trustAllocated: boolean },
  signal?: AbortSignal,
): AsyncIterable<PlannedRun> {
  const chunks = aligned(changed, chunkSizeBytes, disk.capacityBytes)
  if (!trustAllocated) {
    for await (const extent of chunks) yield { extent, kind: 'read' }
    return
  }
  for await (const group of windows(chunks)) {
    const span = between(group[0]!.offsetBytes, endOf(group.at(-1)!))
    const allocated = aligned(disk.allocated(span, signal), chunkSizeBytes, disk.capacityBytes)
    for await (const { extent, covered } of split(group, allocated)) yield { extent, kind: covered ? 'read' : 'zero' }
  }
}

/** Groups ascending extents so that each group spans at most {@link windowBytesMax} and 1,000 extents: memory stays bounded. */
async function* windows(extents: AsyncIterable<Extent>): AsyncIterable<Extent[]> {
  let group: Extent[] = []
  for await (const extent of extents) {
    if (group.length > 0 && (group.length >= 1000 || endOf(extent) - group[0]!.offsetBytes > windowBytesMax)) {
      yield group
      group = []
    }
    group.push(extent)
  }
  if (group.length > 0) yield group
}
