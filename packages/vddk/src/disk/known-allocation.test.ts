import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AllocationQuery } from './allocation-queries.ts'
import { KnownAllocation } from './known-allocation.ts'

const query = fc.record({ startSector: fc.nat(60), sectors: fc.integer({ min: 1, max: 20 }) })
const sectorsOf = ({ startSector, sectors }: AllocationQuery) =>
  Array.from({ length: sectors }, (_, i) => startSector + i)

it('splits every query into what is known and what is not, asks no sector twice, and answers each from an answer that covers it', () => {
  fc.assert(
    fc.property(fc.array(query), (queries) => {
      const known = new KnownAllocation()
      const asked = new Set<number>()
      for (const wanted of queries) {
        const parts = known.partsOf(wanted)
        expect(parts.flatMap((part) => sectorsOf(part.query))).toEqual(sectorsOf(wanted))
        for (const part of parts)
          if (part.answer === undefined) {
            for (const sector of sectorsOf(part.query)) {
              expect(asked.has(sector)).toBe(false)
              asked.add(sector)
            }
            known.remember(part.query, new Uint8Array(16))
          } else expect(sectorsOf(part.answer.query)).toEqual(expect.arrayContaining(sectorsOf(part.query)))
      }
    }),
  )
})

it('keeps the first answer of two who asked at the same time', () => {
  const known = new KnownAllocation()
  known.remember({ startSector: 8, sectors: 8 }, new Uint8Array(16))
  known.remember({ startSector: 0, sectors: 16 }, new Uint8Array(32))
  expect(known.partsOf({ startSector: 0, sectors: 16 }).map(({ answer }) => answer?.bytes.length)).toEqual([
    undefined,
    16,
  ])
})

it('does not remember more than it may', () => {
  const known = new KnownAllocation()
  known.remember({ startSector: 0, sectors: 8 }, new Uint8Array(5 * 1024 * 1024))
  expect(known.partsOf({ startSector: 0, sectors: 8 })).toEqual([{ query: { startSector: 0, sectors: 8 } }])
})
