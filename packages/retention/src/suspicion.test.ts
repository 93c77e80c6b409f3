import { describe, expect, test } from 'vitest'
import { type Growth, suspicionOf } from './suspicion.ts'

const gib = 1024 ** 3
const growth = (newGib: number, storedShare: number): Growth => ({
  capacityBytes: 100 * gib,
  newBytes: newGib * gib,
  storedBytes: newGib * storedShare * gib,
})
/** A full of 40 GiB and days of one or two. */
const usual = [1, 2, 1, 1, 2, 1, 40].map((newGib) => growth(newGib, 0.5))

describe('a point is suspect', () => {
  test('if much is new and it no longer compresses', () =>
    expect(suspicionOf(growth(20, 1), usual)).toEqual({
      newShare: 0.2,
      usualNewShare: 0.01,
      storedShare: 1,
      usualStoredShare: 0.5,
    }))

  test.each([
    ['an upgrade: much is new, and compresses', growth(20, 0.6), usual],
    ['a film: little is new, and does not compress', growth(4.9, 1), usual],
    ['as much as on other days', growth(8, 1), usual.map((each) => growth(each.newBytes / gib + 1, 0.5))],
    ['a VM of films', growth(20, 1), usual.map((each) => growth(each.newBytes / gib, 0.99))],
    ['too short a history', growth(20, 1), usual.slice(0, 4)],
    ['nothing new', growth(0, 0), usual],
    ['a VM without disks', { ...growth(0, 0), capacityBytes: 0 }, usual],
  ])('but not for %s', (_, point, before) => expect(suspicionOf(point, before)).toBeUndefined())

  test('by the last 30 points alone', () => {
    const long = [...Array.from({ length: 30 }, () => growth(1, 0.99)), ...usual]
    expect(suspicionOf(growth(20, 1), long)).toBeUndefined()
  })

  test('also where nothing at all changed on other days', () => {
    const idle = [...Array.from({ length: 9 }, () => growth(0, 0)), growth(40, 0.5)]
    expect(suspicionOf(growth(20, 1), idle)).toMatchObject({ usualNewShare: 0, usualStoredShare: 0.5 })
    expect(suspicionOf(growth(20, 1), idle.slice(0, 9))).toBeUndefined() // nothing tells how it compresses
  })
})
