import { describe, expect, test } from 'vitest'
import { explain, explainBrake } from './explain.ts'
import { planRetention, type RetentionPlan } from './plan-retention.ts'
import type { RetentionPoint } from './point.ts'
import type { RetentionPolicy } from './policy.ts'

const nowMs = Date.parse('2100-01-01T00:00:00Z')
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A point is called by its time. */
const point = (id: string, more: Partial<RetentionPoint> = {}): RetentionPoint => ({
  id,
  subject: 'web-01',
  timeMs: Date.parse(id.length === 10 ? `${id}T11:00:00Z` : id),
  ...more,
})

const suspicion = { newShare: 0.34, usualNewShare: 0.012, storedShare: 1, usualStoredShare: 0.45 }

const daily = (from: string, days: number, at = '11:00:00Z') =>
  Array.from({ length: days }, (_, i) => {
    const date = new Date(Date.parse(from) + i * dayMs).toISOString().slice(0, 10)
    return point(date, { timeMs: Date.parse(`${date}T${at}`) })
  })

const independent = (policy: Partial<RetentionPolicy>): RetentionPolicy => ({
  mode: 'independent',
  timeZone: 'UTC',
  ...policy,
})
const cascade = (policy: Partial<RetentionPolicy>): RetentionPolicy => ({ mode: 'cascade', timeZone: 'UTC', ...policy })

const ids = (spaced: string) => spaced.split(' ')

/** Ids of what the rules keep, oldest first. */
function keptBy(points: readonly RetentionPoint[], policy: RetentionPolicy): string[] {
  const { decisions } = planRetention(points, policy, nowMs)
  return decisions
    .filter(({ byRules }) => byRules === 'keep')
    .map(({ point: { id } }) => id)
    .toReversed()
}

const said = ({ decisions }: RetentionPlan) =>
  Object.fromEntries(decisions.map((decision) => [decision.point.id, explain(decision)]))

