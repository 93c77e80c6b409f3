import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gfsFlagsFor } from './gfs.ts'
import type { GfsFlag } from './point.ts'

const policy = { timeZone: 'Europe/Berlin', gfs: { weekly: 4, monthly: 12, yearly: 7 } }
const at = (time: string) => Date.parse(time)
const suspect = { newShare: 0.3, usualNewShare: 0.01, storedShare: 1, usualStoredShare: 0.5 }

interface Flagged {
  readonly timeMs: number
  readonly gfs: readonly GfsFlag[]
}

/** Points made at these times, each with the flags it gets. */
const flagAll = (times: readonly string[]): Flagged[] =>
  times.reduce<Flagged[]>((before, time) => {
    const gfs = gfsFlagsFor(policy, before, at(time))
    return [...before, { timeMs: at(time), gfs }]
  }, [])

test('the first point of a week, a month and a year gets the flag of each, and the next ones none', () => {
  const times = [
    '2026-12-30T22:00Z', // a Wednesday: 2026-W53
    '2026-12-31T22:30Z',
    '2026-12-31T23:30Z', // 2027 in Berlin, and the same week
    '2027-01-03T22:30Z',
    '2027-01-03T23:30Z', // Monday in Berlin
    '2027-01-31T23:30Z', // the first of February, and a Monday
  ]
  expect(flagAll(times).map(({ gfs }) => gfs.map(({ period }) => period).join(' '))).toEqual([
    'weekly monthly yearly',
    '',
    'monthly yearly',
    '',
    'weekly',
    'weekly monthly',
  ])
})

test('a flag holds for as many weeks, months or years as the policy says, by the clock of its time zone', () => {
  const [first] = flagAll(['2027-02-28T23:00Z']) // the first of March in Berlin, in winter
  const holds = first!.gfs.map(({ keepUntilMs }) => new Date(keepUntilMs).toISOString())
  expect(holds).toEqual(['2027-03-28T22:00:00.000Z', '2028-02-29T23:00:00.000Z', '2034-02-28T23:00:00.000Z'])
  const january = gfsFlagsFor({ timeZone: 'UTC', gfs: { monthly: 1 } }, [], at('2027-01-31T12:00Z'))
  expect(january).toEqual([{ period: 'monthly', keepUntilMs: at('2027-03-03T12:00Z') }]) // rather longer
})

test('a suspect point holds no period, nor does one that was never flagged', () => {
  const all = flagAll(['2026-11-18T10:00Z'])
  expect(gfsFlagsFor(policy, all, at('2026-11-19T10:00Z'))).toEqual([])
  expect(gfsFlagsFor(policy, [{ ...all[0]!, suspect }], at('2026-11-19T10:00Z'))).toHaveLength(3)
  expect(gfsFlagsFor(policy, [{ timeMs: all[0]!.timeMs }], at('2026-11-19T10:00Z'))).toHaveLength(3)
})

test('without a policy, or with counts of 0, nothing is flagged', () => {
  expect(gfsFlagsFor({ timeZone: 'UTC' }, [], 0)).toEqual([])
  expect(gfsFlagsFor({ timeZone: 'UTC', gfs: { weekly: 0 } }, [], 0)).toEqual([])
})

test('every month that has points has exactly one with the flag, its first', () => {
  const days = fc.uniqueArray(fc.integer({ min: 18_000, max: 19_000 }), { maxLength: 60 })
  fc.assert(
    fc.property(days, (numbers) => {
      const times = numbers.toSorted((a, b) => a - b).map((day) => new Date(day * 86_400_000).toISOString())
      const points = flagAll(times)
      const months = Map.groupBy(points, ({ timeMs }) => new Date(timeMs).toISOString().slice(0, 7))
      for (const each of months.values()) {
        const flagged = each.filter(({ gfs }) => gfs.some(({ period }) => period === 'monthly'))
        expect(flagged).toEqual([each[0]])
      }
    }),
    { numRuns: 100 },
  )
})
