import { expect, it } from 'vitest'
import { seededRandom } from './random.ts'

it('a seed gives the same sequence again, however it is cut, and another seed another one', () => {
  const [whole, cut, other] = [seededRandom(7), seededRandom(7), seededRandom(8)]
  const bytes = whole.bytes(100)
  expect(Buffer.concat([cut.bytes(33), cut.bytes(0), cut.bytes(67)])).toEqual(Buffer.from(bytes))
  expect(Buffer.from(other.bytes(100))).not.toEqual(Buffer.from(bytes))
})

it('fractions lie in [0, 1) and are spread', () => {
  const random = seededRandom('fractions')
  const fractions = Array.from({ length: 1000 }, () => random.fraction())
  expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...fractions)).toBeLessThan(1)
  expect(fractions.filter((fraction) => fraction < 0.5).length).toBeGreaterThan(400)
})
