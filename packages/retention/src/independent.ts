import { formatCalendarDuration, timeBefore } from './calendar-duration.ts'
import type { Calendar } from './calendar.ts'
import { type Candidate, periodOf } from './period.ts'
import { type Count, type RetentionPolicy, type Rule, rules } from './policy.ts'
import type { KeepReason } from './reason.ts'

type Kept = readonly [candidate: Candidate, reason: KeepReason]

/** What the `within` rules measure from, and the clock they measure with. */
export interface WithinContext {
  /** The newest point that does not lie in the future; `undefined` if all do, and then everything lies within. */
  readonly newestMs: number | undefined
  readonly calendar: Calendar
}

/**
 * restic's semantics: every rule goes through all candidates, newest first, and keeps one whose period is not that of the one it kept last.
 * The oldest candidate is kept by every rule that has some of its count left: a history is not to lose its beginning while it is short.
 *
 * Source: restic, "Removing snapshots according to a policy". Evidence: documented; observed (tests/judges/restic-forget.test.ts).
 */
export function* keepIndependently(
  candidates: readonly Candidate[],
  { keep = {}, within = {} }: RetentionPolicy,
  { newestMs, calendar }: WithinContext,
): Iterable<Kept> {
  for (const rule of rules) yield* keepByCount(candidates, rule, keep[rule] ?? 0)
  for (const rule of rules) {
    const duration = within[rule]
    if (duration === undefined) continue
    const afterMs = newestMs === undefined ? Number.NEGATIVE_INFINITY : timeBefore(newestMs, duration, calendar)
    for (const { candidate, period, onlyOldest } of changesOf(candidates, rule))
      if (candidate.point.timeMs > afterMs)
        yield [candidate, { kind: 'within', rule, duration: formatCalendarDuration(duration), period, onlyOldest }]
  }
}

function* keepByCount(candidates: readonly Candidate[], rule: Rule, count: Count): Iterable<Kept> {
  let ordinal = 0
  for (const { candidate, period, onlyOldest } of changesOf(candidates, rule)) {
    if (count !== 'all' && ordinal >= count) return
    yield [candidate, { kind: 'rule', rule, ordinal: ++ordinal, count, period, onlyOldest }]
  }
}

interface Change {
  readonly candidate: Candidate
  readonly period: string
  /** The period is not new: the candidate is here because none is older. */
  readonly onlyOldest: boolean
}

/**
 * The candidates at which the period changes, and the oldest. Only the period before is compared, not all: where a clock is put back over
 * midnight, the day before comes twice. A rule may stop in the middle: the oldest then has no say.
 */
function* changesOf(candidates: readonly Candidate[], rule: Rule): Iterable<Change> {
  let last: string | undefined
  for (const [index, candidate] of candidates.entries()) {
    const period = periodOf(rule, candidate)
    const changes = period !== last
    if (changes || index === candidates.length - 1) yield { candidate, period, onlyOldest: !changes }
    last = period
  }
}
