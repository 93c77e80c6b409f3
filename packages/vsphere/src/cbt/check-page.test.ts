import { FormatError } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkPage } from './check-page.ts'

const area = (start: number, length: number) => ({ start, length })

describe('checkPage', () => {
  it.each<[string, object]>([
    ['an empty page', { startOffset: 0, length: 100 }],
    ['an empty list', { startOffset: 0, length: 100, changedArea: [] }],
    ['a page that is all changed', { startOffset: 0, length: 100, changedArea: [area(0, 100)] }],
    ['areas that touch', { startOffset: 0, length: 100, changedArea: [area(0, 50), area(50, 50)] }],
    ['bigints', { startOffset: 0n, length: 100n, changedArea: [{ start: 10n, length: 5n }] }],
  ])('accepts %s', (_, info) => expect(checkPage(info as never, 0, 100).endBytes).toBe(100))

  it.each<[string, object, RegExp]>([
    ['another start than asked', { startOffset: 50, length: 50 }, /asked from byte 0, answered from byte 50/],
    ['a page of no length', { startOffset: 0, length: 0 }, /0 bytes long/],
    ['a page of negative length', { startOffset: 0, length: -1 }, /-1 bytes long/],
    ['a page beyond the disk', { startOffset: 0, length: 101 }, /ends at byte 101 of a disk of 100/],
    ['an area before the page', { startOffset: 0, length: 100, changedArea: [area(-1, 5)] }, /before byte 0/],
    [
      'an area behind the page',
      { startOffset: 0, length: 60, changedArea: [area(50, 11)] },
      /ends at byte 61, its page at byte 60/,
    ],
    ['areas out of order', { startOffset: 0, length: 100, changedArea: [area(50, 1), area(10, 1)] }, /before byte 51/],
    ['areas that overlap', { startOffset: 0, length: 100, changedArea: [area(0, 10), area(9, 5)] }, /before byte 10/],
    ['the same area twice', { startOffset: 0, length: 100, changedArea: [area(0, 10), area(0, 10)] }, /before byte 10/],
    ['an area of no length', { startOffset: 0, length: 100, changedArea: [area(5, 0)] }, /0 bytes long/],
    ['a number beyond 2^53', { startOffset: 0, length: 2n ** 60n }, /length is 1152921504606846976/],
  ])('refuses %s', (_, info, problem) => {
    expect(() => checkPage(info as never, 0, 100)).toThrow(FormatError)
    expect(() => checkPage(info as never, 0, 100)).toThrow(problem)
  })

  it('never lets an extent out that is not inside the disk, in order, and not empty', () => {
    const number = fc.integer({ min: -5, max: 120 })
    const info = fc.record({
      startOffset: number,
      length: number,
      changedArea: fc.array(fc.record({ start: number, length: number }), { maxLength: 4 }),
    })
    fc.assert(
      fc.property(info, fc.integer({ min: 0, max: 99 }), (page, asked) => {
        let reached = asked
        try {
          const { extents, endBytes } = checkPage(page, asked, 100)
          for (const { offsetBytes, lengthBytes } of extents) {
            expect(offsetBytes).toBeGreaterThanOrEqual(reached)
            expect(lengthBytes).toBeGreaterThan(0)
            reached = offsetBytes + lengthBytes
          }
          expect(endBytes).toBeGreaterThan(asked)
          expect(reached).toBeLessThanOrEqual(endBytes)
          expect(endBytes).toBeLessThanOrEqual(100)
        } catch (error) {
          if (!(error instanceof FormatError)) throw error
        }
      }),
      { numRuns: 1000 },
    )
  })
})
