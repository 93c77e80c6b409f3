import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FaultPlan, matchesGlob } from './faults.ts'
import { KeyedLimiter, Limiter } from './limiter.ts'
import { seededRandom } from './random.ts'
import { retry } from './retry.ts'
import { collect, forEachConcurrent, mapConcurrent } from './streams.ts'
import { fakeClock } from './testing.ts'

async function* from<T>(items: Iterable<T>) {
  yield* items
}
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await Promise.resolve()
}

describe('mapConcurrent', () => {
  it('keeps order and the limit, for any input', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(5)), fc.integer({ min: 1, max: 8 }), async (delays, limit) => {
        let [active, peak] = [0, 0]
        const work = async (delay: number) => {
          peak = Math.max(peak, ++active)
          await turns(delay)
          active--
          return delay
        }
        expect(await collect(mapConcurrent(limit, work)(from(delays)))).toEqual(delays)
        expect(peak).toBeLessThanOrEqual(limit)
        expect(active).toBe(0)
      }),
    ))

  it('waits for running work when the consumer stops', async () => {
    let active = 0
    const work = async () => {
      active++
      await turns(5)
      active--
    }
    for await (const _ of mapConcurrent(4, work)(from([1, 2, 3, 4, 5, 6]))) break
    expect(active).toBe(0)
  })

  it('passes on the first failure after the rest has settled', async () => {
    let settled = 0
    const work = async (n: number) => {
      await turns(n)
      settled++
      if (n === 2) throw new Error('two')
    }
    await expect(forEachConcurrent([5, 2, 9], 3, work)).rejects.toThrow('two')
    expect(settled).toBe(3)
  })
})

describe('a limiter', () => {
  it('never lets in more than its limit, and lets everybody in', async () => {
    const limiter = new Limiter(3)
    let [active, peak, done] = [0, 0, 0]
    await Promise.all(
      Array.from({ length: 20 }, () =>
        limiter.run(async () => {
          peak = Math.max(peak, ++active)
          await turns(3)
          active--
          done++
        }),
      ),
    )
    expect([peak, done, limiter.held]).toEqual([3, 20, 0])
  })

  it('forgets a waiter that gave up, and disposing twice frees one place', async () => {
    const limiter = new Limiter(1)
    const place = await limiter.acquire()
    const controller = new AbortController()
    const waiting = limiter.acquire(controller.signal)
    controller.abort(new Error('gave up'))
    await expect(waiting).rejects.toThrow('gave up')
    place[Symbol.dispose]()
    place[Symbol.dispose]()
    expect([limiter.held, limiter.waiting]).toEqual([0, 0])
  })

  it('tells who has to wait, and nobody else', async () => {
    const limiter = new Limiter(1)
    const waited: string[] = []
    const first = await limiter.acquire(undefined, () => waited.push('first'))
    const second = limiter.acquire(undefined, () => waited.push('second'))
    expect(waited).toEqual(['second'])
    first[Symbol.dispose]()
    const place = await second
    place[Symbol.dispose]()
    await limiter.acquire(undefined, () => waited.push('third'))
    expect(waited).toEqual(['second'])
  })

  it('is one per key', () => {
    const keyed = new KeyedLimiter(2)
    expect(keyed.for('a')).toBe(keyed.for('a'))
    expect(keyed.for('a')).not.toBe(keyed.for('b'))
  })
})

