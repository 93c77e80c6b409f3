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
  const suspect = isNewestSuspect(points)
  return (point) => {
    const { lockedUntilMs: untilMs = 0 } = point
    const found: (GuardReason | false)[] = [
      point === newestGood && { kind: 'newest-good' },
      minAgeMs > 0 && nowMs - point.timeMs < minAgeMs && tooYoung(point, minAgeMs, nowMs),
      untilMs > nowMs && { kind: 'locked', untilMs },
      point.legalHold === true && { kind: 'legal-hold' },
      point.pinned === true && { kind: 'pinned' },
      suspect && { kind: 'newest-suspect' },
    ]
    return found.filter((reason) => reason !== false)
  }
}

function tooYoung({ timeMs }: RetentionPoint, minAgeMs: number, nowMs: number): GuardReason {
  return timeMs > nowMs ? { kind: 'of-the-future', timeMs } : { kind: 'too-young', minAgeMs }
}

/** A point of the future counts only if there is no other: a storage whose clock was ahead for a day must not cost the newest real point. */
function findNewestGood(points: readonly RetentionPoint[], nowMs: number): RetentionPoint | undefined {
  const good = points.filter(({ unfinished, suspect }) => unfinished !== true && suspect !== true)
  return good.find(({ timeMs }) => timeMs <= nowMs) ?? good[0]
}

/** Whether the newest finished point, or an unfinished one after it, is suspect: while an attack may be on, older points are all there is. */
function isNewestSuspect(points: readonly RetentionPoint[]): boolean {
  const newestFinished = points.findIndex(({ unfinished }) => unfinished !== true)
  const newest = newestFinished === -1 ? points : points.slice(0, newestFinished + 1)
  return newest.some(({ suspect }) => suspect === true)
}
