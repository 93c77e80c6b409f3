import { codeOf, collect } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import type { Repository } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import {
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

const disk = noise(6 * chunk, 'the same disk for everybody')
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )
const holds = async (repository: Repository, point: RestorePoint, expected = disk) =>
  Buffer.compare(await contentOf(repository, point.images[0]!.image), expected) === 0
const ringsIn = async (storage: Storage) =>
  (await collect(storage.list('keys/'))).map(({ key }) => key).filter((key) => key.includes('ring'))

async function backUpTo(repository: Repository, domain: string | undefined, content: Uint8Array = disk) {
  await using session = await repository.beginSession(domain === undefined ? {} : { domain })
  const blobs = { notes: await session.putBlob(Buffer.from('the same notes')) }
  return await session.commit(manifestOf({ disk: await storeImage(session, content) }, { blobs }))
}

async function withTenants() {
  const test = await createTestRepository(memoryStorage())
  for (const name of ['blue', 'red']) await test.repository.createDomain(name)
  const points = {
    none: await backUpTo(test.repository, undefined),
    blue: await backUpTo(test.repository, 'blue'),
    red: await backUpTo(test.repository, 'red'),
  }
  return { ...test, points }
}

describe('a domain', () => {
  it('shares nothing with others, and all within itself', async () => {
    const { repository, storage, points } = await withTenants()
    const roots = Object.values(points).map(({ images }) => images[0]!.image.root)
    const notes = Object.values(points).map(({ blobs }) => blobs['notes'])
    expect([new Set(roots).size, new Set(notes).size]).toEqual([3, 3])
    const bytes = async () => (await collect(storage.list('packs/'))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const before = await bytes()
    expect(before).toBeGreaterThan(3 * disk.length)
    const again = await backUpTo(repository, 'red')
    expect(again.images).toEqual(points.red.images)
    expect(await bytes()).toBe(before)
    for (const point of [...Object.values(points), again]) expect(await holds(repository, point)).toBe(true)
    expect(points.blue.domain).toBe('blue')
    expect(points.none).not.toHaveProperty('domain')
    await using opened = await reopenTestRepository(storage)
    expect(await opened.point(points.blue.id)).toEqual(points.blue)
    expect((await opened.verify()).damaged).toEqual([])
    expect((await opened.domains()).map(({ name }) => name)).toEqual(['blue', 'red'])
    expect((await opened.dataKeys()).map(({ domain, packs }) => [domain, packs > 0])).toEqual([
      [undefined, true],
      ['blue', true],
      ['red', true],
    ])
  })

  it('has data keys of its own, renewed for itself', async () => {
    const { repository, points } = await withTenants()
    const generation = await repository.rotateDataKey({ domain: 'red' })
    await repository.collect({ graceMs: 0, renewKeysBytesMax: 2 ** 40 })
    const keys = await repository.dataKeys()
    const old = keys.find(({ domain, current }) => domain === 'red' && !current)!
    expect(old.packs).toBe(0)
    expect(keys.find((key) => key.generation === generation)!.packs).toBeGreaterThan(0)
    await repository.retireDataKey(old.generation)
    for (const point of Object.values(points)) expect(await holds(repository, point)).toBe(true)
  })

  it('inherits from its own points only', async () => {
    const { repository, points } = await withTenants()
    const begin = async (domain: string, point: RestorePoint) => {
      await using session = await repository.beginSession({ domain })
      const base = { point: point.id, image: point.images[0]!.image }
      const image = await session.beginImage({ capacityBytes: disk.length, base, unwritten: 'inherit' })
      await image.finish()
    }
    expect(await refusal(begin('red', points.red))).toBe('fine')
    expect(await refusal(begin('red', points.blue))).toBe('repository.domain-differs')
    expect(await refusal(begin('red', points.none))).toBe('repository.domain-differs')
  })

  it('must be known, well named, and new', async () => {
    const { repository } = await withTenants()
    expect(await refusal(repository.beginSession({ domain: 'green' }))).toBe('repository.domain-unknown')
    expect(await refusal(repository.createDomain('red'))).toBe('repository.domain-exists')
    for (const name of ['', ' ', '-x', 'a/b', 'x'.repeat(65)])
      expect(await refusal(repository.createDomain(name))).toBe('repository.domain-invalid')
    await repository.createDomain('Grün_1.2-x')
  })
})

describe('copies', () => {
  it('belong to the domains of their originals, what was renewed in between included, and to no erased one', async () => {
    const origin = await withTenants()
    const twin = await createTestTwin(origin)
    await origin.repository.rotateDataKey({ domain: 'red' })
    await origin.repository.createDomain('late')
    await backUpTo(origin.repository, 'late')
    await backUpTo(origin.repository, 'red', noise(chunk, 'more'))
    await origin.repository.eraseDomain('blue')
    const { verbatim, points } = await twin.repository.syncFrom(origin.repository)
    expect([verbatim, points.map(({ outcome }) => outcome)]).toEqual([true, ['copied', 'copied', 'copied', 'copied']])
    await using opened = await reopenTestRepository(twin.storage)
    expect((await opened.verify()).damaged).toEqual([])
    const copies = (await collect(opened.points())).map((point) => ('domain' in point ? point.domain : ''))
    expect(copies.toSorted()).toEqual(['', 'late', 'red', 'red'])
    // Without shared keys a domain must be there to be copied to.
    const another = await createTestRepository(memoryStorage(), { seed: 'another' })
    await another.repository.createDomain('red')
    const report = await another.repository.syncFrom(origin.repository)
    expect(report.points.map(({ outcome }) => outcome).toSorted()).toEqual(['copied', 'copied', 'copied', 'damaged'])
    expect((await another.repository.verify()).damaged).toEqual([])
  })
})

describe('an erased domain', () => {
  it('cannot be read by anybody; its points are listed as erased, and nothing else suffers', async () => {
    const { repository, storage, points } = await withTenants()
    await using other = await reopenTestRepository(storage)
    expect(await holds(other, points.red)).toBe(true) // it has the keys, and the chunks in its cache are plain
    expect((await repository.pointsOfDomain('red')).map(({ id }) => id)).toEqual([points.red.id])
    await repository.eraseDomain('red')
    expect(await ringsIn(storage)).toHaveLength(1)
    await using fresh = await reopenTestRepository(storage, { seed: 'fresh' })
    for (const opened of [repository, fresh]) {
      const erased = (await collect(opened.points())).filter((point) => 'erasedAt' in point)
      expect(erased.map(({ id }) => id)).toEqual([points.red.id])
      for (const work of [contentOf(fresh, points.red.images[0]!.image), opened.holdPoint(points.red.id)])
        expect(await refusal(work)).toBe('repository.domain-erased')
      expect(await refusal(fresh.readBlob(points.red.blobs['notes']!))).toBe('repository.domain-erased')
      expect((await opened.verify()).damaged).toEqual([])
      await opened.checkPoint(points.red)
    }
    for (const point of [points.none, points.blue]) expect(await holds(fresh, point)).toBe(true)
    expect(await refusal(fresh.beginSession({ domain: 'red' }))).toBe('repository.domain-erased')
    expect(await refusal(fresh.eraseDomain('red'))).toBe('repository.domain-erased')
    expect(await refusal(fresh.createDomain('red'))).toBe('repository.domain-exists')
    expect((await fresh.domains()).map(({ name, erasedAt }) => [name, erasedAt !== undefined])).toEqual([
      ['blue', false],
      ['red', true],
    ])
  })

  it('gives its room back when its points are forgotten, and is copied as it is until then', async () => {
    const { repository, storage, points } = await withTenants()
    const half = await backUpTo(repository, 'red', disk.subarray(0, 2 * chunk))
    await repository.eraseDomain('red')
    await repository.forget(points.red.id, { reason: 'erased' })
    const moved = await repository.collect({ graceMs: 0, deadShareMax: 0.01 })
    expect(moved.packsRepacked).toBeGreaterThan(0)
    await repository.checkPoint(await repository.point(half.id))
    await using again = await reopenTestRepository(storage)
    expect((await again.verify()).damaged).toEqual([])
    await repository.forget(half.id, { reason: 'erased' })
    await repository.collect({ graceMs: 0 })
    expect((await repository.dataKeys()).map(({ domain }) => domain)).toEqual([undefined, 'blue'])
    const bytes = (await collect(storage.list('packs/'))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    expect(bytes).toBeLessThan(2.2 * disk.length)
    expect(await holds(repository, points.blue)).toBe(true)
  })

  it('keeps a backup at work from committing what nobody could read', async () => {
    const { repository, storage } = await withTenants()
    const other = await reopenTestRepository(storage)
    const session = await other.beginSession({ domain: 'red' })
    const image = await storeImage(session, noise(chunk, 'late'))
    await repository.eraseDomain('red')
    expect(await refusal(session.commit(manifestOf({ disk: image })))).toBe('repository.domain-erased')
    await session.abandon()
    expect(await collect(repository.points())).toHaveLength(3)
  })

  it('is not brought back by a twin, and a twin keeps its own until it erases it, too', async () => {
    const origin = await withTenants()
    const twin = await createTestTwin(origin)
    await origin.repository.eraseDomain('red')
    await origin.repository.learnKeysOf(twin.repository)
    expect((await origin.repository.dataKeys()).map(({ domain }) => domain)).toEqual([undefined, 'blue'])
    await twin.repository.learnKeysOf(origin.repository)
    expect((await twin.repository.domains()).map(({ erasedAt }) => erasedAt)).toEqual([undefined, undefined])
    await twin.repository.eraseDomain('red')
    expect((await twin.repository.domains())[1]!.erasedAt).toBeDefined()
  })

  it('stays erased, or stays whole, whichever storage call the eraser dies at', async () => {
    const { storage: start, points } = await withTenants()
    const outcomes = new Set<string>()
    for (let n = 0, done = false; !done; n++) {
      const storage = copyOf(start)
      const dying = dyingAfter(n, storage)
      try {
        const repository = await reopenTestRepository(dying.storage, { seed: `dying ${n}` })
        await repository.eraseDomain('red')
        done = dying.calls() <= n
      } catch (error) {
        expect(error).toSatisfy((reason: unknown) => reason === powerCut || (reason as Error).cause === powerCut)
      }
      await using next = await reopenTestRepository(storage, { seed: `next ${n}` })
      const read = await refusal(contentOf(next, points.red.images[0]!.image))
      outcomes.add(read as string)
      for (const point of [points.none, points.blue]) expect(await holds(next, point)).toBe(true)
      if (read === 'fine') continue
      await next.collect({ graceMs: 0 }) // ends what was left undone
      expect(await ringsIn(storage)).toHaveLength(1)
    }
    expect(outcomes).toEqual(new Set(['fine', 'repository.domain-erased']))
  })
})

it('a straggler that makes a ring whose number was taken and removed does not bring back what is gone', async () => {
  const { storage } = await withTenants()
  const slow = await reopenTestRepository(storage, { seed: 'slow' })
  const fast = await reopenTestRepository(storage, { seed: 'fast' })
  const putNew = storage.putNew.bind(storage)
  storage.putNew = async (key, bytes, signal) => {
    if (key.startsWith('keys/ring-')) {
      storage.putNew = putNew
      await fast.rotateDataKey()
      await fast.eraseDomain('red')
    }
    return await putNew(key, bytes, signal)
  }
  await slow.createDomain('green')
  expect(await ringsIn(storage)).toHaveLength(2)
  const again = await reopenTestRepository(storage, { seed: 'again' })
  expect((await again.domains()).map(({ name, erasedAt }) => [name, erasedAt !== undefined])).toEqual([
    ['blue', false],
    ['green', false],
    ['red', true],
  ])
  await again.collect()
  expect((await again.domains()).filter(({ erasedAt }) => erasedAt === undefined)).toHaveLength(2)
})
