import type { RestorePoint } from '@vmkeep/repository'

interface Marked {
  readonly protection?: RestorePoint['protection'] | undefined
  readonly gfs: RestorePoint['gfs']
  readonly tags: readonly string[]
}

/** What keeps a point, and what it was given: `protected, weekly, audit`. A protection or flag that has run out is left out. */
export function describeMarks({ protection, gfs, tags }: Marked, nowMs: number): string {
  const holds = (until: string | undefined) => until === undefined || Date.parse(until) > nowMs
  return [
    ...(protection !== undefined && holds(protection.until) ? ['protected'] : []),
    ...gfs.filter(({ keepUntil }) => holds(keepUntil)).map(({ period }) => period),
    ...tags,
  ].join(', ')
}
