import { fakeClock } from '@vmkeep/kit/testing'
import { expect, it } from 'vitest'
import { createTestRepository, reopenTestRepository } from '../testing.ts'
import { LockingMemoryStorage } from './locking-memory-storage.ts'
import { memoryStorage } from './memory-storage.ts'
import type { LockBreak, ObjectLock } from './object-lock.ts'
import type { Storage } from './storage.ts'
import { validateLock } from './validate-lock.ts'
import { brokenPromises, validateStorage } from './validate-storage.ts'

const clock = fakeClock()

it('passes a storage that locks, and leaves no probe when its lock has ended', async () => {
  const storage = new LockingMemoryStorage(clock)
  const checks = await validateLock(storage, 'compliance', { clock })
  expect(checks.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed', 'passed', 'passed'])
  expect(storage.objects.size).toBe(1)
  clock.advance(25 * 3600_000)
  await validateStorage(storage, { clock })
  expect(storage.objects.size).toBe(0)
})

it('has nothing to try where nothing can be locked', async () => {
  const checks = await validateLock(memoryStorage(), 'governance', { clock })
  expect(checks).toHaveLength(5)
  expect(checks[0]).toEqual({ promise: 'locks', outcome: 'not-offered', reason: 'it has no way to lock' })
})

const careless = (change: Partial<ObjectLock>): Storage => {
  const storage = new LockingMemoryStorage(clock)
  const { lock } = storage
  const same: ObjectLock = {
    whyNot: (mode) => lock.whyNot(mode),
    putNew: (key, bytes, retention) => lock.putNew(key, bytes, retention),
    extend: (key, retention) => lock.extend(key, retention),
    retentionOf: (key) => lock.retentionOf(key),
    breaks: (key) => lock.breaks(key),
  }
  return Object.assign(storage, { lock: { ...same, ...change } })
}

it.each([
  ['deleted', 'refuses-to-delete-what-is-locked: a locked object was deleted'],
  ['shortened', 'keeps-locks: '],
  ['overwritten', 'keeps-what-is-locked: '],
  ['bypassed', 'locks-for-everybody: a lock was lifted before its end'],
] as const)('fails a storage where a locked object was %s', async (broken: LockBreak, words) => {
  const checks = await validateLock(careless({ breaks: async () => [broken] }), 'governance', { clock })
  expect(brokenPromises(checks)).toEqual([expect.stringContaining(words)])
})

it('fails a storage that forgets the lock, or takes a weaker one', async () => {
  for (const found of [undefined, { mode: 'governance', untilMs: Date.UTC(2030) } as const]) {
    const storage = careless({ retentionOf: async () => found })
    expect(brokenPromises(await validateLock(storage, 'compliance', { clock }))[0]).toContain('locks: ')
  }
})

it('keeps what was found with the repository: the newest counts, and stays alone', async () => {
  await using test = await createTestRepository(memoryStorage())
  const { repository, storage } = test
  expect(await repository.lastValidation()).toBeUndefined()
  const failed = { promise: 'locks', outcome: 'failed', reason: 'it does not' } as const
  await repository.recordValidation([failed])
  test.clock.advance(1000)
  const checks = [{ promise: 'locks', outcome: 'passed' }] as const
  const { at } = await repository.recordValidation(checks)
  await using again = await reopenTestRepository(storage)
  expect(await again.lastValidation()).toMatchObject({ at, checks })
  const keys = [...storage.objects.keys()].filter((key) => key.startsWith('validations/'))
  expect(keys).toHaveLength(1)
  storage.objects.get(keys[0]!)![100]! ^= 1
  expect(await again.lastValidation()).toBeUndefined()
})
