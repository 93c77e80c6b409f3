import { codeOf, collect } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import type { Repository } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  copyOf,
  createTestRepository,
  createTestTwin,
  dyingAfter,
  manifestOf,
  noise,
  powerCut,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
} from '../testing.ts'

const disks = [noise(5 * chunk, 'first'), noise(4 * chunk, 'second'), noise(3 * chunk, 'third')]
const renewing = { graceMs: 0, silentMs: 0, renewKeysBytesMax: 2 ** 40 }
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )
const holds = async (repository: Repository, point: RestorePoint, disk: Uint8Array) =>
  Buffer.compare(await contentOf(repository, point.images[0]!.image), disk) === 0
const used = async (repository: Repository) =>
  (await repository.dataKeys()).map(({ generation, current, packs }) => [generation, current, packs > 0])

describe('a new data key', () => {
  it('seals what is stored from then on; what is there stays as it is, and is still found', async () => {
    const { repository, storage } = await createTestRepository(memoryStorage())
    const other = await reopenTestRepository(storage)
    const first = await backUp(repository, { disk: disks[0]! })
    expect(await repository.rotateDataKey()).toBe(2)
    const second = await backUp(repository, { disk: Buffer.concat([disks[0]!, disks[1]!]) })
    expect(await used(repository)).toEqual([
      [1, false, true],
      [2, true, true],
    ])
    // Opened before there was a second key.
    expect([
      await holds(other, first, disks[0]!),
      await holds(other, second, Buffer.concat(disks.slice(0, 2))),
    ]).toEqual([true, true])
    expect((await other.verify()).damaged).toEqual([])
    const packs = await collect(storage.list('packs/'))
    expect(packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThan(9.2 * chunk) // the first disk once
  })

  it('is used by another process from its next session on; the one at work ends with the old key', async () => {
    const { repository, storage } = await createTestRepository(memoryStorage())
    const other = await reopenTestRepository(storage)
    const session = await other.beginSession()
    await repository.rotateDataKey()
    const third = await session.commit(manifestOf({ disk: await storeImage(session, disks[2]!) }))
    expect(await used(repository)).toEqual([
      [1, false, true],
      [2, true, false],
    ])
    const second = await backUp(other, { disk: disks[1]! })
    expect(await used(repository)).toEqual([
      [1, false, true],
      [2, true, true],
    ])
    expect([await holds(repository, third, disks[2]!), await holds(repository, second, disks[1]!)]).toEqual([
      true,
      true,
    ])
  })

  it('can be made by several at once, each its own', async () => {
    const { storage } = await createTestRepository(memoryStorage())
    const opened = await Promise.all(['a', 'b', 'c'].map((seed) => reopenTestRepository(storage, { seed })))
    const made = await Promise.all(opened.map((repository) => repository.rotateDataKey()))
    expect(Math.max(...made)).toBe(4)
    for (const repository of opened)
      expect((await repository.dataKeys()).map(({ generation }) => generation)).toEqual([1, 2, 3, 4])
  })

  it('is one the threads learn of', async () => {
    const { repository } = await createTestRepository(memoryStorage(), { workersMax: 2 })
    await using opened = repository
    const first = await backUp(opened, { disk: disks[0]! })
    await opened.rotateDataKey()
    const second = await backUp(opened, { disk: disks[1]! })
    expect([await holds(opened, first, disks[0]!), await holds(opened, second, disks[1]!)]).toEqual([true, true])
    expect(await used(opened)).toEqual([
      [1, false, true],
      [2, true, true],
    ])
  })

  it('is refused where it would be two keys with one number, or would be misread', async () => {
    const origin = await createTestRepository(memoryStorage())
    const twin = await createTestTwin(origin)
    expect(await refusal(twin.repository.rotateDataKey())).toBe('repository.keys-shared')
    expect(await refusal(twin.repository.createDomain('a'))).toBe('repository.keys-shared')
    await origin.repository.rotateDataKey()
    await origin.repository.createDomain('tenant')
    await twin.repository.learnKeysOf(origin.repository)
    expect((await twin.repository.dataKeys()).map(({ generation, domain }) => [generation, domain])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, 'tenant'],
    ])
    await twin.repository.rotateDataKey({ alone: true })
    await origin.repository.rotateDataKey()
    expect(await refusal(twin.repository.learnKeysOf(origin.repository))).toBe('repository.generations-clash')
  })
})