describe('independent rules', () => {
  // Source: restic, "Removing snapshots according to a policy": a snapshot every Sunday for 12 weeks. Evidence: documented.
  const sundays = daily('2019-09-01', 78).filter((_, i) => i % 7 === 0)

  test('keep the last four of the days that have points', () => {
    expect(sundays).toHaveLength(12)
    expect(keptBy(sundays, independent({ keep: { daily: 4 } }))).toEqual([
      '2019-10-27',
      '2019-11-03',
      '2019-11-10',
      '2019-11-17',
    ])
  })

  // Source: as above, a snapshot every day for 100 years: 7 daily, 4 more Sundays, 11 or 12 month ends, 73 to 75 year ends. Evidence: documented.
  test('keep of a hundred years of days what the documents say', () => {
    const century = daily('1976-11-23', 36_525)
    const kept = keptBy(century, independent({ keep: { daily: 7, weekly: 5, monthly: 12, yearly: 75 } }))
    expect(century.at(-1)!.id).toBe('2076-11-22')
    expect(kept).toHaveLength(7 + 4 + 11 + 73)
    expect(kept.slice(-11)).toEqual([
      ...ids('2076-10-31 2076-11-01 2076-11-08 2076-11-15'),
      ...daily('2076-11-16', 7).map(({ id }) => id),
    ])
    expect(kept.slice(0, 2)).toEqual(['2002-12-31', '2003-12-31'])
  })

  test('keep the oldest point while their count is not used up', () => {
    const points = [point('2026-11-22T09:00Z'), point('2026-11-22T09:30Z'), point('2026-11-22T10:00Z')]
    expect(said(planRetention(points, independent({ keep: { hourly: 3 } }), nowMs))).toEqual({
      '2026-11-22T10:00Z': ['kept: hourly 1 of 3 (2026-11-22 10h)', 'kept: newest good point of the VM'],
      '2026-11-22T09:30Z': ['kept: hourly 2 of 3 (2026-11-22 09h)'],
      '2026-11-22T09:00Z': ['kept: oldest point, hourly 3 of 3 (2026-11-22 09h)'],
    })
    expect(keptBy(points, independent({ keep: { hourly: 2 } }))).toEqual(['2026-11-22T09:30Z', '2026-11-22T10:00Z'])
    expect(keptBy(points, independent({ keep: { daily: 'all' } }))).toEqual(['2026-11-22T09:00Z', '2026-11-22T10:00Z'])
  })

  test('may keep a point for several reasons, and tell all of them', () => {
    const points = daily('2026-11-15', 8)
    const plan = planRetention(points, independent({ keep: { last: 1, daily: 2, weekly: 4 } }), nowMs)
    expect(said(plan)['2026-11-22']).toEqual([
      'kept: last 1 of 1',
      'kept: daily 1 of 2 (2026-11-22)',
      'kept: weekly 1 of 4 (2026-W47)',
      'kept: newest good point of the VM',
    ])
    expect(said(plan)['2026-11-15']).toEqual(['kept: weekly 2 of 4 (2026-W46)'])
    expect(said(plan)['2026-11-18']).toEqual(['removed: no rule keeps it'])
  })

  test('keep what is within so long of the newest point that is not of the future', () => {
    const points = [...daily('2026-11-01', 22), point('2101-01-01')]
    const policy = independent({ within: { last: { years: 0, months: 0, days: 2, hours: 1 } } })
    expect(keptBy(points, policy)).toEqual(['2026-11-20', '2026-11-21', '2026-11-22', '2101-01-01'])
    expect(said(planRetention(points, policy, nowMs))['2026-11-20']).toEqual(['kept: within 2d1h of the newest point'])
    const exactly = independent({ within: { last: { years: 0, months: 0, days: 2, hours: 0 } } })
    expect(keptBy(points, exactly)).toEqual(['2026-11-21', '2026-11-22', '2101-01-01'])
    expect(keptBy([point('2101-01-01'), point('2102-01-01')], policy)).toHaveLength(2)
  })

  test('keep the last of each period within so long', () => {
    const policy = independent({ within: { weekly: { years: 0, months: 0, days: 15, hours: 0 } } })
    // The oldest point in range is kept only if it is the oldest of all.
    expect(keptBy(daily('2026-11-01', 22), policy)).toEqual(['2026-11-08', '2026-11-15', '2026-11-22'])
    expect(keptBy(daily('2026-11-10', 13), policy)).toEqual(['2026-11-10', '2026-11-15', '2026-11-22'])
  })

  test('keep a tagged point, and count it', () => {
    const points = daily('2026-11-15', 8).map((each) =>
      each.id === '2026-11-16'
        ? { ...each, tags: ['audit', 'prod'] }
        : each.id === '2026-11-17'
          ? { ...each, tags: ['prod'] }
          : each,
    )
    expect(keptBy(points, independent({ keep: { last: 1 }, keepTags: [['prod', 'audit']] }))).toEqual([
      '2026-11-16',
      '2026-11-22',
    ])
    expect(keptBy(points, independent({ keep: { last: 7 }, keepTags: [['audit'], ['nobody has it']] }))).toHaveLength(7)
    expect(said(planRetention(points, independent({ keepTags: [['prod', 'audit']] }), nowMs))['2026-11-16']).toEqual([
      'kept: tags prod, audit',
    ])
  })
})

