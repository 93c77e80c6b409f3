import fc from 'fast-check'
import { collect, FaultPlan, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import type { Repository } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { type StorageFault, faulty } from '../storage/faulty-storage.ts'
import { LockingMemoryStorage } from '../storage/locking-memory-storage.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  copyOf,
  createTestRepository,
  dyingAfter,
  manifestOf,
  noise,
  openTestRepository,
  reopenTestRepository,
  testChunkBytes,
  type TestOptions,
} from '../testing.ts'
import { boundaryOf, LockRule } from './lock-rule.ts'

const dayMs = 86_400_000
const lock = { days: 14, mode: 'compliance' } as const

async function openLocked(options: TestOptions = {}) {
  const clock = fakeClock()
  const storage = new LockingMemoryStorage(clock)
  const test = await createTestRepository(storage, { lock, clock, ...options })
  return { ...test, clock, storage, [Symbol.asyncDispose]: () => test[Symbol.asyncDispose]() }
}

/** An increment: the base, with some chunks new. */
async function increment(repository: Repository, base: RestorePoint, chunks: readonly number[], seed: string) {
  await using session = await repository.beginSession()
  const { image } = base.images[0]!
  const { capacityBytes } = image
  const writer = await session.beginImage({ capacityBytes, base: { point: base.id, image }, unwritten: 'inherit' })
  for (const chunk of chunks) {
    const lease = await writer.lease(testChunkBytes)
    lease.set(noise(testChunkBytes, `${seed} ${chunk}`))
    await writer.write(chunk * testChunkBytes, lease)
  }
  return await session.commit(manifestOf({ disk: await writer.finish() }))
}

const isLockedKind = (key: string) => /^(format$|keys\/|packs\/|index\/|points\/)/.test(key)

describe('boundaries', () => {
  it('lie at or after the need, less than 30 days after it, 30 days apart, and for each object elsewhere', () => {
    const keys = fc.stringMatching(/^packs\/[0-9a-f]{8}$/)
    const times = fc.integer({ min: Date.UTC(2020), max: Date.UTC(2060) })
    fc.assert(
      fc.property(keys, times, (key, needMs) => {
        const end = boundaryOf(key, needMs)
        expect(end).toBeGreaterThanOrEqual(needMs)
        expect(end - needMs).toBeLessThan(30 * dayMs)
        expect(end % 1000).toBe(0)
        expect(boundaryOf(key, end)).toBe(end)
        expect(boundaryOf(key, end + 1)).toBe(end + 30 * dayMs)
      }),
    )
    const ends = Array.from({ length: 300 }, (_, i) => boundaryOf(`packs/${i}`, Date.UTC(2030)))
    const firstThird = ends.filter((end) => end - Date.UTC(2030) < 10 * dayMs).length
    expect(firstThird).toBeGreaterThan(70)
    expect(firstThird).toBeLessThan(130)
  })

  it('a lock of a weaker kind does not count', () => {
    const strict = new LockRule({ days: 1, mode: 'compliance' }, fakeClock())
    const lax = new LockRule({ days: 1, mode: 'governance' }, fakeClock())
    expect(strict.covers({ mode: 'governance', untilMs: 10 }, 5)).toBe(false)
    expect(lax.covers({ mode: 'compliance', untilMs: 10 }, 5)).toBe(true)
    expect(lax.covers({ mode: 'governance', untilMs: 4 }, 5)).toBe(false)
    expect(lax.covers(undefined, 5)).toBe(false)
  })
})

