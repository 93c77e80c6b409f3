import { fail } from './errors.ts'

const dayMs = 86_400_000

/**
 * Wall clocks of one time zone.
 *
 * A wall clock is told as `wallMs`: the milliseconds at which a UTC clock shows the same date and time, so that `new Date(wallMs).getUTC…`
 * reads it and {@link Date.UTC} calculates with it.
 */
export class Calendar {
  readonly #format: Intl.DateTimeFormat

  /** @throws `retention.time-zone-unknown` */
  constructor(timeZone: string) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', { ...numbers, timeZone })
    } catch (error) {
      throw fail('retention.time-zone-unknown', { at: 'timeZone', found: `"${timeZone}"` }, error)
    }
  }

  wallMsOf(timeMs: number): number {
    // "11/22/2026, 14:05:09"
    const [month, day, year, hour, minute, second] = this.#format.format(timeMs).match(/\d+/g)!.map(Number)
    return Date.UTC(year!, month! - 1, day, hour, minute, second) + (((timeMs % 1000) + 1000) % 1000)
  }

  /**
   * When the clock shows `wallMs`: the first time, if it shows it twice; if it skips it, the time that comes first with the offset of either
   * side. So whoever keeps what is newer keeps rather more.
   */
  timeMsOf(wallMs: number): number {
    const times = [wallMs - dayMs, wallMs + dayMs].map((near) => wallMs - (this.wallMsOf(near) - near))
    const shown = times.filter((timeMs) => this.wallMsOf(timeMs) === wallMs)
    return Math.min(...(shown.length > 0 ? shown : times))
  }
}

/** Whether this machine knows the time zone. */
export function isTimeZone(name: string): boolean {
  try {
    void new Calendar(name)
    return true
  } catch {
    return false
  }
}

const numbers = {
  calendar: 'gregory',
  numberingSystem: 'latn',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const
