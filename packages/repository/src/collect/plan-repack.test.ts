import fc from 'fast-check'
import { expect, it } from 'vitest'
import { planRepack } from './plan-repack.ts'

const anyPack = fc
  .record({
    sizeBytes: fc.integer({ min: 1, max: 1e6 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    ageMs: fc.nat(1e9),
  })
  .map(({ sizeBytes, share, ageMs }, i = 0) => ({
    pack: i,
    sizeBytes,
    neededBytes: Math.floor(sizeBytes * share),
    ageMs,
  }))

it('chooses no more than brings the dead share down to the budget', () =>
  fc.assert(
    fc.property(
      fc.array(anyPack, { maxLength: 30 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (packs, deadShareMax) => {
        const totalBytes = packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
        const shareAfter = (chosen: readonly (typeof packs)[number][]) => {
          const freed = chosen.reduce((sum, { sizeBytes, neededBytes }) => sum + sizeBytes - neededBytes, 0)
          const dead = packs.reduce((sum, { sizeBytes, neededBytes }) => sum + sizeBytes - neededBytes, 0) - freed
          return dead - deadShareMax * (totalBytes - freed)
        }
        const chosen = planRepack(packs, { deadShareMax, totalBytes, packsMax: 100 }) as typeof packs
        expect(shareAfter(chosen)).toBeLessThanOrEqual(1e-6)
        if (chosen.length > 0) expect(shareAfter(chosen.slice(0, -1))).toBeGreaterThan(0)
      },
    ),
  ))

it('takes old and empty packs first, and never more than it may', () => {
  const packs = [
    { pack: 'full', sizeBytes: 100, neededBytes: 90, ageMs: 1000 },
    { pack: 'young', sizeBytes: 100, neededBytes: 20, ageMs: 10 },
    { pack: 'old', sizeBytes: 100, neededBytes: 20, ageMs: 1000 },
  ]
  const budget = { deadShareMax: 0, totalBytes: 300, packsMax: 10 }
  expect(planRepack(packs, budget).map(({ pack }) => pack)).toEqual(['old', 'full', 'young'])
  expect(planRepack(packs, { ...budget, packsMax: 1 }).map(({ pack }) => pack)).toEqual(['old'])
})
