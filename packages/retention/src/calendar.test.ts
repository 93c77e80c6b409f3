import { describe, expect, test } from 'vitest'
import { formatCalendarDuration, parseCalendarDuration, timeBefore } from './calendar-duration.ts'
import { Calendar } from './calendar.ts'
import { periodOf } from './period.ts'
import type { Rule } from './policy.ts'

const wallOf = (zone: string, time: string) => new Date(new Calendar(zone).wallMsOf(Date.parse(time))).toISOString()

test.each([
  ['UTC', '2024-02-29T23:59:59.999Z', '2024-02-29T23:59:59.999Z'],
  ['Europe/Berlin', '2026-03-29T00:59:59.500Z', '2026-03-29T01:59:59.500Z'],
  ['Europe/Berlin', '2026-03-29T01:00:00.000Z', '2026-03-29T03:00:00.000Z'],
  ['Europe/Berlin', '2026-10-25T00:30:00.000Z', '2026-10-25T02:30:00.000Z'],
  ['Europe/Berlin', '2026-10-25T01:30:00.000Z', '2026-10-25T02:30:00.000Z'],
  ['America/New_York', '2026-11-01T05:59:00.000Z', '2026-11-01T01:59:00.000Z'],
  ['America/New_York', '2026-11-01T06:00:00.000Z', '2026-11-01T01:00:00.000Z'],
  ['Asia/Kathmandu', '2026-12-31T18:15:00.000Z', '2027-01-01T00:00:00.000Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00.000Z', '2026-04-05T01:30:00.000Z'],
  ['Pacific/Chatham', '2026-06-30T11:15:00.000Z', '2026-07-01T00:00:00.000Z'],
  ['Pacific/Apia', '2011-12-30T09:59:59.000Z', '2011-12-29T23:59:59.000Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00.000Z', '2011-12-31T00:00:00.000Z'],
  ['Pacific/Kiritimati', '2026-01-01T00:00:00.000Z', '2026-01-01T14:00:00.000Z'],
  ['UTC', '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
])('a clock in %s at %s shows %s', (zone, time, wall) => expect(wallOf(zone, time)).toBe(wall))

test.each([
  ['Europe/Berlin', '2026-07-01T12:00:00.000Z', '2026-07-01T10:00:00.000Z'],
  ['Europe/Berlin', '2026-10-25T02:30:00.000Z', '2026-10-25T00:30:00.000Z'], // shown twice: the first
  ['Europe/Berlin', '2026-03-29T02:30:00.000Z', '2026-03-29T00:30:00.000Z'], // never shown: the earlier reading
  ['America/New_York', '2026-11-01T01:30:00.000Z', '2026-11-01T05:30:00.000Z'],
  ['America/New_York', '2026-03-08T02:30:00.000Z', '2026-03-08T06:30:00.000Z'],
  ['Pacific/Apia', '2011-12-30T12:00:00.000Z', '2011-12-29T22:00:00.000Z'], // a whole day never shown
  ['Asia/Kathmandu', '2026-01-01T00:00:00.000Z', '2025-12-31T18:15:00.000Z'],
])('a clock in %s shows %s at %s', (zone, wall, time) =>
  expect(new Date(new Calendar(zone).timeMsOf(Date.parse(wall))).toISOString()).toBe(time),
)

const period = (rule: Rule, time: string, zone = 'UTC') => {
  const point = { id: 'p', subject: 'vm', timeMs: Date.parse(time) }
  return periodOf(rule, { point, wallMs: new Calendar(zone).wallMsOf(point.timeMs) })
}

describe('a period', () => {
  test.each([
    ['2018-12-31', '2019-W01'],
    ['2019-12-29', '2019-W52'],
    ['2019-12-30', '2020-W01'],
    ['2020-12-31', '2020-W53'],
    ['2021-01-01', '2020-W53'],
    ['2021-01-03', '2020-W53'],
    ['2021-01-04', '2021-W01'],
    ['2024-02-29', '2024-W09'],
    ['2026-12-27', '2026-W52'],
    ['2026-12-28', '2026-W53'],
    ['2026-12-29', '2026-W53'],
    ['2027-01-03', '2026-W53'],
    ['2027-01-04', '2027-W01'],
    ['2028-01-02', '2027-W52'],
    ['1970-01-01', '1970-W01'],
  ])('of weeks: %s lies in %s', (date, week) => {
    expect(period('weekly', `${date}T00:00:00Z`)).toBe(week)
    expect(period('weekly', `${date}T23:59:59Z`)).toBe(week)
  })

  test('is named as an admin would', () => {
    const time = '2026-11-22T23:30:00Z'
    expect(['hourly', 'daily', 'weekly', 'monthly', 'yearly'].map((rule) => period(rule as Rule, time))).toEqual([
      '2026-11-22 23h',
      '2026-11-22',
      '2026-W47',
      '2026-11',
      '2026',
    ])
    expect(period('daily', time, 'Europe/Berlin')).toBe('2026-11-23')
    expect(period('weekly', time, 'Europe/Berlin')).toBe('2026-W48')
    expect(period('yearly', '2026-12-31T23:30:00Z', 'Europe/Berlin')).toBe('2027')
    expect(period('weekly', '2027-01-03T23:30:00Z', 'Europe/Berlin')).toBe('2027-W01')
  })

  test('of an hour that comes twice is one', () => {
    expect(period('hourly', '2026-10-25T00:30:00Z', 'Europe/Berlin')).toBe('2026-10-25 02h')
    expect(period('hourly', '2026-10-25T01:30:00Z', 'Europe/Berlin')).toBe('2026-10-25 02h')
  })

  test('of an hour that is skipped is none', () => {
    expect(period('hourly', '2026-03-29T00:59:59Z', 'Europe/Berlin')).toBe('2026-03-29 01h')
    expect(period('hourly', '2026-03-29T01:00:00Z', 'Europe/Berlin')).toBe('2026-03-29 03h')
  })
})

describe('a calendar duration', () => {
  test.each(['1y5m7d2h', '30d', '2y', '48h', '18m', '1y1h', '100d'])('%s is read and written', (text) =>
    expect(formatCalendarDuration(parseCalendarDuration(text)!)).toBe(text),
  )

  test.each(['', '0d', '7', '7w', 'd', '-1d', '1.5d', '2h1d', '1d ', '99999999h', '1y1y', '٣d'])('%j is none', (text) =>
    expect(parseCalendarDuration(text)).toBeUndefined(),
  )

  test.each([
    ['1m', '2026-03-31T12:00:00Z', '2026-03-03T13:00:00.000Z'], // there is no 31 February
    ['1m', '2024-03-31T12:00:00Z', '2024-03-02T13:00:00.000Z'],
    ['1y', '2024-02-29T12:00:00Z', '2023-03-01T12:00:00.000Z'],
    ['1d', '2026-03-29T12:00:00Z', '2026-03-28T13:00:00.000Z'], // Berlin: a day of 23 hours
    ['24h', '2026-03-29T12:00:00Z', '2026-03-28T12:00:00.000Z'],
    ['1d', '2026-10-25T12:00:00Z', '2026-10-24T11:00:00.000Z'],
    ['1y5m7d2h', '2026-11-22T12:00:00Z', '2025-06-15T09:00:00.000Z'],
  ])('%s before %s in Berlin is %s', (text, time, before) => {
    const ms = timeBefore(Date.parse(time), parseCalendarDuration(text)!, new Calendar('Europe/Berlin'))
    expect(new Date(ms).toISOString()).toBe(before)
  })

  test.each(['9999y', '99999m', '999999d', '57y', '1976y'])('%s before today is before everything', (text) =>
    expect(timeBefore(Date.UTC(2026, 10, 22), parseCalendarDuration(text)!, new Calendar('UTC'))).toBe(-Infinity),
  )
})
