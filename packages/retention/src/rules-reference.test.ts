// The rules once more, written plainly from what restic's and Proxmox Backup Server's documentation promise and with time zones from their
// laws instead of a database, to judge thousands of random histories.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RetentionPoint } from './point.ts'
import { planRetention } from './plan-retention.ts'
import { type RetentionPolicy, type Rule, rules } from './policy.ts'

const hour = 3_600_000
const day = 24 * hour

/** The nth (from 1) or last (0) Sunday of a month, at 00:00. */
function sunday(year: number, month: number, nth: number): number {
  const key = `${year}-${month}-${nth}`
  if (!sundays.has(key)) sundays.set(key, findSunday(year, month, nth))
  return sundays.get(key)!
}

const sundays = new Map<string, number>()

function findSunday(year: number, month: number, nth: number): number {
  const days = Array.from({ length: 31 }, (_, i) => new Date(Date.UTC(year, month - 1, i + 1)))
  return days
    .filter((date) => date.getUTCMonth() === month - 1 && date.getUTCDay() === 0)
    .at(nth - 1)!
    .getTime()
}

interface Zone {
  readonly offsets: readonly number[]
  readonly offsetAt: (timeMs: number) => number
}

function zone(standard: number, summer: number, isSummer: (timeMs: number, year: number) => boolean): Zone {
  const offsetAt = (timeMs: number) => (isSummer(timeMs, new Date(timeMs).getUTCFullYear()) ? summer : standard)
  return { offsets: [standard, summer], offsetAt }
}

const zones: Readonly<Record<string, Zone>> = {
  UTC: zone(0, 0, () => false),
  'Asia/Kathmandu': zone(5.75 * hour, 5.75 * hour, () => false),
  'Europe/Berlin': zone(hour, 2 * hour, (t, year) => t >= sunday(year, 3, 0) + hour && t < sunday(year, 10, 0) + hour),
  'America/New_York': zone(
    -5 * hour,
    -4 * hour,
    (t, year) => t >= sunday(year, 3, 2) + 7 * hour && t < sunday(year, 11, 1) + 6 * hour,
  ),
  'Australia/Lord_Howe': zone(
    10.5 * hour,
    11 * hour,
    (t, year) => t < sunday(year, 4, 1) - 9 * hour || t >= sunday(year, 10, 1) - 8.5 * hour,
  ),
}

/** `2026-11-22T14:05` as the clock on the wall shows it. */
const clock = (timeMs: number, { offsetAt }: Zone) => new Date(timeMs + offsetAt(timeMs)).toISOString()

function week(date: string): string {
  const at = Date.parse(date.slice(0, 10))
  const firstMonday = (year: number) => {
    const fourth = Date.UTC(year, 0, 4)
    return fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * day
  }
  const near = Number(date.slice(0, 4))
  const year = [near + 1, near, near - 1].find((candidate) => firstMonday(candidate) <= at)!
  return `${year}/${Math.floor((at - firstMonday(year)) / day / 7)}`
}

function id(rule: Rule, point: RetentionPoint, at: Zone): string {
  const shown = clock(point.timeMs, at)
  const ids = { last: point.id, hourly: shown.slice(0, 13), daily: shown.slice(0, 10), weekly: week(shown) }
  return { ...ids, monthly: shown.slice(0, 7), yearly: shown.slice(0, 4) }[rule]
}

/** The newest of every run of points that share an id. */
function heads(list: readonly RetentionPoint[], idOf: (point: RetentionPoint) => string): RetentionPoint[] {
  return list.filter((point, i) => i === 0 || idOf(point) !== idOf(list[i - 1]!))
}

function resticKeeps(
  list: readonly RetentionPoint[],
  policy: RetentionPolicy,
  newestMs: number | undefined,
): Set<string> {
  const at = zones[policy.timeZone]!
  const kept = new Set<string>()
  const oldest = list.slice(-1)
  for (const rule of rules) {
    const count = policy.keep?.[rule] ?? 0
    const limit = count === 'all' ? Number.POSITIVE_INFINITY : count
    const chosen = heads(list, (point) => id(rule, point, at)).slice(0, limit)
    for (const point of chosen.length < limit ? [...chosen, ...oldest] : chosen) kept.add(point.id)
    const duration = policy.within?.[rule]
    if (duration === undefined) continue
    const since = newestMs === undefined ? Number.NEGATIVE_INFINITY : back(newestMs, duration, at)
    const inside = (points: readonly RetentionPoint[]) => points.filter(({ timeMs }) => timeMs > since)
    for (const point of [...heads(inside(list), (each) => id(rule, each, at)), ...inside(oldest)]) kept.add(point.id)
  }
  return kept
}

type Duration = NonNullable<NonNullable<RetentionPolicy['within']>['last']>

