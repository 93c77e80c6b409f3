/** A pack that is partly needed. */
export interface PartlyNeeded<Pack> {
  readonly pack: Pack
  readonly sizeBytes: number
  readonly neededBytes: number
  readonly ageMs: number
  /** Something in it is not what was written: it goes first, whatever it gives. */
  readonly damaged?: boolean
}

/**
 * Which packs to copy the needed part out of, so that at most `deadShareMax` of all bytes are dead. First those that give most for
 * their cost, by what LFS found: (1 − u) · age / (1 + u), with u the needed share. Pure.
 */
export function planRepack<Pack>(
  packs: readonly PartlyNeeded<Pack>[],
  { deadShareMax, totalBytes, packsMax }: { deadShareMax: number; totalBytes: number; packsMax: number },
): PartlyNeeded<Pack>[] {
  const benefit = ({ sizeBytes, neededBytes, ageMs }: PartlyNeeded<Pack>) =>
    ((sizeBytes - neededBytes) * (ageMs + 1)) / (sizeBytes + neededBytes)
  let dead = packs.reduce((sum, { sizeBytes, neededBytes }) => sum + sizeBytes - neededBytes, 0)
  let total = totalBytes
  const chosen: PartlyNeeded<Pack>[] = []
  const rank = ({ damaged }: PartlyNeeded<Pack>) => (damaged === true ? 1 : 0)
  for (const pack of packs.toSorted((a, b) => rank(b) - rank(a) || benefit(b) - benefit(a))) {
    if ((dead <= deadShareMax * total && pack.damaged !== true) || chosen.length >= packsMax) break
    chosen.push(pack)
    dead -= pack.sizeBytes - pack.neededBytes
    total -= pack.sizeBytes - pack.neededBytes
  }
  return chosen
}
