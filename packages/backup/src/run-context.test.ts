import { KeyedLimiter } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { acquireAll } from './run-context.ts'

const { signal } = new AbortController()

it('tells of the places that are taken, and of no other', async () => {
  const limiters = new KeyedLimiter(1)
  const waits: string[] = []
  const onWait = (key: string) => waits.push(key)
  const first = await acquireAll(limiters, ['b', 'a', 'b'], { onWait, signal })
  const other = await acquireAll(limiters, ['c'], { onWait, signal })
  expect(waits).toEqual([])

  const second = acquireAll(limiters, ['d', 'c', 'b'], { onWait, signal })
  await new Promise(setImmediate)
  expect(waits).toEqual(['b'])
  first[Symbol.dispose]()
  await new Promise(setImmediate)
  expect(waits).toEqual(['b', 'c'])
  other[Symbol.dispose]()
  const held = await second
  expect(['a', 'b', 'c', 'd'].map((key) => limiters.for(key).held)).toEqual([0, 1, 1, 1])
  held[Symbol.dispose]()
  expect(['a', 'b', 'c', 'd'].map((key) => limiters.for(key).held)).toEqual([0, 0, 0, 0])
})

it('gives back what it has when it is told to stop waiting', async () => {
  const limiters = new KeyedLimiter(1)
  const controller = new AbortController()
  using _taken = await limiters.for('b').acquire()
  const waiting = acquireAll(limiters, ['a', 'b'], { onWait: () => {}, signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  expect(limiters.for('a').held).toBe(0)
})
