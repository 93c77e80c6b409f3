import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { BlobLocation } from '../index/chunk-index.ts'
import { planReads } from './plan-reads.ts'

const pack = (key: string, state: 'live' | 'pending' = 'live') => ({
  ordinal: 0,
  key,
  name: new Uint8Array(24),
  state,
  condemned: false,
  row: undefined,
  durable: undefined,
})
const packs = [pack('packs/a'), pack('packs/b'), pack('packs/c', 'pending')]
const anyLocation = fc
  .record({
    pack: fc.constantFrom(...packs),
    offsetBytes: fc.integer({ min: 64, max: 2 ** 26 }),
    storedBytes: fc.integer({ min: 81, max: 2 ** 22 }),
  })
  .map((place): BlobLocation => ({ ...place, type: 1 }))

it('covers every stored blob once, in reads of bounded size, wasting at most a gap per blob', () =>
  fc.assert(
    fc.property(fc.array(anyLocation, { maxLength: 40 }), (locations) => {
      const reads = planReads(locations)
      const indexes = reads.flatMap(({ blobs }) => blobs.map(({ index }) => index))
      const stored = locations.flatMap(({ pack: { state } }, index) => (state === 'pending' ? [] : [index]))
      expect(indexes.toSorted((a, b) => a - b)).toEqual(stored)
      for (const { packKey, offsetBytes, lengthBytes, blobs } of reads) {
        expect(lengthBytes).toBeLessThanOrEqual(8 * 1024 * 1024)
        for (const { index } of blobs) {
          const location = locations[index]!
          expect(location.pack.key).toBe(packKey)
          expect(location.offsetBytes).toBeGreaterThanOrEqual(offsetBytes)
          expect(location.offsetBytes + location.storedBytes).toBeLessThanOrEqual(offsetBytes + lengthBytes)
        }
        const wanted = blobs.reduce((sum, { index }) => sum + locations[index]!.storedBytes, 0)
        expect(lengthBytes).toBeLessThanOrEqual(wanted + (blobs.length - 1) * 128 * 1024)
      }
    }),
  ))

it('reads neighbours at once, whatever the order they are asked in', () => {
  const places = [64, 1064, 2064].map((offsetBytes) => ({ pack: packs[0]!, offsetBytes, storedBytes: 1000, type: 1 }))
  expect(planReads(places.toReversed())).toMatchObject([{ packKey: 'packs/a', offsetBytes: 64, lengthBytes: 3000 }])
})