describe('cascading rules', () => {
  // Source: Proxmox Backup Server documentation, "Pruning": each option covers its time, the next considers only older backups.
  // Evidence: documented.
  test('leave alone what a rule before covers', () => {
    const points = daily('2026-10-01', 49) // to Wednesday, 18 November
    // The weekly 25 October covers October, and no month is older.
    expect(keptBy(points, cascade({ keep: { daily: 7, weekly: 3, monthly: 1 } }))).toEqual(
      ids(
        '2026-10-25 2026-11-01 2026-11-08 2026-11-12 2026-11-13 2026-11-14 2026-11-15 2026-11-16 2026-11-17 2026-11-18',
      ),
    )
    expect(keptBy(points, independent({ keep: { daily: 7, weekly: 3, monthly: 1 } }))).toEqual(
      ids('2026-11-08 2026-11-12 2026-11-13 2026-11-14 2026-11-15 2026-11-16 2026-11-17 2026-11-18'),
    )
  })

  test('leave a period to later rules of which only a removed point is known', () => {
    const points = ids('2026-10-13 2026-10-30 2026-11-01').map((id) => point(id))
    // The week keeps 1 November for 30 October; October is still without a point.
    expect(keptBy(points, cascade({ keep: { weekly: 1, monthly: 1 } }))).toEqual(ids('2026-10-13 2026-11-01'))
  })

  test('say what covers a point that goes', () => {
    const points = [point('2026-11-21'), point('2026-11-22T08:00Z'), point('2026-11-22T09:00Z')]
    expect(said(planRetention(points, cascade({ keep: { daily: 1 } }), nowMs))).toEqual({
      '2026-11-22T09:00Z': ['kept: daily 1 of 1 (2026-11-22)', 'kept: newest good point of the VM'],
      '2026-11-22T08:00Z': ['removed: daily keeps a newer point of 2026-11-22'],
      '2026-11-21': ['removed: no rule keeps it'],
    })
  })

  test('have a count per rule that adds up', () => {
    const points = daily('2026-01-01', 326)
    const kept = keptBy(points, cascade({ keep: { last: 3, daily: 13, weekly: 8, monthly: 6, yearly: 9 } }))
    expect(kept.slice(-16)).toEqual(daily('2026-11-07', 16).map(({ id }) => id))
    // The dailies cover the week of the 7th and 8th.
    expect(kept.slice(-24, -16)).toEqual(
      ids('2026-09-13 2026-09-20 2026-09-27 2026-10-04 2026-10-11 2026-10-18 2026-10-25 2026-11-01'),
    )
    expect(kept.slice(0, -24)).toEqual([
      '2026-03-31',
      '2026-04-30',
      '2026-05-31',
      '2026-06-30',
      '2026-07-31',
      '2026-08-31',
    ])
  })

  test('do not keep the oldest point for its age', () => {
    const points = [point('2026-11-22T09:00Z'), point('2026-11-22T09:30Z')]
    expect(keptBy(points, cascade({ keep: { hourly: 3 } }))).toEqual(['2026-11-22T09:30Z'])
  })

  test('refuse "within"', () => {
    const policy = cascade({ within: { last: { years: 1, months: 0, days: 0, hours: 0 } } })
    expect(() => planRetention([], policy, nowMs)).toThrow(
      expect.objectContaining({ code: 'retention.within-in-cascade' }),
    )
  })
})

