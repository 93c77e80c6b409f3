import { AppError, messageOf } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRetentionPolicy, type RetentionConfig } from './parse-policy.ts'

const refusal = (config: unknown): AppError => {
  try {
    parseRetentionPolicy(config, 'policies.gold.retention')
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('a retention policy in the config', () => {
  test('is read whole', () => {
    const config: RetentionConfig = {
      mode: 'independent',
      clock: 'writer',
      timeZone: 'Europe/Berlin',
      keepLast: 3,
      keepDaily: 7,
      keepYearly: 'all',
      keepWithin: '2d',
      keepWithinMonthly: '1y6m',
      keepTags: ['audit', 'prod, quarter-end'],
      gfs: { weekly: 4, yearly: 7 },
      guards: { minAge: '3d', maxShareRemoved: '12.5%', neverNewestGood: false },
    }
    expect(parseRetentionPolicy(config)).toEqual({
      mode: 'independent',
      clock: 'writer',
      timeZone: 'Europe/Berlin',
      keep: { last: 3, daily: 7, yearly: 'all' },
      within: {
        last: { years: 0, months: 0, days: 2, hours: 0 },
        monthly: { years: 1, months: 6, days: 0, hours: 0 },
      },
      keepTags: [['audit'], ['prod', 'quarter-end']],
      gfs: { weekly: 4, yearly: 7 },
      guards: { minAgeMs: 259_200_000, maxShareRemoved: 0.125, neverNewestGood: false },
    })
  })

  test.each([
    ['100%', 1],
    ['20 %', 0.2],
    ['0.5%', 0.005],
  ])('takes %s for a share', (maxShareRemoved, share) =>
    expect(parseRetentionPolicy({ guards: { maxShareRemoved } }).guards).toMatchObject({ maxShareRemoved: share }),
  )

  test('has defaults on the safe side', () =>
    expect(parseRetentionPolicy({})).toEqual({
      mode: 'cascade',
      clock: 'storage',
      timeZone: 'UTC',
      keep: {},
      within: {},
      keepTags: [],
      gfs: {},
      guards: { minAgeMs: 86_400_000, neverNewestGood: true },
    }))

  test.each([
    [null, 'retention.not-a-map', 'policies.gold.retention must hold keys and values, such as "keepDaily: 7"'],
    [[], 'retention.not-a-map', 'policies.gold.retention must'],
    [{ guards: 'none' }, 'retention.not-a-map', 'policies.gold.retention.guards must'],
    [
      { daily: 7 },
      'retention.unknown-key',
      'there is no "daily" in policies.gold.retention; it can hold mode, clock, timeZone, keepLast',
    ],
    [
      { guards: { minimum: 1 } },
      'retention.unknown-key',
      'there is no "minimum" in policies.gold.retention.guards; it can hold minAge,',
    ],
    [{ mode: 'gfs' }, 'retention.mode-unknown', 'policies.gold.retention.mode is "gfs"; write "cascade"'],
    [
      { timeZone: 'Mars/Olympus' },
      'retention.time-zone-unknown',
      'policies.gold.retention.timeZone is "Mars/Olympus", which',
    ],
    [{ clock: 'ours' }, 'retention.clock-unknown', 'policies.gold.retention.clock is "ours"; write "storage"'],
    [{ timeZone: 8 }, 'retention.time-zone-unknown', 'policies.gold.retention.timeZone is 8, which'],
    [{ keepDaily: -1 }, 'retention.count-invalid', 'policies.gold.retention.keepDaily is -1; write how many'],
    [{ keepDaily: '7' }, 'retention.count-invalid', 'policies.gold.retention.keepDaily is "7"; write'],
    [{ keepLast: 1.5 }, 'retention.count-invalid', 'policies.gold.retention.keepLast is 1.5; write'],
    [{ keepLast: null }, 'retention.count-invalid', 'policies.gold.retention.keepLast is null; write'],
    [
      { mode: 'independent', keepWithin: '7w' },
      'retention.duration-invalid',
      'policies.gold.retention.keepWithin is "7w"; write years',
    ],
    [
      { mode: 'independent', keepWithinDaily: 7 },
      'retention.duration-invalid',
      'policies.gold.retention.keepWithinDaily is 7; write',
    ],
    [
      { keepWithinDaily: '7d' },
      'retention.within-in-cascade',
      'policies.gold.retention.keepWithinDaily goes only with "mode: independent"',
    ],
    [{ keepTags: 'audit' }, 'retention.tags-invalid', 'policies.gold.retention.keepTags is "audit"; write a list'],
    [{ keepTags: ['audit', 'a,,b'] }, 'retention.tags-invalid', 'policies.gold.retention.keepTags[1] is "a,,b"; write'],
    [{ keepTags: [{}] }, 'retention.tags-invalid', 'policies.gold.retention.keepTags[0] is keys and values; write'],
    [{ gfs: { quarterly: 4 } }, 'retention.unknown-key', 'there is no "quarterly" in policies.gold.retention.gfs'],
    [
      { keepLast: 1, gfs: { weekly: '4w' } },
      'retention.gfs-invalid',
      'policies.gold.retention.gfs.weekly is "4w"; write',
    ],
    [
      { keepLast: 1, gfs: { weekly: 1001 } },
      'retention.gfs-invalid',
      'policies.gold.retention.gfs.weekly is 1001; write',
    ],
    [{ gfs: { monthly: 12 } }, 'retention.gfs-alone', 'policies.gold.retention.gfs flags points made from now on'],
    [
      { guards: { minAge: '1m' } },
      'retention.min-age-invalid',
      'policies.gold.retention.guards.minAge is "1m"; write hours or days',
    ],
    [
      { guards: { maxShareRemoved: 20 } },
      'retention.share-invalid',
      'policies.gold.retention.guards.maxShareRemoved is 20; write a percentage',
    ],
    [
      { guards: { maxShareRemoved: '0%' } },
      'retention.share-invalid',
      'policies.gold.retention.guards.maxShareRemoved is "0%"; write',
    ],
    [
      { guards: { maxShareRemoved: '101%' } },
      'retention.share-invalid',
      'policies.gold.retention.guards.maxShareRemoved is "101%"; write',
    ],
    [
      { guards: { neverNewestGood: 'no' } },
      'retention.switch-invalid',
      'policies.gold.retention.guards.neverNewestGood is "no"; write',
    ],
  ])('%j is refused: %s', (config, code, message) => {
    expect(refusal(config).code).toBe(code)
    expect(refusal(config).message).toContain(message)
    expect(refusal(config).remedy).toBe('change-request')
  })

  test('that is anything else at all gets a short, coded answer', () => {
    const key = fc.constantFrom(
      'mode',
      'timeZone',
      'keepDaily',
      'keepWithin',
      'clock',
      'keepTags',
      'gfs',
      'guards',
      '__proto__',
      'toString',
    )
    const value = fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true, maxDepth: 2 })
    fc.assert(
      fc.property(fc.oneof(value, fc.dictionary(key, value)), (config) => {
        try {
          parseRetentionPolicy(config)
        } catch (error) {
          expect(error).toBeInstanceOf(AppError)
          expect(messageOf(error).length).toBeLessThan(500)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
