import { describe, expect, it } from 'vitest'
import { unknownElements } from '../types/index.ts'
import { knows } from './api-version.ts'
import { declaredOnly } from './declared-only.ts'
import { pick } from './pick.ts'

describe('knows', () => {
  it.each([
    ['8.0.3.0', '8.0.0.1', true],
    ['8.0.0.1', '8.0.0.1', true],
    ['8.0', '8.0.0.1', false],
    ['10.0', '9.0', true],
    ['7.0.3.2', '7.0.3.10', false],
    ['6.5', '6.5', true],
    ['6.5.0', '6.5', true],
    ['', '6.0', false],
    ['unknown', '6.0', false],
  ])('API %s knows what came with %s: %j', (server, since, known) => expect(knows(server, since)).toBe(known))
})

describe('pick', () => {
  it('takes what is there and leaves the rest', () => {
    expect(pick({ a: 1, b: undefined, c: 0 } as { a: number; b: undefined; c: number }, 'a', 'b')).toEqual({ a: 1 })
    expect(Object.keys(pick({ a: undefined }, 'a'))).toEqual([])
    expect(pick(undefined as { a: 1 } | undefined, 'a')).toEqual({})
  })
})

describe('declaredOnly', () => {
  it('drops undeclared elements at every depth, and touches nothing else', () => {
    const kept = [{ name: 'newer', xml: '<newer/>' }]
    const value = {
      $type: 'A',
      list: [{ x: 1n, bytes: Uint8Array.of(1), [unknownElements]: kept }],
      [unknownElements]: kept,
    }
    const copy = declaredOnly(value)
    expect(copy).toEqual({ $type: 'A', list: [{ x: 1n, bytes: Uint8Array.of(1) }] })
    expect(Object.getOwnPropertySymbols(copy)).toEqual([])
    expect(value.list[0]![unknownElements]).toBe(kept)
  })
})
