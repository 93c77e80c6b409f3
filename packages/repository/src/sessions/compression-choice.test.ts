import { expect, it } from 'vitest'
import { CompressionChoice } from './compression-choice.ts'

it('tries every chunk until 64 in a row were not worth it, then one in eight until one is', () => {
  const choice = new CompressionChoice()
  const next = (worthIt: boolean) => {
    const level = choice.nextLevel()
    if (level > 0) choice.tried(worthIt)
    return level
  }
  expect(Array.from({ length: 64 }, () => next(false))).toEqual(Array.from({ length: 64 }, () => 1))
  expect(Array.from({ length: 16 }, () => next(false))).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1])
  expect(Array.from({ length: 8 }, () => next(true)).at(-1)).toBe(1)
  expect(Array.from({ length: 5 }, () => next(true))).toEqual([1, 1, 1, 1, 1])
})