describe('renewing keys', () => {
  it('seals everything with the newest key, as much at a time as it may, and then the old key can go', async () => {
    const { repository, storage } = await createTestRepository(memoryStorage())
    const points = []
    for (const disk of disks)
      points.push(await backUp(repository, { disk }, { notes: Buffer.from(`notes ${disks.indexOf(disk)}`) }))
    await repository.rotateDataKey()
    expect(await refusal(repository.retireDataKey(1))).toBe('repository.generation-in-use')
    const step = { ...renewing, renewKeysBytesMax: 1 }
    expect(await repository.collect({ ...step, dryRun: true })).toMatchObject({ packsRepacked: 1 })
    const first = await repository.collect(step)
    expect(first).toMatchObject({ outcome: 'done', packsRepacked: 1, packsDeleted: 1 })
    expect(await used(repository)).toEqual([
      [1, false, true],
      [2, true, true],
    ])
    await repository.collect(renewing)
    expect(await used(repository)).toEqual([
      [1, false, false],
      [2, true, true],
    ])
    await repository.retireDataKey(1)
    expect([...storage.objects.keys()].filter((key) => key.startsWith('keys/ring'))).toEqual(['keys/ring-00000003'])
    await using again = await reopenTestRepository(storage)
    for (const [i, point] of points.entries()) {
      expect(await holds(again, point, disks[i]!)).toBe(true)
      expect(Buffer.from(await again.readBlob(point.blobs['notes']!)).toString()).toBe(`notes ${i}`)
    }
    expect((await again.verify()).damaged).toEqual([])
    expect(await repository.collect(renewing)).toMatchObject({ packsRepacked: 0, packsDeleted: 0 })
  })

  it('does nothing unless it is asked for', async () => {
    const { repository } = await createTestRepository(memoryStorage())
    await backUp(repository, { disk: disks[0]! })
    await repository.rotateDataKey()
    expect(await repository.collect({ graceMs: 0 })).toMatchObject({ packsRepacked: 0, packsDeleted: 0 })
  })

  it(
    'may die at every storage call: nothing is lost, and the next try ends the work',
    { timeout: 300_000 },
    async () => {
      const start = await createTestRepository(memoryStorage())
      const point = await backUp(start.repository, { disk: disks[2]! })
      await diesAtEveryCall(
        start.storage,
        async (repository) => {
          await repository.rotateDataKey()
          await repository.collect(renewing)
        },
        async (next) => {
          expect(await holds(next, point, disks[2]!)).toBe(true)
          if ((await next.dataKeys()).length === 1) await next.rotateDataKey()
          await next.collect(renewing)
          await next.retireDataKey(1)
          expect(await holds(next, point, disks[2]!)).toBe(true)
        },
      )
    },
  )

  it('and retiring the old one may die at every call', async () => {
    const start = await createTestRepository(memoryStorage())
    const point = await backUp(start.repository, { disk: disks[2]! })
    await start.repository.rotateDataKey()
    await start.repository.collect(renewing)
    await diesAtEveryCall(
      start.storage,
      (repository) => repository.retireDataKey(1),
      async (next, storage) => {
        expect(await holds(next, point, disks[2]!)).toBe(true)
        expect(['fine', 'repository.generation-unknown']).toContain(await refusal(next.retireDataKey(1)))
        await next.collect(renewing) // removes the rings that were left
        expect(storage.objects.has('keys/ring-00000001')).toBe(false)
        expect(await holds(next, point, disks[2]!)).toBe(true)
      },
    )
  })
})

async function diesAtEveryCall(
  start: MemoryStorage,
  work: (repository: Repository) => Promise<void>,
  check: (next: Repository, storage: MemoryStorage) => Promise<void>,
): Promise<void> {
  for (let n = 0, done = false; !done; n++) {
    const storage = copyOf(start)
    const dying = dyingAfter(n, storage)
    try {
      await work(await reopenTestRepository(dying.storage, { seed: `dying ${n}` }))
      done = dying.calls() <= n
    } catch (error) {
      expect(error).toSatisfy((reason: unknown) => reason === powerCut || (reason as Error).cause === powerCut)
    }
    const clock = fakeClock(Date.UTC(2026, 5, 1))
    await using next = await reopenTestRepository(storage, { seed: `next ${n}`, clock })
    await check(next, storage)
  }
}

describe('a data key that was replaced', () => {
  it('stays while a session may use it that began before', async () => {
    const { repository, storage } = await createTestRepository(memoryStorage())
    const other = await reopenTestRepository(storage)
    const session = await other.beginSession()
    await repository.rotateDataKey()
    const refused = repository.retireDataKey(1)
    await expect(refused).rejects.toMatchObject({
      code: 'repository.generation-in-use',
      details: { sessions: [session.id] },
    })
    await using later = await repository.beginSession() // knows the new one
    await session.abandon()
    await repository.retireDataKey(1)
    const point = await later.commit(manifestOf({ disk: await storeImage(later, disks[0]!) }))
    expect(await holds(repository, point, disks[0]!)).toBe(true)
    expect(await refusal(repository.retireDataKey(1))).toBe('repository.generation-unknown')
    expect(await refusal(repository.retireDataKey(2))).toBe('repository.generation-current')
  })

  it('is not relied upon when a writer that was given up long ago wakes up and stores with it', async () => {
    const { repository, storage } = await createTestRepository(memoryStorage())
    const zombie = await reopenTestRepository(storage)
    const session = await zombie.beginSession()
    await repository.rotateDataKey()
    await repository.collect({ silentMs: 0, graceMs: 0 })
    const fenced = await storeThenGiveUp(repository, session.id)
    expect(fenced).toBe(true)
    await repository.retireDataKey(1)
    await storeImage(session, disks[0]!)
    await session.abandon() // its packs and their deltas are stored
    expect(await collect(storage.list('packs/'))).not.toEqual([])
    await using fresh = await reopenTestRepository(storage, { seed: 'fresh' })
    const point = await backUp(fresh, { disk: disks[0]! })
    expect(await holds(fresh, point, disks[0]!)).toBe(true)
    expect(await fresh.verify({ points: [point.id] })).toMatchObject({ damaged: [] })
    await fresh.collect({ graceMs: 0 })
    expect(await holds(fresh, point, disks[0]!)).toBe(true)
    expect((await fresh.verify()).damaged).toEqual([])
  })
})

/** Has a collector give up a session, as it does with one that is silent while something is to go. */
async function storeThenGiveUp(repository: Repository, sessionId: string): Promise<boolean> {
  const point = await backUp(repository, { disk: noise(chunk, 'to go') })
  await repository.forget(point.id, { reason: 'a test' })
  const { sessionsFenced } = await repository.collect({ graceMs: 0, silentMs: 0 })
  return sessionsFenced.includes(sessionId)
}