describe.each(['independent', 'cascade'] as const)('either way (%s)', (mode) => {
  const policy = (keep: NonNullable<RetentionPolicy['keep']>, timeZone = 'UTC'): RetentionPolicy => ({
    mode,
    timeZone,
    keep,
  })

  test.each([{}, { keep: { daily: 0 } }, { keepTags: [] }])('a policy without a rule (%j) keeps everything', (rest) => {
    const points = [point('2026-11-20'), point('2026-11-21', { unfinished: true }), point('2026-11-22')]
    const plan = planRetention(points, { mode, timeZone: 'UTC', ...rest }, nowMs)
    expect(plan.brake).toEqual({ removals: 0, points: 3, held: false })
    expect(said(plan)['2026-11-20']).toEqual(['kept: the policy has no rules'])
  })

  test('weeks at the end of a year belong to the year of their Thursday', () => {
    const points = daily('2026-12-20', 20) // W51 ends on the 20th, W53 lasts from 28 December to 3 January
    expect(keptBy(points, policy({ weekly: 4 }))).toEqual(['2026-12-20', '2026-12-27', '2027-01-03', '2027-01-08'])
    expect(keptBy(daily('2020-12-20', 20), policy({ weekly: 3 }))).toEqual(['2020-12-27', '2021-01-03', '2021-01-08'])
    expect(keptBy(daily('2026-12-29', 6), policy({ weekly: 1 }))).toEqual(['2027-01-03'])
    expect(keptBy(daily('2026-12-29', 6), policy({ yearly: 2 }))).toEqual(['2026-12-31', '2027-01-03'])
  })

  test('a leap day is a day, and the last of its month', () => {
    expect(keptBy(daily('2024-02-27', 4), policy({ monthly: 2 }))).toEqual(['2024-02-29', '2024-03-01'])
  })

  test('the hour that Berlin has twice is one, and the day has 25', () => {
    const points = Array.from({ length: 27 }, (_, i) => {
      const timeMs = Date.parse('2026-10-24T21:30:00Z') + i * hourMs
      return point(new Date(timeMs).toISOString().slice(0, 16), { timeMs })
    })
    const hours = keptBy(points, policy({ hourly: 27 }, 'Europe/Berlin'))
    expect(points.map(({ id }) => id).filter((id) => !hours.includes(id))).toEqual(['2026-10-25T00:30'])
    expect(keptBy(points, policy({ daily: 2 }, 'Europe/Berlin'))).toEqual(['2026-10-25T22:30', '2026-10-25T23:30'])
  })

  test('the hour that Berlin skips is none', () => {
    const points = ['2026-03-29T00:30', '2026-03-29T01:30', '2026-03-29T02:30'].map((id) =>
      point(id, { timeMs: Date.parse(`${id}Z`) }),
    )
    expect(keptBy(points, policy({ hourly: 2 }, 'Europe/Berlin'))).toEqual(['2026-03-29T01:30', '2026-03-29T02:30'])
  })

  test('the day that Samoa skipped is none', () => {
    const points = daily('2011-12-28', 4, '20:00:00Z') // 10:00 on the 28th and 29th, then, offset changed by a day, on the 31st and 1st
    expect(keptBy(points, policy({ daily: 3 }, 'Pacific/Apia'))).toEqual(['2011-12-29', '2011-12-30', '2011-12-31'])
    expect(keptBy(points, policy({ yearly: 2 }, 'Pacific/Apia'))).toEqual(['2011-12-30', '2011-12-31'])
  })

  test('a day begins where the policy is', () => {
    const points = ['2026-11-22T18:10Z', '2026-11-22T18:20Z'].map((id) => point(id))
    expect(keptBy(points, policy({ daily: 2 }, 'Asia/Kathmandu'))).toHaveLength(2)
    expect(keptBy(points, policy({ daily: 1 }, 'Asia/Kathmandu'))).toEqual(['2026-11-22T18:20Z'])
  })

  test('a protected point is kept and not counted', () => {
    const points = daily('2026-11-18', 5).map((each) =>
      each.id === '2026-11-22' ? { ...each, protected: { reason: 'a trial' } } : each,
    )
    expect(keptBy(points, policy({ last: 2 }))).toEqual(['2026-11-20', '2026-11-21', '2026-11-22'])
  })

  test('an unfinished point is kept only if it is the newest of all', () => {
    const points = [
      point('2026-11-19', { unfinished: true }),
      point('2026-11-20'),
      point('2026-11-21', { unfinished: true }),
      point('2026-11-22', { unfinished: true }),
    ]
    expect(said(planRetention(points, policy({ last: 5 }), nowMs))).toEqual({
      '2026-11-22': ['kept: unfinished, but nothing newer is finished'],
      '2026-11-21': ['removed: unfinished, and not the newest'],
      '2026-11-20': ['kept: last 1 of 5', 'kept: newest good point of the VM'],
      '2026-11-19': ['removed: unfinished, and not the newest'],
    })
  })

  test('a protection that has run out is none', () => {
    const until = (untilMs: number) => ({ protected: { reason: 'a trial', untilMs } })
    const points = [point('2026-11-20', until(nowMs)), point('2026-11-21', until(nowMs + 1)), point('2026-11-22')]
    expect(said(planRetention(points, policy({ last: 1 }), nowMs))).toMatchObject({
      '2026-11-21': ['kept: protected until 2100-01-01 00:00 UTC (a trial)'],
      '2026-11-20': ['removed: no rule keeps it'],
    })
  })

  test('a point whose time is in doubt is kept, and displaces none', () => {
    const points = [
      ...daily('2026-11-18', 3),
      point('2101-01-01'),
      point('2026-11-21', { writerTimeMs: Date.parse('2026-11-20T10:59:59Z') }),
      point('2026-11-22', { writerTimeMs: Date.parse('2026-11-23T11:00:01Z') }),
    ]
    const plan = said(planRetention(points, policy({ last: 2 }), nowMs))
    expect(plan).toMatchObject({
      '2101-01-01': ["kept: its time (2101-01-01 11:00 UTC) lies in the future; check the storage's clock"],
      '2026-11-22': [
        'kept: the storage says it is of 2026-11-22 11:00 UTC, its writer of 2026-11-23 11:00 UTC: one clock is wrong, or the repository was copied without its times (then set retention.clock: writer)',
      ],
      '2026-11-20': ['kept: last 1 of 2', 'kept: newest good point of the VM'],
      '2026-11-19': ['kept: last 2 of 2'],
      '2026-11-18': ['removed: no rule keeps it'],
    })
    expect(plan['2026-11-21']![0]).toContain('one clock is wrong')
    const small = [point('2026-11-21', { writerTimeMs: Date.parse('2026-11-20T11:00:00Z') }), point('2026-11-22')]
    expect(keptBy(small, policy({ last: 1 }))).toEqual(['2026-11-22'])
  })

  test('a whole copy of a repository without its times loses nothing', () => {
    const copied = daily('2026-10-01', 50).map((each) => ({
      ...each,
      timeMs: Date.parse('2026-11-22T11:00Z'),
      writerTimeMs: each.timeMs,
    }))
    const removed = planRetention(copied, policy({ daily: 7 }), nowMs).brake.removals
    expect(removed).toBe(0)
    expect(planRetention(copied, { ...policy({ daily: 7 }), clock: 'writer' }, nowMs).brake.removals).toBe(43)
  })

  test('a GFS flag keeps its point until it expires, and changes nothing else', () => {
    const gfs = [{ period: 'monthly' as const, keepUntilMs: Date.parse('2100-06-01T00:00:00Z') }]
    const points = daily('2026-11-18', 5).map((each) =>
      each.id < '2026-11-20' || each.id === '2026-11-22' ? { ...each, gfs } : each,
    )
    const plan = planRetention(points, policy({ last: 2 }), nowMs)
    expect(said(plan)['2026-11-18']).toEqual(['kept: monthly by its GFS flag until 2100-06-01 00:00 UTC'])
    expect(plan.decisions.map(({ action }) => action)).toEqual(['keep', 'keep', 'remove', 'keep', 'keep'])
    const later = planRetention(points, policy({ last: 2 }), gfs[0]!.keepUntilMs)
    expect(later.decisions.map(({ action }) => action)).toEqual(['keep', 'keep', 'remove', 'remove', 'remove'])
  })

  test('points of one time go in the order of their ids', () => {
    const points = ['b', 'a', 'c'].map((id) => point(id, { timeMs: 0 }))
    expect(keptBy(points, policy({ last: 2 }))).toEqual(['b', 'a'])
  })
})

