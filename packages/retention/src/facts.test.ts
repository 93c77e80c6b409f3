import { describe, expect, test } from 'vitest'
import { factsOf, findSuspects, type StoredPoint } from './facts.ts'

const gib = 1024 ** 3
const stored = (day: number, more: Partial<StoredPoint> = {}): StoredPoint => ({
  id: `p${day}`,
  subject: { id: 'web-01' },
  committedAt: `2026-11-${String(day).padStart(2, '0')}T10:00:00.000Z`,
  tags: [],
  gfs: [],
  stats: { provisionedBytes: 100 * gib, sentBytes: gib, storedBytes: gib / 2, readBytes: 7 },
  ...more,
})
const attack = { stats: { provisionedBytes: 100 * gib, sentBytes: 30 * gib, storedBytes: 30 * gib } }

describe('the facts of a point', () => {
  test("are told in numbers, with the storage's time before the writer's", () => {
    const point = stored(3, {
      storedAt: '2026-11-03T10:00:05.000Z',
      tags: ['audit'],
      gfs: [{ period: 'weekly', keepUntil: '2026-12-01T00:00:00.000Z' }],
      protection: { reason: 'a trial', until: '2027-01-01T00:00:00.000Z' },
      lockedUntil: '2026-12-24T00:00:00.000Z',
    })
    expect(factsOf(point, new Set(['p3']))).toEqual({
      id: 'p3',
      subject: 'web-01',
      timeMs: Date.parse('2026-11-03T10:00:05Z'),
      writerTimeMs: Date.parse('2026-11-03T10:00:00Z'),
      tags: ['audit'],
      gfs: [{ period: 'weekly', keepUntilMs: Date.parse('2026-12-01') }],
      protected: { reason: 'a trial', untilMs: Date.parse('2027-01-01') },
      lockedUntilMs: Date.parse('2026-12-24'),
      pinned: true,
      cleared: false,
      growth: { capacityBytes: 100 * gib, newBytes: gib, storedBytes: gib / 2 },
    })
  })

  test('of a copy are of the time of its original', () => {
    const copy = factsOf(
      stored(22, { storedAt: '2026-11-22T10:00:00.000Z', origin: { committedAt: '2025-01-01T00:00:00.000Z' } }),
    )
    expect([copy.timeMs, copy.writerTimeMs]).toEqual([Date.parse('2025-01-01'), undefined])
  })

  test('say nothing of growth where the stats do not', () =>
    expect(factsOf(stored(1, { stats: { sentBytes: '7' } }))).not.toHaveProperty('growth'))
})

describe('suspects', () => {
  const suspects = (points: readonly StoredPoint[]) =>
    findSuspects(points.map((point) => factsOf(point)))
      .filter(({ suspect }) => suspect !== undefined)
      .map(({ id }) => id)
  const days = Array.from({ length: 9 }, (_, i) => stored(i + 1))

  test('are found in any order of the points, VM by VM', () => {
    const other = days.map((point) => ({ ...point, id: `db-${point.id}`, subject: { id: 'db-01' } }))
    const points = [...days, ...other, stored(10, attack), stored(11)]
    expect(suspects(points)).toEqual(['p10'])
    expect(suspects(points.toReversed())).toEqual(['p10'])
  })

  test('do not make the next one usual', () =>
    expect(suspects([...days, ...[10, 11, 12, 13, 14, 15, 16].map((day) => stored(day, attack))])).toHaveLength(7))

  test('are none once they are cleared, and then they are usual', () => {
    const cleared = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20].map((day) => stored(day, { ...attack, clearance: {} }))
    expect(suspects([...days, ...cleared])).toEqual([])
    expect(suspects([...days, ...cleared, stored(21, attack)])).toEqual([])
  })
})
