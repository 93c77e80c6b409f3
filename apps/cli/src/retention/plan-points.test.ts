import type { AppError } from '@vmkeep/kit'
import type { DamagedPoint, Repository, RestorePoint } from '@vmkeep/repository'
import { expect, it } from 'vitest'
import type { LoadedConfig } from '../config/load-config.ts'
import { planPoints } from './plan-points.ts'

const nowMs = Date.parse('2026-11-22T12:00:00Z')
const config = { config: { retention: { keepLast: 1, guards: { minAge: '0h' } } } } as unknown as LoadedConfig

const point = (day: number, more: Partial<RestorePoint> = {}): RestorePoint => ({
  id: `p${day}`,
  createdAt: `2026-11-${day}T10:00:00.000Z`,
  committedAt: `2026-11-${day}T10:00:00.000Z`,
  subject: { id: 'u1', name: 'web-01', kind: 'vm' },
  images: [],
  blobs: {},
  attributes: {},
  stats: {},
  tags: [],
  gfs: [],
  ...more,
})

const plan = async (points: readonly (RestorePoint | DamagedPoint)[], held: readonly string[] = []) => {
  const repository = {
    heldPoints: async () => new Set(held),
    async *points() {
      yield* points
    },
  } as unknown as Repository
  const { signal } = new AbortController()
  const planned = await planPoints(config, repository, { vms: [], nowMs, signal })
  return { ...planned, points: planned.points.map(({ id, action }) => `${id} ${action}`) }
}

it('a point that was erased with its domain, or is damaged, stands for none that can be restored', async () => {
  const damaged = { id: 'p22', createdAt: '2026-11-22T10:00:00.000Z', damaged: new Error('torn') as AppError }
  const planned = await plan([point(19), point(20), point(21, { erasedAt: '2026-11-21T12:00:00.000Z' }), damaged])
  expect(planned.points).toEqual(['p20 keep', 'p19 remove'])
  expect(planned.warnings).toEqual([
    '1 restore point is damaged, and is kept and not shown: run "vmkeep verify"',
    '1 restore point is erased, with the keys of a domain, and is kept and not shown: "vmkeep forget" lets it go',
  ])
})

it('a point that somebody reads, or that the storage has locked, is kept', async () => {
  const points = [point(18), point(19, { lockedUntil: '2026-12-01T00:00:00.000Z' }), point(20), point(21)]
  expect((await plan(points, ['p18'])).points).toEqual(['p21 keep', 'p20 remove', 'p19 keep', 'p18 keep'])
})

it('a copy counts by the time of its origin, whenever it was copied', async () => {
  const origin = { repository: 'r', point: 'p', committedAt: '2026-11-01T10:00:00.000Z' }
  const copy = point(21, { id: 'copy', storedAt: '2026-11-22T10:00:00.000Z', origin })
  expect((await plan([copy, point(20)])).points).toEqual(['p20 keep', 'copy remove'])
})
