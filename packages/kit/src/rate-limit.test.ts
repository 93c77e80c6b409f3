import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RateLimit } from './rate-limit.ts'
import { fakeClock } from './testing.ts'

it('lets through what the rate allows, a second of it at once, and never more', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.record({ amount: fc.nat(500), pauseMs: fc.nat(3000) })), async (takes) => {
      const clock = fakeClock(0)
      const limit = new RateLimit(100, clock)
      let taken = 0
      let latest = 0
      for (const { amount, pauseMs } of takes) {
        clock.advance(pauseMs)
        await limit.take(amount)
        taken += amount
        latest = Math.max(latest, amount)
        expect(taken).toBeLessThanOrEqual((clock.nowMs() / 1000) * 100 + 100 + latest + 1e-6)
      }
    }),
  ))

it('costs nothing as long as less is taken', async () => {
  const clock = fakeClock(0)
  const limit = new RateLimit(100, clock)
  for (let i = 1; i <= 10; i++) {
    await limit.take(50)
    expect(clock.nowMs()).toBe((i - 1) * 1000)
    clock.advance(1000)
  }
})

it('takes turns, and stops waiting when aborted', async () => {
  const clock = fakeClock(0)
  const limit = new RateLimit(100, clock)
  await limit.take(200)
  const order: number[] = []
  await Promise.all([1, 2].map((i) => limit.take(100).then(() => order.push(i))))
  expect(order).toEqual([1, 2])
  const reason = new Error('enough')
  await expect(limit.take(1, AbortSignal.abort(reason))).rejects.toBe(reason)
  expect(() => new RateLimit(0, clock)).toThrow(RangeError)
})
