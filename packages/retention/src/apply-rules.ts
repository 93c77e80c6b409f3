import type { Calendar } from './calendar.ts'
import { keepInCascade } from './cascade.ts'
import { keepIndependently } from './independent.ts'
import { doubtOfTime, isTimeKnown } from './known-time.ts'
import type { Candidate } from './period.ts'
import type { RetentionPoint } from './point.ts'
import { isEmpty, type RetentionPolicy } from './policy.ts'
import { isRemoveReason, type KeepReason, type RemoveReason } from './reason.ts'

export interface RulesContext {
  readonly policy: RetentionPolicy
  readonly calendar: Calendar
  readonly nowMs: number
}

type RuleReason = KeepReason | RemoveReason

/**
 * What the rules alone say of each point of one subject, newest first: every reason to keep it, or, if there is none, why it goes.
 *
 * A protected point takes no part in the rules, nor does one whose time is in doubt: they keep as many as if it were not there. Tags and GFS flags are reasons beside the rules:
 * the point counts like any other, so that what the rules choose does not shift when a flag expires.
 */
export function applyRules(
  points: readonly RetentionPoint[],
  context: RulesContext,
): Map<RetentionPoint, readonly RuleReason[]> {
  if (isEmpty(context.policy)) return new Map(points.map((point) => [point, [{ kind: 'no-rules' }]]))
  const byRules = reasonsOfRules(points, context)
  const newest = points.find((point) => isTimeKnown(point, context.nowMs))
  return new Map(
    points.map((point) => {
      const reasons = isFinished(point)
        ? [...standing(point, context), ...reasonsOfItsOwn(point, context), ...(byRules.get(point) ?? [])]
        : [...standing(point, context), unfinished(point === newest)]
      return [point, whatCounts(reasons)]
    }),
  )
}

function whatCounts(reasons: readonly RuleReason[]): readonly RuleReason[] {
  const keeping = reasons.filter((reason) => !isRemoveReason(reason))
  if (keeping.length > 0) return keeping
  return reasons.length > 0 ? reasons : [{ kind: 'no-rule' }]
}

const isFinished = ({ unfinished }: RetentionPoint) => unfinished !== true

function reasonsOfRules(
  points: readonly RetentionPoint[],
  { policy, calendar, nowMs }: RulesContext,
): Map<RetentionPoint, RuleReason[]> {
  const finished = points.filter(isFinished)
  const candidates = finished
    .filter((point) => standing(point, { nowMs }).length === 0)
    .map((point): Candidate => ({ point, wallMs: calendar.wallMsOf(point.timeMs) }))
  const newestMs = finished.find((point) => isTimeKnown(point, nowMs))?.timeMs
  const chosen =
    policy.mode === 'cascade'
      ? keepInCascade(candidates, policy)
      : keepIndependently(candidates, policy, { newestMs, calendar })
  const reasons = new Map<RetentionPoint, RuleReason[]>(finished.map((point) => [point, []]))
  for (const [{ point }, reason] of chosen) reasons.get(point)!.push(reason)
  return reasons
}

function reasonsOfItsOwn(point: RetentionPoint, { policy, nowMs }: RulesContext): KeepReason[] {
  const { tags = [], gfs = [] } = point
  const matching = (policy.keepTags ?? []).filter((wanted) => wanted.every((tag) => tags.includes(tag)))
  return [
    ...matching.map((wanted) => ({ kind: 'tags', tags: wanted }) as const),
    ...gfs.filter(({ keepUntilMs }) => keepUntilMs > nowMs).map((flag) => ({ kind: 'gfs', ...flag }) as const),
  ]
}

/** Only the newest point may be unfinished, while nothing finished is newer: what is left of it may still be of use. */
const unfinished = (isNewest: boolean): RuleReason => ({ kind: isNewest ? 'newest-unfinished' : 'old-unfinished' })

/** Why a point is kept without taking part in the rules. */
function standing(point: RetentionPoint, { nowMs }: Pick<RulesContext, 'nowMs'>): KeepReason[] {
  const { protected: protection } = point
  const doubt = doubtOfTime(point, nowMs)
  const isProtected = protection !== undefined && (protection.untilMs ?? Number.POSITIVE_INFINITY) > nowMs
  return [
    ...(isProtected ? [{ kind: 'protected', ...protection } as const] : []),
    ...(doubt === undefined ? [] : [doubt]),
  ]
}
