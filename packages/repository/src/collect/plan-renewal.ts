import type { IndexedPack } from '../index/chunk-index.ts'
import type { PartlyNeeded } from './plan-repack.ts'

/** Which packs to seal anew so that replaced data keys come out of use: the oldest keys first, as many packs as `bytesMax` allows, at least one. */
export function planRenewal(
  packs: readonly PartlyNeeded<IndexedPack>[],
  isReplaced: (keyGeneration: number) => boolean,
  { bytesMax, packsMax }: { readonly bytesMax: number; readonly packsMax: number },
): PartlyNeeded<IndexedPack>[] {
  const replaced = packs
    .filter(({ pack }) => pack.row !== undefined && isReplaced(pack.row.keyGeneration))
    .toSorted((a, b) => a.pack.row!.keyGeneration - b.pack.row!.keyGeneration)
  const chosen: PartlyNeeded<IndexedPack>[] = []
  let bytes = 0
  for (const pack of bytesMax > 0 ? replaced.slice(0, packsMax) : []) {
    bytes += pack.neededBytes
    if (bytes > bytesMax && chosen.length > 0) break
    chosen.push(pack)
  }
  return chosen
}
