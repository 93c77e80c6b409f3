import { factsOf, type StoredPoint } from '@vmkeep/retention'
import type { RestorePoint } from '@vmkeep/repository'
import { expect, test } from 'vitest'
import { keepingOf, suspicionAbout } from './keeping.ts'

const gib = 1024 ** 3
const nowMs = Date.parse('2026-11-22T10:00:00Z') // a Sunday
const stored = (day: number, gfs: StoredPoint['gfs'] = []): StoredPoint => ({
  id: `p${day}`,
  subject: { id: 'web-01' },
  committedAt: `2026-11-${day}T10:00:00.000Z`,
  tags: [],
  gfs,
  stats: { provisionedBytes: 100 * gib, sentBytes: gib, storedBytes: gib / 2 },
})
const before = [11, 12, 13, 14, 15].map((day) => factsOf(stored(day)))
const gfs = { timeZone: 'UTC', gfs: { weekly: 4, monthly: 12 } }

test('a point gets the tags of its run, and the flags of the periods that have none yet', () => {
  expect(keepingOf({}, before, nowMs)).toEqual({ tags: [], gfs: [] })
  expect(keepingOf({ tags: ['audit'], gfs }, before, nowMs)).toEqual({
    tags: ['audit'],
    gfs: [
      { period: 'weekly', keepUntil: '2026-12-20T10:00:00.000Z' },
      { period: 'monthly', keepUntil: '2027-11-22T10:00:00.000Z' },
    ],
  })
  const flagged = factsOf(stored(10, [{ period: 'monthly', keepUntil: '2027-11-10T10:00:00.000Z' }]))
  expect(keepingOf({ gfs }, [...before, flagged], nowMs).gfs.map(({ period }) => period)).toEqual(['weekly'])
})

test('a point that looks like the work of an attacker is warned of, with what to do', () => {
  const attack = { ...stored(22), stats: { provisionedBytes: 100 * gib, sentBytes: 40 * gib, storedBytes: 40 * gib } }
  const [warning, ...more] = suspicionAbout(attack as StoredPoint as RestorePoint, before)
  expect(more).toEqual([])
  expect(warning).toEqual({
    code: 'point-suspect',
    message: expect.stringMatching(
      /^40\.0 % of the disks is new \(usually 1\.0 %\).* "vmkeep point clear p22"$/,
    ) as string,
  })
  expect(suspicionAbout(stored(22) as RestorePoint, before)).toEqual([])
})
