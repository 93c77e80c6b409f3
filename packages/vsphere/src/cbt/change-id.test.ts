import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOlder, parseChangeId, sameEpoch } from './change-id.ts'

const epoch = '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63'

describe('change ids', () => {
  it.each([
    [`${epoch}/81`, '81'],
    [`${epoch.toUpperCase()}/0`, '0'],
    [` ${epoch}/81\n`, '81'],
    [`${epoch}/18446744073709551615`, '18446744073709551615'],
    ['', undefined],
    [undefined, undefined],
    ['*', undefined],
    [epoch, undefined],
    [`${epoch}/`, undefined],
    ['/81', undefined],
    [`${epoch}/-1`, undefined],
    [`${epoch}/0x10`, undefined],
    [`${epoch}/1/2`, undefined],
  ])('parses %j to sequence %j', (text, sequence) => {
    expect(parseChangeId(text)).toEqual(sequence === undefined ? undefined : { epoch, sequence: BigInt(sequence) })
  })

  it.each([
    [`${epoch}/1`, `${epoch}/9`, true],
    [`${epoch}/1`, `${epoch.toUpperCase()}/1`, true],
    [`${epoch}/1`, '53 de/1', false],
    ['*', '*', false],
    ['', '', false],
    [undefined, undefined, false],
  ])('sees whether %j and %j share an epoch: %j', (a, b, same) => expect(sameEpoch(a, b)).toBe(same))

  it('orders ids of one epoch by number, not by text, and never across epochs', () => {
    expect(isOlder(`${epoch}/9`, `${epoch}/10`)).toBe(true)
    expect(isOlder('53 de/1', `${epoch}/10`)).toBe(false)
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 2n ** 64n - 1n), (a, b) => {
        expect(isOlder(`${epoch}/${a}`, `${epoch}/${b}`)).toBe(a < b)
      }),
    )
  })

  it('takes any text without a crash', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => void [parseChangeId(a), sameEpoch(a, b), isOlder(a, b)]))
  })
})
