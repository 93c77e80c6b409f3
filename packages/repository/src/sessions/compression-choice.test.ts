import { expect, it } from 'vitest'
import { CompressionChoice } from './compression-choice.ts'

it('doubts after 64 chunks in a row that were not worth it, until one is', () => {
  const choice = new CompressionChoice()
  const doubts = (worthIt: boolean) => {
    choice.tried(worthIt)
    return choice.isDoubtful
  }
  expect(Array.from({ length: 63 }, () => doubts(false))).not.toContain(true)
  expect([doubts(false), doubts(false), doubts(true), doubts(false)]).toEqual([true, true, false, false])
})
