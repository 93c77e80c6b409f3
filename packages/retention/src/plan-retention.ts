import { applyRules } from './apply-rules.ts'
import { Calendar } from './calendar.ts'
import { fail } from './errors.ts'
import { guardsOf } from './guards.ts'
import type { RetentionPoint } from './point.ts'
import { defaultGuards, type Guards, type RetentionPolicy } from './policy.ts'
import { isRemoveReason, type Reason } from './reason.ts'

export interface Decision {
  readonly point: RetentionPoint
  readonly action: 'keep' | 'remove'
  /** What the rules alone would do; where it differs from `action`, a guard or the brake holds the point. */
  readonly byRules: 'keep' | 'remove'
  /** Every reason there is, that of the rules first; {@link explain} says them in words. */
  readonly reasons: readonly Reason[]
}

export interface Brake {
  /** Points that rules and guards together would remove. */
  readonly removals: number
  readonly points: number
  /** As the policy has it; no limit if absent. */
  readonly maxShareRemoved?: number
  /** Whether `removals` were too many, and so nothing is removed in this run. */
  readonly held: boolean
}

export interface RetentionPlan {
  /** One for every point, by subject, newest first. */
  readonly decisions: readonly Decision[]
  readonly brake: Brake
}

/**
 * Decides for every point of a run whether it is kept or removed, and says every reason. Removes nothing itself.
 *
 * `given` must be complete for every subject in it: a rule that does not see a point can't know that another is its only remainder. Their
 * order is of no importance. Give all points of one run together: the brake counts them.
 *
 * @throws `retention.time-zone-unknown`, `retention.within-in-cascade` for a policy that {@link parseRetentionPolicy} would have refused
 * @throws `retention.point-time-invalid`, `retention.point-twice` if the list of points can't be right; decide nothing by it
 */
export function planRetention(given: readonly RetentionPoint[], policy: RetentionPolicy, nowMs: number): RetentionPlan {
  const points = policy.clock === 'writer' ? given.map(byWriterClock) : given
  checkPoints(points)
  if (policy.mode === 'cascade' && Object.values(policy.within ?? {}).some((duration) => duration !== undefined))
    throw fail('retention.within-in-cascade', { at: 'within' })
  const calendar = new Calendar(policy.timeZone)
  const guards: Guards = { ...defaultGuards, ...policy.guards }
  const decisions = [...bySubject(points).values()].flatMap((ofSubject): Decision[] => {
    const reasons = applyRules(ofSubject, { policy, calendar, nowMs })
    const guardReasons = guardsOf(ofSubject, guards, nowMs)
    return ofSubject.map((point) => {
      const ruleReasons = reasons.get(point)!
      const guarding = guardReasons(point)
      const byRules = ruleReasons.some(isRemoveReason) ? 'remove' : 'keep'
      return { point, action: guarding.length > 0 ? 'keep' : byRules, byRules, reasons: [...ruleReasons, ...guarding] }
    })
  })
  return applyBrake(decisions, guards.maxShareRemoved)
}

/** All or nothing: a removal of unusual size is a mistake in the policy or in a clock until somebody has looked at it. */
function applyBrake(decisions: readonly Decision[], maxShareRemoved: number | undefined): RetentionPlan {
  const points = decisions.length
  const removals = decisions.filter(({ action }) => action === 'remove').length
  if (maxShareRemoved === undefined) return { decisions, brake: { removals, points, held: false } }
  if (removals === 0 || removals / points <= maxShareRemoved)
    return { decisions, brake: { removals, points, maxShareRemoved, held: false } }
  const reason: Reason = { kind: 'brake', removals, points, maxShareRemoved }
  const held = decisions.map((decision): Decision =>
    decision.action === 'keep' ? decision : { ...decision, action: 'keep', reasons: [...decision.reasons, reason] },
  )
  return { decisions: held, brake: { removals, points, maxShareRemoved, held: true } }
}

const byWriterClock = (point: RetentionPoint): RetentionPoint => ({
  ...point,
  timeMs: point.writerTimeMs ?? point.timeMs,
})

/** Newest first; points of the same time by id, so that two runs never disagree. */
function bySubject(points: readonly RetentionPoint[]): Map<string, RetentionPoint[]> {
  const sorted = points.toSorted((a, b) => compare(a.subject, b.subject) || b.timeMs - a.timeMs || compare(a.id, b.id))
  return Map.groupBy(sorted, ({ subject }) => subject)
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b))

const lastTimeMs = Date.UTC(9999, 11, 30) // every zone still writes such a year with four digits

function checkPoints(points: readonly RetentionPoint[]): void {
  const ids = new Set<string>()
  for (const { id, timeMs } of points) {
    if (!(timeMs >= 0 && timeMs <= lastTimeMs)) throw fail('retention.point-time-invalid', { point: id, timeMs })
    if (ids.has(id)) throw fail('retention.point-twice', { point: id })
    ids.add(id)
  }
}
