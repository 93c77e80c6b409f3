import { type CalendarDuration, timeAfter } from './calendar-duration.ts'
import { Calendar } from './calendar.ts'
import { periodOf } from './period.ts'
import type { GfsFlag, RetentionPoint } from './point.ts'
import type { GfsPolicy, RetentionPolicy } from './policy.ts'

const lengthOf: Readonly<Record<keyof GfsPolicy, (count: number) => CalendarDuration>> = {
  weekly: (count) => ({ ...none, days: 7 * count }),
  monthly: (count) => ({ ...none, months: count }),
  yearly: (count) => ({ ...none, years: count }),
}
const none = { years: 0, months: 0, days: 0, hours: 0 }
export const gfsPeriods = Object.keys(lengthOf) as (keyof GfsPolicy)[]

/**
 * The flags of a point that is made at `nowMs`: it gets that of each period of which its VM has no flagged point yet, and each holds for as many weeks,
 * months or years as the policy of today says, whatever that of tomorrow says. A suspect point holds no period: the next one gets the flag again.
 */
export function gfsFlagsFor(
  { gfs = {}, timeZone }: Pick<RetentionPolicy, 'gfs' | 'timeZone'>,
  before: readonly Pick<RetentionPoint, 'timeMs' | 'gfs' | 'suspect'>[],
  nowMs: number,
): GfsFlag[] {
  const calendar = new Calendar(timeZone)
  const periodAt = (period: keyof GfsPolicy, timeMs: number) =>
    periodOf(period, { point: { id: '', subject: '', timeMs }, wallMs: calendar.wallMsOf(timeMs) })
  return gfsPeriods.flatMap((period) => {
    const count = gfs[period] ?? 0
    const isTaken = before.some(
      (point) =>
        point.suspect === undefined &&
        point.gfs?.some((flag) => flag.period === period) === true &&
        periodAt(period, point.timeMs) === periodAt(period, nowMs),
    )
    if (count === 0 || isTaken) return []
    return [{ period, keepUntilMs: timeAfter(nowMs, lengthOf[period](count), calendar) }]
  })
}
