import type { IndexedPack } from '../index/chunk-index.ts'

export interface PackChoice {
  readonly chosen: readonly IndexedPack[]
  /** Packs that are due and must wait: over the budget. */
  readonly left: number
}

/**
 * Which packs to read now: those verified longest ago, or never, first, up to a budget of bytes. The first one is always taken, so
 * that a small budget gets on as well. Pure; memory is 8 bytes per pack.
 */
export function choosePacks(
  packs: readonly IndexedPack[],
  lastMs: (pack: IndexedPack) => number,
  { dueBeforeMs = Infinity, budgetBytes = Infinity }: { readonly dueBeforeMs?: number; readonly budgetBytes?: number },
): PackChoice {
  const order = Float64Array.from(packs, (pack, i) => Math.floor(lastMs(pack) / minuteMs) * ordinals + i).toSorted()
  const firstNotDue = order.findIndex((key) => Math.floor(key / ordinals) * minuteMs >= dueBeforeMs)
  const due = firstNotDue === -1 ? order : order.subarray(0, firstNotDue)
  const chosen: IndexedPack[] = []
  let bytes = 0
  for (const key of due) {
    const pack = packs[key % ordinals]!
    bytes += pack.row?.sizeBytes ?? 0
    if (chosen.length > 0 && bytes > budgetBytes) break
    chosen.push(pack)
  }
  return { chosen, left: due.length - chosen.length }
}

const minuteMs = 60_000
const ordinals = 2 ** 27 // with minutes since 1970 it stays within 2^53