describe('retry', () => {
  const world = () => ({ clock: fakeClock(), random: seededRandom('retry') })

  it('waits at least what the peer asked for, and with full jitter up to nothing otherwise', async () => {
    const waits: number[] = []
    const options = {
      attemptsMax: 60,
      delayMs: 100,
      delayMsMax: 100,
      fullJitter: true,
      isRetryable: () => true,
      delayMsMin: (error: unknown) => ((error as Error).message === 'slow down' ? 5_000 : 0),
      onRetry: (_: unknown, __: number, delayMs: number) => void waits.push(delayMs),
      ...world(),
    }
    const failing = (message: string) => () => Promise.reject(new Error(message))
    await expect(retry(failing('slow down'), { ...options, attemptsMax: 2 })).rejects.toThrow('slow down')
    expect(waits).toEqual([5_000])
    await expect(retry(failing('gone'), options)).rejects.toThrow('gone')
    expect(Math.min(...waits.slice(1))).toBeLessThan(25)
    expect(Math.max(...waits.slice(1))).toBeLessThanOrEqual(100)
  })

  it('waits longer each time and succeeds in the end', async () => {
    const delays: number[] = []
    const result = await retry(
      async (attempt) => {
        if (attempt < 4) throw new Error('not yet')
        return attempt
      },
      {
        attemptsMax: 5,
        delayMs: 100,
        isRetryable: () => true,
        onRetry: (_e, _a, delayMs) => delays.push(delayMs),
        ...world(),
      },
    )
    expect(result).toBe(4)
    delays.forEach((delayMs, i) => expect(delayMs).toBeGreaterThan(50 * 2 ** i - 1))
    delays.forEach((delayMs, i) => expect(delayMs).toBeLessThanOrEqual(100 * 2 ** i))
  })

  it('gives up at once on what cannot be mended, and after the last try', async () => {
    let tries = 0
    const failing = async () => {
      tries++
      throw new Error('broken')
    }
    await expect(retry(failing, { attemptsMax: 3, delayMs: 1, isRetryable: () => false, ...world() })).rejects.toThrow(
      'broken',
    )
    expect(tries).toBe(1)
    await expect(retry(failing, { attemptsMax: 3, delayMs: 1, isRetryable: () => true, ...world() })).rejects.toThrow(
      'broken',
    )
    expect(tries).toBe(4)
  })
})

describe('a fault plan', () => {
  it('lets some pass, strikes its times, and no more', () => {
    const plan = new FaultPlan<string>(seededRandom(1), [
      { on: 'storage.*', object: 'packs/*', after: 1, times: 2, then: 'torn' },
    ])
    const seen = ['packs/a', 'points/b', 'packs/c', 'packs/d', 'packs/e'].map((key) => plan.next('storage.put', key))
    expect(seen).toEqual([undefined, undefined, 'torn', 'torn', undefined])
    expect(plan.strikes()[0]?.struck).toBe(2)
  })

  it('strikes the same way for the same seed', () => {
    const strikes = (seed: number) => {
      const plan = new FaultPlan<true>(seededRandom(seed), [{ on: '*', chance: 0.5, then: true }])
      return Array.from({ length: 40 }, () => plan.next('x') ?? false)
    }
    expect(strikes(7)).toEqual(strikes(7))
    expect(new Set(strikes(7)).size).toBe(2)
  })

  it('takes a rule away when it is disposed', () => {
    const plan = new FaultPlan<string>(seededRandom(1))
    using rule = plan.add({ on: 'a', then: 'b' })
    expect(plan.next('a')).toBe('b')
    rule[Symbol.dispose]()
    expect(plan.next('a')).toBeUndefined()
    plan.add({ on: 'c', then: 'd' })
    rule[Symbol.dispose]()
    expect(plan.next('c')).toBe('d')
  })

  it('strikes an object by any of its names, and counts it once', () => {
    const plan = new FaultPlan<string>(seededRandom(1), [{ on: 'read', object: 'web-*', after: 1, then: 'fail' }])
    expect(plan.next('read', 'vm-101', 'web-01')).toBeUndefined()
    expect(plan.next('read', 'vm-101', 'web-01')).toBe('fail')
    expect(plan.next('read', 'vm-102', 'db-01')).toBeUndefined()
  })

  it.each([
    ['web-*', 'web-01', true],
    ['web-?', 'web-01', false],
    ['*_Task', 'CreateSnapshot_Task', true],
    ['a.b', 'axb', false],
    ['[ds] *', '[ds] vm/vm.vmdk', true],
  ])('the pattern %s against %s is %s', (pattern, text, expected) => expect(matchesGlob(pattern, text)).toBe(expected))
})
