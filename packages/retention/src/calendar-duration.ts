import type { Calendar } from './calendar.ts'

/** A length of time by the calendar: a month is as long as the month is. */
export interface CalendarDuration {
  readonly years: number
  readonly months: number
  readonly days: number
  readonly hours: number
}

/** Reads `1y5m7d2h` (m for months), or gives `undefined` if `text` is no such thing, or nothing long. */
export function parseCalendarDuration(text: string): CalendarDuration | undefined {
  const match = /^(?:(\d{1,4})y)?(?:(\d{1,5})m)?(?:(\d{1,6})d)?(?:(\d{1,7})h)?$/.exec(text)
  const [years = 0, months = 0, days = 0, hours = 0] = (match ?? []).slice(1).map((digits) => Number(digits ?? 0))
  return years + months + days + hours > 0 ? { years, months, days, hours } : undefined
}

export function formatCalendarDuration({ years, months, days, hours }: CalendarDuration): string {
  const parts = [`${years}y`, `${months}m`, `${days}d`, `${hours}h`]
  return parts.filter((part) => !part.startsWith('0')).join('')
}

/** The time that lies `duration` after `timeMs`, by the calendar: 31 January and a month is "31 February", 3 March. */
export const timeAfter = (timeMs: number, { years, months, days, hours }: CalendarDuration, zone: Calendar): number =>
  timeBefore(timeMs, { years: -years, months: -months, days: -days, hours: -hours }, zone)

/**
 * The time that lies `duration` before `timeMs`: first the calendar, where 31 March less a month is the day 31 of February and so 3 March
 * (2 March in a leap year), as in restic; then the hours, which are hours on a stopwatch.
 */
export function timeBefore(timeMs: number, { years, months, days, hours }: CalendarDuration, zone: Calendar): number {
  const clock = new Date(zone.wallMsOf(timeMs))
  clock.setUTCFullYear(clock.getUTCFullYear() - years, clock.getUTCMonth() - months, clock.getUTCDate() - days)
  if (!(clock.getTime() > 0)) return Number.NEGATIVE_INFINITY // before 1970, or before any date: nothing was stored then
  return zone.timeMsOf(clock.getTime()) - hours * 3_600_000
}
