import { isTimeKnown } from './known-time.ts'
import type { RetentionPoint } from './point.ts'
import type { Guards } from './policy.ts'
import type { GuardReason } from './reason.ts'

/** What guards each point of one subject, newest first. */
export function guardsOf(
  points: readonly RetentionPoint[],
  { minAgeMs, neverNewestGood }: Guards,
  nowMs: number,
): (point: RetentionPoint) => GuardReason[] {
  const newestGood = neverNewestGood ? findNewestGood(points, nowMs) : undefined
  const suspectAt = points.findLastIndex(({ suspect }) => suspect !== undefined) // the oldest
  const firstSuspect = points[suspectAt]
  const older = new Set(firstSuspect === undefined ? [] : points.slice(suspectAt + 1))
  return (point) => {
    const { lockedUntilMs: untilMs = 0, suspect } = point
    const found: (GuardReason | false)[] = [
      point === newestGood && { kind: 'newest-good' },
      nowMs - point.timeMs < minAgeMs && isTimeKnown(point, nowMs) && { kind: 'too-young', minAgeMs },
      untilMs > nowMs && { kind: 'locked', untilMs },
      point.legalHold === true && { kind: 'legal-hold' },
      point.pinned === true && { kind: 'pinned' },
      suspect !== undefined && { kind: 'suspect', ...suspect },
      older.has(point) && { kind: 'before-suspect', point: firstSuspect!.id, timeMs: firstSuspect!.timeMs },
    ]
    return found.filter((reason) => reason !== false)
  }
}

/** A point whose time is in doubt counts only if there is no other: a clock that was ahead for a day must not cost the newest real point. */
function findNewestGood(points: readonly RetentionPoint[], nowMs: number): RetentionPoint | undefined {
  const good = points.filter(({ unfinished, suspect }) => unfinished !== true && suspect === undefined)
  return good.find((point) => isTimeKnown(point, nowMs)) ?? good[0]
}