describe('a clock put back over midnight', () => {
  // St. John's, 7 November 2010, 00:01: back to 23:01 of the 6th. So there are a minute of the 7th, then the 6th again, then the 7th.
  const points = ['02:00', '02:30:30', '03:00', '04:00'].map((time) => point(`2010-11-07T${time}Z`))
  const policy = { timeZone: 'America/St_Johns', keep: { daily: 9 } }

  test('makes new days for independent rules, which compare with the day before only', () =>
    expect(keptBy(points, independent(policy))).toHaveLength(4))

  test('makes none for cascading rules, which know all their days', () =>
    expect(keptBy(points, cascade(policy))).toEqual(['2010-11-07T03:00Z', '2010-11-07T04:00Z']))

  test('does not bring a rule back that has reached its count', () =>
    expect(said(planRetention(points, cascade({ ...policy, keep: { daily: 1 } }), nowMs))).toMatchObject({
      '2010-11-07T03:00Z': ['removed: no rule keeps it'],
      '2010-11-07T02:30:30Z': ['removed: no rule keeps it'],
    }))
})

describe('a guard', () => {
  const policy = independent({ keep: { last: 1 } })
  const saidAt = (points: readonly RetentionPoint[], guards: RetentionPolicy['guards'] = {}, at = nowMs) =>
    said(planRetention(points, { ...policy, guards }, at))

  test('keeps what is younger than a day', () => {
    const points = ['2026-11-21T10:00Z', '2026-11-21T10:01Z', '2026-11-22T08:00Z'].map((id) => point(id))
    const at = Date.parse('2026-11-22T10:00Z')
    expect(saidAt(points, {}, at)).toMatchObject({
      '2026-11-21T10:01Z': ['would go, but younger than 24 h'],
      '2026-11-21T10:00Z': ['removed: no rule keeps it'],
    })
    expect(saidAt(points, { minAgeMs: 90 * 60_000 }, at)['2026-11-21T10:01Z']).toEqual(['removed: no rule keeps it'])
  })

  test('keeps the newest good point, also where the newer ones are suspect, unfinished or of an unknown time', () => {
    const points = [
      point('2026-11-17'),
      point('2026-11-18'),
      point('2026-11-20', { unfinished: true }),
      point('2026-11-21', { writerTimeMs: 0 }),
      point('2101-01-01'),
    ]
    const untagged = { ...policy, keep: {}, keepTags: [['none has it']] }
    expect(said(planRetention(points, untagged, nowMs))).toMatchObject({
      '2026-11-20': ['kept: unfinished, but nothing newer is finished'],
      '2026-11-18': ['would go, but newest good point of the VM'],
      '2026-11-17': ['removed: no rule keeps it'],
    })
    const unguarded = { ...untagged, guards: { neverNewestGood: false } }
    expect(said(planRetention(points, unguarded, nowMs))['2026-11-18']).toEqual(['removed: no rule keeps it'])
    const suspects = [point('2026-11-18'), point('2026-11-19', { suspect: suspicion })]
    expect(said(planRetention(suspects, untagged, nowMs))['2026-11-18']![0]).toContain('newest good point')
  })

  test('keeps a suspect point and everything older until somebody clears it, and of no other VM', () => {
    const points = [
      point('2026-11-17'),
      point('2026-11-18', { suspect: suspicion }),
      point('2026-11-19', { suspect: suspicion }),
      point('2026-11-20'),
      point('2026-11-21'),
    ]
    const others = points.map(({ suspect: _, ...each }) => ({ ...each, id: `db-${each.id}`, subject: 'db-01' }))
    const plan = saidAt([...points, ...others])
    const figures = '34 % of the disks is new, usually 1.2 %, and compresses to 100 %, usually 45 %'
    expect(plan).toMatchObject({
      '2026-11-21': ['kept: last 1 of 1', 'kept: newest good point of the VM'],
      '2026-11-20': ['removed: no rule keeps it'], // a day of little change clears nothing
      '2026-11-18': [`would go, but suspect and not cleared: ${figures}`],
      '2026-11-17': [
        'would go, but older than the suspect point 2026-11-18 (2026-11-18 11:00 UTC), which nobody has cleared',
      ],
      'db-2026-11-18': ['removed: no rule keeps it'],
      'db-2026-11-17': ['removed: no rule keeps it'],
    })
    expect(plan['2026-11-19']![0]).toContain('suspect and not cleared')
  })

  test('keeps what is locked, held or in use', () => {
    const lockedUntilMs = nowMs + 1
    const points = [
      point('2026-11-16', { lockedUntilMs: nowMs }),
      point('2026-11-17', { lockedUntilMs, pinned: true }),
      point('2026-11-18', { legalHold: true }),
      point('2026-11-19', { pinned: true }),
      point('2026-11-20'),
    ]
    expect(saidAt(points)).toEqual({
      '2026-11-20': ['kept: last 1 of 1', 'kept: newest good point of the VM'],
      '2026-11-19': ['would go, but in use'],
      '2026-11-18': ['would go, but under legal hold'],
      '2026-11-17': ['would go, but locked by the storage until 2100-01-01 00:00 UTC', 'would go, but in use'],
      '2026-11-16': ['removed: no rule keeps it'],
    })
  })

  test('says in which unit an age is whole', () => {
    const young = (minAgeMs: number) =>
      saidAt([point('2026-11-20'), point('2026-11-21')], { minAgeMs }, Date.parse('2026-11-21T11:00Z'))[
        '2026-11-20'
      ]![0]
    expect([48 * hourMs, 2000 * 60_000, 200_000_000].map(young)).toEqual([
      'would go, but younger than 48 h',
      'would go, but younger than 2000 min',
      'would go, but younger than 200000 s',
    ])
  })
})