describe('a repository with a lock', () => {
  it('locks what it stores, but for what only serves for a while', async () => {
    await using test = await openLocked()
    const point = await backUp(test.repository, { disk: noise(3 * testChunkBytes, 1) }, { file: noise(10, 2) })
    await test.repository.forget(point.id, { reason: 'test' })
    for (const key of test.storage.objects.keys()) expect(test.storage.retentions.has(key), key).toBe(isLockedKind(key))
    expect(test.repository.lock).toEqual(lock)
  })

  it('says of a point until when everything it needs is locked, and means it', async () => {
    await using test = await openLocked()
    const { repository, storage, clock } = test
    let point = await backUp(repository, { disk: noise(40 * testChunkBytes, 1) })
    for (let day = 1; day <= 70; day++) {
      clock.advance(dayMs)
      point = await increment(repository, point, [day % 40], `day ${day}`)
      const until = Date.parse(point.lockedUntil!)
      expect(until).toBe(Date.parse(point.committedAt) + 14 * dayMs)
      if (day % 10 !== 0) continue
      for (const key of await neededBy(repository, storage, point))
        expect(storage.retentions.get(key)!.untilMs, key).toBeGreaterThanOrEqual(until)
    }
    expect((await repository.point(point.id)).lockedUntil).toBe(point.lockedUntil)
  })

  it('can be had again after somebody with the rights of a writer deleted everything', async () => {
    await using test = await openLocked()
    const { repository, storage } = test
    const disk = noise(20 * testChunkBytes, 1)
    const base = await backUp(repository, { disk })
    test.clock.advance(20 * dayMs)
    const point = await increment(repository, base, [3], 'x')
    for (const { key } of await collect(storage.list(''))) await storage.delete(key)
    test.clock.advance(13 * dayMs)
    const after = memoryStorage()
    for (const [key, bytes] of storage.hidden)
      if (storage.retentions.get(key)!.untilMs > test.clock.nowMs()) after.objects.set(key, bytes)
    await using again = await reopenTestRepository(after)
    noise(testChunkBytes, 'x 3').copy(disk, 3 * testChunkBytes)
    const found = await again.point(point.id)
    expect(disk.equals(await contentOf(again, found.images[0]!.image))).toBe(true)
  })

  it('commits a point that cannot be locked, and neither says nor writes that it is', async () => {
    const clock = fakeClock()
    const plan = new FaultPlan<StorageFault>(seededRandom('lock'), [])
    const storage = new LockingMemoryStorage(clock)
    await using test = await createTestRepository(faulty(storage, plan), { lock, clock })
    const base = await backUp(test.repository, { disk: noise(4 * testChunkBytes, 1) })
    clock.advance(50 * dayMs)
    plan.add({ on: 'storage.lock.extend', then: { kind: 'fail-before' } })
    const point = await increment(test.repository, base, [1], 'x')
    expect(point.lockedUntil).toBeUndefined()
    expect(point.lockFailure).toMatchObject({ code: 'storage.unavailable' })
    expect((await test.repository.point(point.id)).lockedUntil).toBeUndefined()
    plan.clear()
    const next = await increment(test.repository, point, [2], 'y')
    expect(next.lockedUntil).toBeDefined()
  })

  it('is not made where nothing can be locked, nor written to without locks, and is read there all the same', async () => {
    await expect(openTestRepository({ lock } as TestOptions)).rejects.toMatchObject({ code: 'storage.no-lock' })
    await expect(openLocked({ lock: { days: 0, mode: 'governance' } })).rejects.toMatchObject({
      code: 'repository.invalid-option',
    })
    await using test = await openLocked()
    const disk = noise(testChunkBytes, 1)
    const { id } = await backUp(test.repository, { disk })
    await using elsewhere = await reopenTestRepository(copyOf(test.storage))
    const point = await elsewhere.point(id)
    expect(disk.equals(await contentOf(elsewhere, point.images[0]!.image))).toBe(true)
    await expect(backUp(elsewhere, { disk: noise(testChunkBytes, 2) })).rejects.toMatchObject({
      code: 'storage.no-lock',
    })
  })

  it('tells that keys which were destroyed are locked, and so can be had again', async () => {
    await using test = await openLocked()
    await test.repository.createDomain('tenant')
    const { ringsLocked } = await test.repository.eraseDomain('tenant')
    expect(ringsLocked).toBeGreaterThan(0)
    expect([...test.storage.hidden.keys()].some((key) => key.startsWith('keys/ring-'))).toBe(true)
  })

  it('costs one request per object and 30 days to stay locked', async () => {
    await using test = await openLocked({ packSizeBytes: 1024 * 1024 })
    const { repository, storage, clock } = test
    let point = await backUp(repository, { disk: noise(400 * testChunkBytes, 1) })
    for (let day = 1; day <= 60; day++) {
      if (day === 31) Object.assign(storage.calls, { put: 0, extend: 0, look: 0 })
      clock.advance(dayMs)
      point = await increment(repository, point, [day], `day ${day}`)
    }
    const objects = [...storage.objects.keys()].filter(isLockedKind).length
    const { put, extend, look } = storage.calls // of the last 30 days
    expect(extend).toBeLessThanOrEqual(objects)
    expect(extend).toBeGreaterThan(objects / 4) // many are points of the past, which nobody locks anew
    expect(look).toBeLessThanOrEqual(extend + put + 30) // looked at only where a lock may be too short, or is somebody else's
  })
})

it('a locked backup may die at every storage call: no point ever claims a lock it does not have', async () => {
  await using test = await openLocked()
  const base = await backUp(test.repository, { disk: noise(6 * testChunkBytes, 1) })
  test.clock.advance(40 * dayMs) // everything has to be locked anew
  const { clock } = test
  let [claims, calls] = [0, 0]
  for (let done = false; !done; calls++) {
    const storage = lockedCopyOf(test.storage, clock)
    const dying = dyingAfter(calls, storage)
    try {
      await using repository = await reopenTestRepository(dying.storage, { seed: `dying ${calls}`, clock })
      await increment(repository, base, [1, 4], 'x')
      done = dying.calls() <= calls
    } catch {} // it died
    await using survivor = await reopenTestRepository(storage, { seed: `survivor ${calls}`, clock })
    for await (const point of survivor.points()) {
      if (point.damaged !== undefined) throw point.damaged
      if (point.id === base.id || point.lockedUntil === undefined) continue
      claims++
      for (const key of await neededBy(survivor, storage, point))
        expect(storage.retentions.get(key)!.untilMs, key).toBeGreaterThanOrEqual(Date.parse(point.lockedUntil))
    }
    expect((await increment(survivor, base, [2], 'y')).lockedUntil).toBeDefined()
  }
  expect(calls).toBeGreaterThan(30)
  expect(claims).toBeGreaterThan(1) // it died after the commit, too
})

