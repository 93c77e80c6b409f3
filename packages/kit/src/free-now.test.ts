import { expect, it } from 'vitest'
import { freeNow } from './free-now.ts'

it('frees large buffers only: a small one may share its memory with others', () => {
  const [large, small] = [Buffer.alloc(100_000), Buffer.from('small')]
  freeNow(large, small, undefined)
  expect([large.length, small.toString()]).toEqual([0, 'small'])
})