describe('the brake', () => {
  const points = daily('2026-11-01', 10)
  const planned = (keep: number, maxShareRemoved?: number) =>
    planRetention(
      points,
      independent({ keep: { last: keep }, guards: maxShareRemoved === undefined ? {} : { maxShareRemoved } }),
      nowMs,
    )

  test('holds every removal of a run that would remove too large a share', () => {
    const plan = planned(6, 0.3)
    expect(plan.brake).toEqual({ removals: 4, points: 10, maxShareRemoved: 0.3, held: true })
    expect(plan.decisions.every(({ action }) => action === 'keep')).toBe(true)
    expect(said(plan)['2026-11-01']).toEqual([
      'would go, but 4 of 10 points at once are more than the 30 % that the policy allows',
    ])
    expect(said(plan)['2026-11-05']).toEqual(['kept: last 6 of 6'])
    expect(explainBrake(plan.brake)).toBe(
      'nothing is removed: 4 of 10 points would go, and the policy allows 30 % in one run; look at each, then raise guards.maxShareRemoved',
    )
  })

  test('lets exactly that share pass', () => {
    const plan = planned(7, 0.3)
    expect(plan.brake).toEqual({ removals: 3, points: 10, maxShareRemoved: 0.3, held: false })
    expect(explainBrake(plan.brake)).toBe('3 of 10 points go; the policy allows 30 % in one run')
    expect(explainBrake(planned(7).brake)).toBe('3 of 10 points go; the policy has no limit to a run')
  })

  test('does not count what a guard keeps', () => {
    const held = points.map((each) => ({ ...each, legalHold: each.id < '2026-11-05' }))
    const policy = independent({ keep: { last: 6 }, guards: { maxShareRemoved: 0.01 } })
    expect(planRetention(held, policy, nowMs).brake).toMatchObject({ removals: 0, held: false })
  })

  test('has nothing to say where there is nothing', () =>
    expect(planRetention([], independent({ keep: { last: 1 }, guards: { maxShareRemoved: 0.1 } }), nowMs)).toEqual({
      decisions: [],
      brake: { removals: 0, points: 0, maxShareRemoved: 0.1, held: false },
    }))
})

test('decisions come by VM, newest first, and by id within one time', () => {
  const of = (subject: string, id: string, timeMs: number) => point(id, { subject, timeMs })
  const all = [of('b', '6', 5), of('a', '2', 1), of('b', '5', 5), of('a', '1', 9), of('b', '4', 70), of('a', '3', 0)]
  for (const points of [all, all.toReversed()])
    expect(
      planRetention(points, independent({}), nowMs)
        .decisions.map((each) => each.point.id)
        .join(''),
    ).toBe('123456')
})

describe('points that can not be right', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, Date.UTC(10_000, 0)])('of time %d are refused', (timeMs) =>
    expect(() => planRetention([point('2026-11-22'), point('x', { timeMs })], independent({}), nowMs)).toThrow(
      expect.objectContaining({ code: 'retention.point-time-invalid', details: { point: 'x', timeMs } }),
    ),
  )

  test('listed twice are refused', () =>
    expect(() => planRetention([point('2026-11-22'), point('2026-11-22')], independent({}), nowMs)).toThrow(
      expect.objectContaining({ code: 'retention.point-twice' }),
    ))
})