function back(timeMs: number, { years, months, days, hours }: Duration, at: Zone): number {
  const now = new Date(timeMs + at.offsetAt(timeMs))
  const date = Date.UTC(now.getUTCFullYear() - years, now.getUTCMonth() - months, now.getUTCDate() - days)
  const wall = date + (now.getTime() % day)
  const readings = at.offsets.map((offset) => wall - offset).toSorted((a, b) => a - b)
  return (readings.find((time) => time + at.offsetAt(time) === wall) ?? readings[0]!) - hours * hour
}

function proxmoxKeeps(list: readonly RetentionPoint[], policy: RetentionPolicy): Set<string> {
  const at = zones[policy.timeZone]!
  let undecided = [...list]
  const kept: RetentionPoint[] = []
  for (const rule of rules) {
    const count = policy.keep?.[rule] ?? 0
    if (count === 0) continue
    const coveredBefore = new Set(kept.map((point) => id(rule, point, at)))
    const open = undecided.filter((point) => !coveredBefore.has(id(rule, point, at)))
    const periods = [...new Set(open.map((point) => id(rule, point, at)))]
    const chosen = periods.slice(0, count === 'all' ? periods.length : count)
    const next = periods[chosen.length]
    const end = next === undefined ? open.length : open.findIndex((point) => id(rule, point, at) === next)
    const decided = open.slice(0, end)
    kept.push(...chosen.map((period) => decided.find((point) => id(rule, point, at) === period)!))
    undecided = undecided.filter((point) => !decided.includes(point))
  }
  return new Set(kept.map((point) => point.id))
}

/** Ids of what the rules keep of one subject's points. */
function reference(points: readonly RetentionPoint[], policy: RetentionPolicy, nowMs: number): Set<string> {
  const list = points.toSorted((a, b) => b.timeMs - a.timeMs || (a.id < b.id ? -1 : 1))
  const anyRule = rules.some((rule) => (policy.keep?.[rule] ?? 0) !== 0 || policy.within?.[rule] !== undefined)
  if (!anyRule && !policy.keepTags?.length) return new Set(points.map((point) => point.id))
  const finished = list.filter((point) => !point.unfinished)
  const isDoubtful = ({ timeMs, writerTimeMs = timeMs }: RetentionPoint) =>
    timeMs - nowMs > hour / 6 || timeMs - writerTimeMs > day || writerTimeMs - timeMs > day
  const open = finished.filter((point) => !point.protected && !isDoubtful(point))
  const newestMs = finished.find((point) => !isDoubtful(point))?.timeMs
  const kept = policy.mode === 'cascade' ? proxmoxKeeps(open, policy) : resticKeeps(open, policy, newestMs)
  for (const point of finished) {
    if (policy.keepTags?.some((tags) => tags.every((tag) => point.tags?.includes(tag)))) kept.add(point.id)
    if (point.gfs?.some((flag) => flag.keepUntilMs > nowMs)) kept.add(point.id)
  }
  const newest = list.find((point) => !isDoubtful(point))
  if (newest?.unfinished) kept.add(newest.id)
  for (const point of list.filter((each) => each.protected || isDoubtful(each))) kept.add(point.id)
  return kept
}

/** Where calendars are awkward: year ends, leap days, both clock changes of each zone. */
const awkward = [
  '2020-12-31',
  '2027-01-02',
  '2024-03-01',
  '2026-03-29',
  '2026-10-25',
  '2026-03-08',
  '2026-11-01',
  '2026-04-05',
]
const seconds = (max: number) => fc.integer({ min: 1, max: max / 1000 }).map((n) => n * 1000)
const gap = fc.oneof(
  seconds(2 * hour),
  seconds(2 * hour),
  seconds(day),
  seconds(10 * day),
  seconds(100 * day),
  fc.constant(0),
)
const newest = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(...awkward),
      fc.integer({ min: 14_400, max: 22_000 }).map((d) => d * day),
    ),
    seconds(2 * day),
  )
  .map(([start, after]) => (typeof start === 'string' ? Date.parse(start) : start) + after)
const sometimes = <T>(oneIn: number, value: T) => fc.nat(oneIn - 1).map((n) => (n === 0 ? value : undefined))
const suspicion = { newShare: 0.3, usualNewShare: 0.01, storedShare: 1, usualStoredShare: 0.5 }
const flags = fc.record({
  protected: sometimes(10, { reason: 'a trial' }),
  unfinished: fc.nat(9).map((n) => n === 0),
  suspect: sometimes(40, suspicion),
  writerLateMs: fc.oneof(fc.constant(0), fc.integer({ min: -3 * day, max: 3 * day })),
  tags: fc.subarray(['a', 'b', 'c']),
  gfs: fc.nat(9).map((n) => (n === 0 ? [{ period: 'weekly' as const, keepUntilMs: 1_800_000_000_000 }] : [])),
})

