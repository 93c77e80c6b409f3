import type { GfsFlag, RestorePoint } from '@vmkeep/repository'
import { factsOf, findSuspects, gfsFlagsFor, type PointFacts } from '@vmkeep/retention'
import type { Cause } from '@vmkeep/run'
import type { BackupOptions } from './options.ts'

/** What a point is given at its commit for those who later decide how long it is kept. */
export function keepingOf(
  { tags = [], gfs }: Pick<BackupOptions, 'tags' | 'gfs'>,
  before: readonly PointFacts[],
  nowMs: number,
): { readonly tags: readonly string[]; readonly gfs: readonly GfsFlag[] } {
  const flags = gfs === undefined ? [] : gfsFlagsFor(gfs, findSuspects(before), nowMs)
  return {
    tags,
    gfs: flags.map(({ period, keepUntilMs }) => ({ period, keepUntil: new Date(keepUntilMs).toISOString() })),
  }
}

/** A warning if the point looks like the work of an attacker, beside the VM's points before it. */
export function suspicionAbout(point: RestorePoint, before: readonly PointFacts[]): Cause[] {
  const suspect = findSuspects([...before, factsOf(point)]).find(({ id }) => id === point.id)?.suspect
  if (suspect === undefined) return []
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  return [
    {
      code: 'point-suspect',
      message:
        `${percent(suspect.newShare)} of the disks is new (usually ${percent(suspect.usualNewShare)}) and compresses to ${percent(suspect.storedShare)} ` +
        `(usually ${percent(suspect.usualStoredShare)}): if nobody encrypted the VM on purpose, look for an attack. Retention keeps this point and all ` +
        `older ones until "vmkeep point clear ${point.id}"`,
    },
  ]
}
