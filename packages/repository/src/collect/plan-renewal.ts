import type { PartlyNeeded } from './plan-repack.ts'

/** Which packs to seal anew so that replaced data keys come out of use: the oldest keys first, as many packs as `bytesMax` allows, at least one. */
export function planRenewal<Pack>(
  packs: readonly PartlyNeeded<Pack>[],
  {
    generationOf,
    isReplaced,
  }: { readonly generationOf: (pack: Pack) => number; readonly isReplaced: (keyGeneration: number) => boolean },
  { bytesMax, packsMax }: { readonly bytesMax: number; readonly packsMax: number },
): PartlyNeeded<Pack>[] {
  const replaced = packs
    .filter(({ pack }) => isReplaced(generationOf(pack)))
    .toSorted((a, b) => generationOf(a.pack) - generationOf(b.pack))
  const chosen: PartlyNeeded<Pack>[] = []
  let bytes = 0
  for (const pack of bytesMax > 0 ? replaced.slice(0, packsMax) : []) {
    bytes += pack.neededBytes
    if (bytes > bytesMax && chosen.length > 0) break
    chosen.push(pack)
  }
  return chosen
}
