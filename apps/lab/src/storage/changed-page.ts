import { between, endOf, type Extent } from '@vmkeep/disk'
import type { ChangedAnswer, ChangeTrackingSettings } from './model.ts'

type Extents = AsyncIterable<Extent> | Iterable<Extent>

/**
 * Cuts one page out of the changed areas of a disk. What it describes ends with its last extent when there were too many,
 * and may be empty.
 */
export async function changedPage(
  areas: (within: Extent) => Extents,
  { startOffset, capacityBytes }: { readonly startOffset: number; readonly capacityBytes: number },
  { extentsPerPageMax = 2000, pageLengthBytesMax = Infinity }: ChangeTrackingSettings,
): Promise<ChangedAnswer & { kind: 'page' }> {
  const within = between(startOffset, Math.min(capacityBytes, startOffset + pageLengthBytesMax))
  const extents: Extent[] = []
  for await (const extent of areas(within)) {
    if (extents.length === extentsPerPageMax)
      return { kind: 'page', startOffset, length: endOf(extents.at(-1)!) - startOffset, extents }
    extents.push(extent)
  }
  return { kind: 'page', startOffset, length: within.lengthBytes, extents }
}
