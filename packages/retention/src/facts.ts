import type { RetentionPoint } from './point.ts'
import { type Growth, suspicionOf } from './suspicion.ts'

/** A restore point as a repository lists it: what of it matters here. Times are ISO 8601. */
export interface StoredPoint {
  readonly id: string
  readonly subject: { readonly id: string }
  /** By the writer's clock. */
  readonly committedAt: string
  /** By the storage's clock. */
  readonly storedAt?: string
  /** Of a copy: what it is a copy of. */
  readonly origin?: { readonly committedAt: string }
  readonly tags: readonly string[]
  readonly gfs: readonly { readonly period: string; readonly keepUntil: string }[]
  readonly protection?: { readonly reason: string; readonly until?: string }
  /** Somebody vouches for it. */
  readonly clearance?: object
  /** The storage refuses deletion until then. */
  readonly lockedUntil?: string
  readonly stats: Readonly<Record<string, unknown>>
}

/** What is kept in memory of a point while the others are read: little, however much the point holds. */
export interface PointFacts extends RetentionPoint {
  readonly growth?: Growth
  readonly cleared: boolean
}

/** `held`: ids of the points that somebody inherits from or reads. */
export function factsOf(point: StoredPoint, held: ReadonlySet<string> = new Set()): PointFacts {
  const { id, subject, tags, gfs, protection, clearance, lockedUntil, stats } = point
  const growth = growthOf(stats)
  return {
    id,
    subject: subject.id,
    ...timesOf(point),
    tags,
    gfs: gfs.map(({ period, keepUntil }) => ({ period, keepUntilMs: Date.parse(keepUntil) })),
    ...(protection === undefined ? {} : { protected: protectionOf(protection) }),
    ...(lockedUntil === undefined ? {} : { lockedUntilMs: Date.parse(lockedUntil) }),
    pinned: held.has(id),
    cleared: clearance !== undefined,
    ...(growth === undefined ? {} : { growth }),
  }
}

/** Looks at every point of each subject beside those before it, and marks what {@link suspicionOf} finds and nobody has cleared. */
export function findSuspects(facts: readonly PointFacts[]): RetentionPoint[] {
  const bySubject = Map.groupBy(
    facts.toSorted((a, b) => a.timeMs - b.timeMs),
    ({ subject }) => subject,
  )
  return [...bySubject.values()].flatMap((ofSubject) => {
    const before: Growth[] = [] // newest first
    return ofSubject.map((point) => {
      const { growth, cleared } = point
      const suspect = growth === undefined || cleared ? undefined : suspicionOf(growth, before)
      if (suspect !== undefined) return { ...point, suspect }
      if (growth !== undefined) before.unshift(growth)
      return point
    })
  })
}

/** A copy counts by the time of what it is a copy of: the storage it lies in only knows when it was copied. */
function timesOf({ committedAt, storedAt, origin }: StoredPoint): Pick<RetentionPoint, 'timeMs' | 'writerTimeMs'> {
  if (origin !== undefined) return { timeMs: Date.parse(origin.committedAt) }
  return { timeMs: Date.parse(storedAt ?? committedAt), writerTimeMs: Date.parse(committedAt) }
}

const protectionOf = ({ reason, until }: NonNullable<StoredPoint['protection']>) => ({
  reason,
  ...(until === undefined ? {} : { untilMs: Date.parse(until) }),
})

/** As a backup notes it in a point's stats. Points of others say nothing. */
function growthOf(stats: StoredPoint['stats']): Growth | undefined {
  const { provisionedBytes: capacityBytes, sentBytes: newBytes, storedBytes } = stats
  if (typeof capacityBytes !== 'number' || typeof newBytes !== 'number' || typeof storedBytes !== 'number')
    return undefined
  return { capacityBytes, newBytes, storedBytes }
}