const history = fc
  .tuple(newest, fc.array(fc.tuple(gap, flags), { maxLength: 40 }))
  .map(([end, steps]): RetentionPoint[] => {
    let timeMs = end
    // Ids in an order of their own, for points of one time.
    return steps.map(([back, { protected: protection, suspect, writerLateMs, ...flag }], i) => ({
      id: `p${(i * 7) % 41}`,
      subject: 'vm',
      timeMs: (timeMs -= back),
      ...(writerLateMs === 0 ? {} : { writerTimeMs: timeMs + writerLateMs }),
      ...(protection === undefined ? {} : { protected: protection }),
      ...(suspect === undefined ? {} : { suspect }),
      ...flag,
    }))
  })
  .filter((points) => points.every(({ timeMs }) => timeMs > Date.UTC(2008, 6)))

const each = <T>(value: fc.Arbitrary<T>) =>
  fc.record(Object.fromEntries(rules.map((rule) => [rule, value])) as Record<Rule, fc.Arbitrary<T>>, {
    requiredKeys: [],
  })
const count = fc.oneof(fc.nat(6), fc.nat(2), fc.constant('all' as const))
const duration = fc
  .record({ years: fc.nat(2), months: fc.nat(14), days: fc.nat(40), hours: fc.nat(50) })
  .filter((parts) => Object.values(parts).some((part) => part > 0))
const policies: fc.Arbitrary<RetentionPolicy> = fc
  .record({
    mode: fc.constantFrom('independent' as const, 'cascade' as const),
    timeZone: fc.constantFrom(...Object.keys(zones)),
    keep: each(count),
    within: fc.oneof(fc.constant({}), each(duration)),
    keepTags: fc.oneof(fc.constant([]), fc.array(fc.subarray(['a', 'b', 'c'], { minLength: 1 }), { maxLength: 2 })),
  })
  .map((policy) => (policy.mode === 'cascade' ? { ...policy, within: {} } : policy))
const now = fc.oneof(fc.constant(Date.UTC(2068, 0)), newest)
const cases = fc.tuple(history, policies, now)

describe('the rules', () => {
  test('agree with an independent reading of the documents, for any history', () => {
    fc.assert(
      fc.property(cases, ([points, policy, nowMs]) => {
        const { decisions } = planRetention(points, policy, nowMs)
        const kept = decisions.filter(({ byRules }) => byRules === 'keep').map(({ point }) => point.id)
        expect(kept.toSorted()).toEqual([...reference(points, policy, nowMs)].toSorted())
      }),
      { numRuns: 6000 },
    )
  }, 60_000)

  test('say the same in whatever order the points come, and VM by VM as for all', () => {
    const shuffled = cases.chain(([points, ...rest]) =>
      fc.tuple(
        fc.constant(points),
        fc.shuffledSubarray(points, { minLength: points.length }),
        ...rest.map((r) => fc.constant(r)),
      ),
    )
    fc.assert(
      fc.property(shuffled as fc.Arbitrary<[RetentionPoint[], RetentionPoint[], RetentionPolicy, number]>, (given) => {
        const [points, other, policy, nowMs] = given
        const alone = planRetention(points, policy, nowMs).decisions
        const namesake = other.map((point) => ({ ...point, id: `${point.id}'`, subject: 'another vm' }))
        const both = planRetention([...namesake, ...other], policy, nowMs).decisions
        expect(both.filter(({ point }) => point.subject === 'vm')).toEqual(alone)
        expect(both.filter(({ point }) => point.subject !== 'vm').map(({ action }) => action)).toEqual(
          alone.map(({ action }) => action),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('remove nothing more in a second run', () => {
    fc.assert(
      fc.property(cases, ([points, policy, nowMs]) => {
        const kept = planRetention(points, policy, nowMs).decisions.filter(({ action }) => action === 'keep')
        const again = planRetention(
          kept.map(({ point }) => point),
          policy,
          nowMs,
        )
        expect(again.brake.removals).toBe(0)
      }),
      { numRuns: 1500 },
    )
  })

  test('never let a guard remove, and give every point a reason', () => {
    fc.assert(
      fc.property(cases, fc.option(fc.double({ min: 0.01, max: 1, noNaN: true })), ([points, policy, nowMs], share) => {
        const guards = share === null ? {} : { maxShareRemoved: share }
        const { decisions, brake } = planRetention(points, { ...policy, guards }, nowMs)
        expect(decisions.map(({ point }) => point.id).toSorted()).toEqual(points.map((point) => point.id).toSorted())
        for (const { action, byRules, reasons } of decisions) {
          expect(reasons.length).toBeGreaterThan(0)
          if (action === 'remove') expect(byRules).toBe('remove')
        }
        const removed = decisions.filter(({ action }) => action === 'remove').length
        if (share !== null) expect(removed).toBeLessThanOrEqual(share * points.length)
        expect(removed).toBe(brake.held ? 0 : brake.removals)
        const good = points.filter((point) => !point.unfinished && !point.suspect)
        if (good.length > 0)
          expect(decisions.some(({ point, action }) => action === 'keep' && good.includes(point))).toBe(true)
      }),
      { numRuns: 1500 },
    )
  })
})
