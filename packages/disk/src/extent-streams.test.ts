import fc from 'fast-check'
import { collect } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { type Extent, whole } from './extent.ts'
import { aligned, intersected, joined, split, subtracted, united } from './extent-streams.ts'

const capacityBytes = 64
/** Ascending, disjoint extents from a random set of bytes: the byte set is the model. */
const anyBytes = fc.uniqueArray(fc.nat(capacityBytes - 1), { maxLength: capacityBytes })
const extentsOf = (bytes: Iterable<number>) =>
  collect(joined([...bytes].toSorted((a, b) => a - b).map((offsetBytes) => ({ offsetBytes, lengthBytes: 1 }))))
const bytesIn = (extents: Extent[]) =>
  extents.flatMap(({ offsetBytes, lengthBytes }) => Array.from({ length: lengthBytes }, (_, i) => offsetBytes + i))
const sorted = (set: Set<number>) => [...set].toSorted((a, b) => a - b)

it('joins into the same bytes, with a gap between any two extents', () =>
  fc.assert(
    fc.asyncProperty(anyBytes, async (bytes) => {
      const extents = await extentsOf(bytes)
      expect(bytesIn(extents)).toEqual(sorted(new Set(bytes)))
      extents
        .slice(1)
        .forEach((extent, i) =>
          expect(extent.offsetBytes).toBeGreaterThan(extents[i]!.offsetBytes + extents[i]!.lengthBytes),
        )
    }),
  ))

it('unites as sets of bytes do, with a gap between any two extents', () =>
  fc.assert(
    fc.asyncProperty(anyBytes, anyBytes, async (a, b) => {
      const both = await collect(united(await extentsOf(a), await extentsOf(b)))
      expect(both).toEqual(await extentsOf(new Set(a).union(new Set(b))))
    }),
  ))

it('subtracts and intersects as sets of bytes do', () =>
  fc.assert(
    fc.asyncProperty(anyBytes, anyBytes, async (a, b) => {
      const [left, right] = [await extentsOf(a), await extentsOf(b)]
      expect(bytesIn(await collect(subtracted(left, right)))).toEqual(sorted(new Set(a).difference(new Set(b))))
      expect(bytesIn(await collect(intersected(left, right)))).toEqual(sorted(new Set(a).intersection(new Set(b))))
    }),
  ))

it('splits every byte exactly once, in order', () =>
  fc.assert(
    fc.asyncProperty(anyBytes, async (cover) => {
      const parts = await collect(split([whole(capacityBytes)], await extentsOf(cover)))
      expect(bytesIn(parts.map(({ extent }) => extent))).toEqual(Array.from({ length: capacityBytes }, (_, i) => i))
    }),
  ))

it('aligns outward and never past the end', () =>
  fc.assert(
    fc.asyncProperty(anyBytes, fc.constantFrom(1, 4, 7, 16), async (bytes, unitBytes) => {
      const units = new Set(bytes.map((byte) => Math.floor(byte / unitBytes)))
      const model = Array.from({ length: capacityBytes }, (_, i) => i).filter((i) =>
        units.has(Math.floor(i / unitBytes)),
      )
      expect(bytesIn(await collect(aligned(await extentsOf(bytes), unitBytes, capacityBytes)))).toEqual(model)
    }),
  ))
