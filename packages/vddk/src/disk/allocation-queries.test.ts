import { between, endOf, intersection, type Extent } from '@vmkeep/disk'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { allocationQueries, blocksOf, chunkSectors, unaskable } from './allocation-queries.ts'

const chunkBytes = chunkSectors * 512
const sectors = (max: number) => fc.integer({ min: 1, max }).map((count) => count * 512)

it('covers what is asked exactly once, in whole chunks, at most 512 Ki of them a query', () => {
  const disk = sectors(400_000_000).chain((capacityBytes) =>
    fc.tuple(fc.constant(capacityBytes), fc.nat(capacityBytes - 1), fc.nat(capacityBytes)),
  )
  fc.assert(
    fc.property(disk, ([capacityBytes, a, b]) => {
      const within = between(Math.min(a, b), Math.max(a, b))
      const { queries, unaskableFromBytes } = allocationQueries(within, capacityBytes)
      let covered: Extent[] = []
      for (const query of queries) {
        expect([query.startSector % chunkSectors, query.sectors % chunkSectors]).toEqual([0, 0])
        expect(query.sectors / chunkSectors).toBeLessThanOrEqual(512 * 1024)
        const extent = { offsetBytes: query.startSector * 512, lengthBytes: query.sectors * 512 }
        expect(endOf(extent)).toBeLessThanOrEqual(Math.floor(capacityBytes / chunkBytes) * chunkBytes)
        covered.push(intersection(extent, within) ?? between(0, 0))
      }
      covered = [...covered, unaskable(within, unaskableFromBytes, capacityBytes) ?? between(0, 0)]
      expect(covered.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0)).toBe(within.lengthBytes)
    }),
  )
})

it.each([
  ['before what was asked', [0n, 8n]],
  ['beyond what was asked', [1000n, 100n]],
  ['empty', [600n, 0n]],
  ['not in order', [700n, 10n, 600n, 10n]],
  ['as large as no disk', [600n, 2n ** 63n]],
])('refuses blocks that are %s', (_name, numbers) => {
  const answer = new Uint8Array(new BigUint64Array(numbers).buffer)
  expect(() => [...blocksOf(answer, { startSector: 512, sectors: 512 })]).toThrow(/allocated blocks/)
})