function lockedCopyOf(original: LockingMemoryStorage, clock: ReturnType<typeof fakeClock>): LockingMemoryStorage {
  const copy = new LockingMemoryStorage(clock)
  for (const [key, bytes] of original.objects) copy.objects.set(key, bytes)
  for (const [key, retention] of original.retentions) copy.retentions.set(key, retention)
  return copy
}

describe('a collection', () => {
  it('leaves what is locked, says for how long, and takes it when the lock has ended', async () => {
    await using test = await openLocked({ seed: '1' })
    const { repository, storage, clock } = test
    const first = await backUp(repository, { disk: noise(8 * testChunkBytes, 1) })
    const kept = await backUp(repository, { disk: noise(8 * testChunkBytes, 2) })
    await repository.forget(first.id, { reason: 'test' })
    clock.advance(8 * dayMs)
    expect(await repository.collect()).toMatchObject({ pointsBuried: 0, packsDeleted: 0 })
    await repository.restoreForgotten(first.id) // as long as it is locked it can be taken back
    await repository.forget(first.id, { reason: 'test' })
    clock.advance(8 * dayMs) // the promise is kept; with this seed, all locks of its packs end later
    const report = await repository.collect()
    expect(report).toMatchObject({ pointsBuried: 1, packsDeleted: 0 })
    expect(report.locked!.packs).toBeGreaterThan(0)
    expect(Date.parse(report.locked!.firstUntil)).toBeGreaterThan(clock.nowMs())
    expect(await repository.collect({ dryRun: true })).toMatchObject({ packsDeleted: 0, locked: report.locked })
    clock.advance(31 * dayMs)
    const later = await repository.collect()
    expect(later).toMatchObject({ packsDeleted: report.locked!.packs, bytesFreed: report.locked!.bytes })
    expect(later.locked).toBeUndefined()
    expect([...storage.hidden.keys()].filter((key) => key.startsWith('packs/'))).toHaveLength(report.locked!.packs)
    expect((await repository.verify()).damaged).toEqual([])
    expect((await repository.point(kept.id)).id).toBe(kept.id)
  })

  it('does not copy what is needed out of packs that have to stay', async () => {
    await using test = await openLocked()
    const { repository, clock } = test
    let point = await backUp(repository, { disk: noise(14 * testChunkBytes, 1) })
    const first = point
    point = await increment(repository, point, [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11], 'x')
    await repository.forget(first.id, { reason: 'test' })
    clock.advance(15 * dayMs)
    const tight = { deadShareMax: 0.01 }
    expect(await repository.collect(tight)).toMatchObject({ pointsBuried: 1, packsRepacked: 0, packsDeleted: 0 })
    clock.advance(31 * dayMs)
    const { packsRepacked, packsDeleted } = await repository.collect(tight)
    expect(packsRepacked).toBeGreaterThan(0)
    expect(packsDeleted).toBeGreaterThan(0)
    expect((await repository.verify()).damaged).toEqual([])
  })

  it('removes what is written down about locks when it says nothing more', async () => {
    await using test = await openLocked()
    await backUp(test.repository, { disk: noise(testChunkBytes, 1) })
    const records = () => [...test.storage.objects.keys()].filter((key) => key.startsWith('locks/')).length
    expect(records()).toBe(1)
    await test.repository.collect()
    expect(records()).toBe(1)
    test.clock.advance(80 * dayMs)
    await test.repository.collect()
    expect(records()).toBe(0)
  })
})

/** What a point needs, by taking it away: everything without which the point alone cannot be restored. */
async function neededBy(repository: Repository, storage: LockingMemoryStorage, point: RestorePoint): Promise<string[]> {
  const asked = new Set<string>([`points/${point.id}`])
  const watched = {
    ...bound(storage),
    getRange(key: string, offsetBytes: number, target: Uint8Array, signal?: AbortSignal) {
      asked.add(key)
      return storage.getRange(key, offsetBytes, target, signal)
    },
  }
  await using reader = await reopenTestRepository(watched, { seed: point.id })
  await contentOf(reader, point.images[0]!.image)
  const keys = [...storage.objects.keys()].filter((key) => key === 'format' || key.startsWith('keys/'))
  expect(repository.id).toBe(reader.id)
  return [...asked, ...keys]
}

const bound = (storage: LockingMemoryStorage) => ({
  name: storage.name,
  putNew: storage.putNew.bind(storage),
  get: storage.get.bind(storage),
  getSuffix: storage.getSuffix.bind(storage),
  list: storage.list.bind(storage),
  size: storage.size.bind(storage),
  delete: storage.delete.bind(storage),
  lock: storage.lock,
  [Symbol.asyncDispose]: async () => {},
})
