import type { PackTable } from './pack-table.ts'
import type { Run } from './run.ts'

/** A run joins when what joins before it is at least this part of it, so that there are few runs and each is rewritten rarely. */
const ratio = 8
/** With more than this part of all entries in packs that are condemned for good, everything is written anew. */
export const doomedShareMax = 1 / 4

/** Which runs to merge with `fresh` new entries: the small ones; all, if asked to or if much in them is condemned for good. */
export function planMerge(
  runs: readonly Run[],
  table: PackTable,
  { fresh, whole }: { fresh: number; whole: boolean },
): Run[] {
  const ascending = runs.toSorted((a, b) => a.entries - b.entries)
  const total = runs.reduce((sum, { entries }) => sum + entries, 0)
  if (whole || table.doomedInRuns().entries > doomedShareMax * total) return ascending
  const chosen: Run[] = []
  let entries = fresh
  for (const run of ascending) {
    if (run.entries > ratio * entries) break
    chosen.push(run)
    entries += run.entries
  }
  return chosen
}
