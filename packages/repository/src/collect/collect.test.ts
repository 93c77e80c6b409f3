import type { WriterSession } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { codeOf, collect, FaultPlan, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import { fail as repositoryFail } from '../errors.ts'
import {
  backUp,
  changedStorage,
  contentOf,
  farAway,
  manifestOf,
  noise,
  openTestRepository,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
  writeRuns,
} from '../testing.ts'
import { faulty, type StorageFault } from '../storage/faulty-storage.ts'
import type { Storage } from '../storage/storage.ts'

const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )
const keysOf = async (storage: Storage, prefix: string) => (await collect(storage.list(prefix))).map(({ key }) => key)
const now = { graceMs: 0 }

it('takes what a session left that died long ago, also where nothing else is to be taken', async () => {
  const { repository, storage } = await openTestRepository()
  await backUp(repository, { disk: noise(chunk, 'kept') })
  const died = await reopenTestRepository(storage, { seed: 'died' })
  await storeImage(await died.beginSession(), noise(40 * chunk, 'left'))
  const collected = async (day: number) => {
    await using collector = await reopenTestRepository(storage, {
      seed: `day ${day}`,
      clock: fakeClock(Date.UTC(2026, 0, day)),
    })
    return await collector.collect()
  }
  expect(await collected(1)).toMatchObject({ packsDeleted: 0, sessionsFenced: [] })
  expect(await collected(3)).toMatchObject({ outcome: 'done', sessionsFenced: [expect.any(String)] })
  expect(await collect(storage.list('sessions/'))).toEqual([])
  const packs = (await collect(storage.list('packs/'))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  expect(packs).toBeLessThan(2 * chunk)
})

it('looks at sixteen packs at once: a storage may be far away', async () => {
  const { repository, storage } = await openTestRepository()
  for (let day = 0; day < 20; day++) await backUp(repository, { disk: noise(chunk, `day ${day}`) })
  const points = await collect(repository.points())
  for (const { id } of points.slice(0, -1)) await repository.forget(id, { reason: 'too old' })
  const { storage: distant, rounds } = farAway(storage)
  await using collector = await reopenTestRepository(distant, { seed: 'far away' })
  const { packsDeleted } = await collector.collect(now)
  expect(packsDeleted).toBe(38)
  expect(rounds.filter((calls) => calls === 16).length).toBeGreaterThanOrEqual(8) // list and final: two reads of 38 packs each
})

it('removes packs by the thousand, where the storage can', async () => {
  const { repository, storage } = await openTestRepository()
  for (let day = 0; day < 5; day++) await backUp(repository, { disk: noise(chunk, `day ${day}`) })
  for (const { id } of (await collect(repository.points())).slice(1)) await repository.forget(id, { reason: 'old' })
  const asked: number[] = []
  const deleteMany = async (keys: readonly string[]) => {
    asked.push(keys.length)
    for (const key of keys) await storage.delete(key)
  }
  await using collector = await reopenTestRepository(changedStorage(storage, { deleteMany }), { seed: 'many' })
  expect(await collector.collect(now)).toMatchObject({ packsDeleted: 8 })
  expect(asked).toEqual([8, 8]) // packs, and the deltas that named them
})

it('leaves a pack that the storage does not let go of, and takes it another time', async () => {
  const { repository, storage } = await openTestRepository()
  const { id } = await backUp(repository, { disk: noise(chunk, 'gone') })
  await repository.forget(id, { reason: 'old' })
  const [stuck] = await keysOf(storage, 'packs/')
  const withLock = changedStorage(storage, {
    async delete(key) {
      if (key === stuck) throw repositoryFail('storage.locked', { storage: 'memory', key })
      await storage.delete(key)
    },
  })
  await using collector = await reopenTestRepository(withLock, { seed: 'stuck' })
  expect(await collector.collect(now)).toMatchObject({ outcome: 'done', packsDeleted: 1 })
  expect(await keysOf(storage, 'packs/')).toEqual([stuck])
  await using later = await reopenTestRepository(storage, { seed: 'later' })
  expect(await later.collect(now)).toMatchObject({ packsDeleted: 1 })
  expect(await keysOf(storage, 'packs/')).toEqual([])
  expect(await keysOf(storage, 'index/')).toEqual([])
})

describe('a blob with two copies', () => {
  it('is found at the other when a pack vanishes, by a repository that is open', async () => {
    const { repository, storage } = await openTestRepository()
    const disk = noise(3 * chunk, 'twice')
    const others = await Promise.all(['a', 'b'].map((seed) => reopenTestRepository(storage, { seed })))
    const sessions = await Promise.all(others.map((other) => other.beginSession()))
    const images = []
    for (const session of sessions) images.push(await storeImage(session, disk))
    const points = []
    for (const [i, session] of sessions.entries()) points.push(await session.commit(manifestOf({ disk: images[i]! })))
    await repository.checkPoint(points[0]!) // now it knows both
    expect(await reopenTestRepository(storage, { seed: 'c' }).then((other) => other.collect())).toMatchObject({
      packsDeleted: 2, // of a data and a metadata pack, one copy each
    })
    for (const point of points) {
      expect(Buffer.from(await contentOf(repository, point.images[0]!.image)).equals(disk)).toBe(true)
      await repository.checkPoint(point)
    }
    await using session = await repository.beginSession()
    const again = await session.beginImage({ capacityBytes: disk.length, unwritten: 'zero' })
    await writeRuns(again, [{ offsetBytes: 0, bytes: disk }])
    await again.finish()
    expect(again.progress.newBytes).toBe(0)
  })
})

it('a blob is found at the third copy when both that are known have vanished', async () => {
  const { repository, storage } = await openTestRepository()
  const disk = noise(3 * chunk, 'thrice')
  const others = await Promise.all(['a', 'b', 'c'].map((seed) => reopenTestRepository(storage, { seed })))
  const sessions = await Promise.all(others.map((other) => other.beginSession()))
  const points: RestorePoint[] = []
  const store = async (session: WriterSession) =>
    points.push(await session.commit(manifestOf({ disk: await storeImage(session, disk) })))
  for (const session of sessions.slice(0, 2)) await store(session)
  await repository.checkPoint(points[1]!) // now it knows two
  const known = await keysOf(storage, 'packs/')
  await store(sessions[2]!)
  for (const key of known) storage.objects.delete(key)
  expect(Buffer.from(await contentOf(repository, points[0]!.images[0]!.image)).equals(disk)).toBe(true)
})

describe('forgetting', () => {
  it('takes a point out of the list, and back', async () => {
    const { repository, clock } = await openTestRepository()
    const first = await backUp(repository, { disk: noise(4 * chunk, 1) })
    clock.advance(1000) // points are listed by time
    const second = await backUp(repository, { disk: noise(4 * chunk, 2) })
    await repository.forget(first.id, { reason: 'a test' })
    await repository.forget(second.id, { reason: 'another' })
    await repository.restoreForgotten(second.id.slice(0, 31))
    expect(await collect(repository.points())).toEqual([second])
    expect(await refusal(repository.point(first.id))).toBe('repository.point-not-found')
    expect(await collect(repository.forgottenPoints())).toMatchObject([{ point: first, reason: 'a test' }])
    await repository.restoreForgotten(first.id)
    expect(await collect(repository.points())).toEqual([first, second])
    expect(await refusal(repository.restoreForgotten(first.id))).toBe('repository.point-not-found')
  })
})

it('images of a session may inherit from one point at the same time', async () => {
  const { repository, storage } = await openTestRepository()
  const disks = { a: noise(2 * chunk, 'a'), b: noise(2 * chunk, 'b') }
  const point = await backUp(repository, disks)
  await using session = await repository.beginSession()
  const begun = point.images.map(({ image }) => {
    const base = { point: point.id, image }
    return session.beginImage({ capacityBytes: image.capacityBytes, base, unwritten: 'inherit' })
  })
  const images = await Promise.all((await Promise.all(begun)).map((image) => image.finish()))
  expect((await keysOf(storage, `sessions/${session.id}/`)).filter((key) => key.includes('/pin-'))).toHaveLength(1)
  const next = await session.commit(manifestOf({ a: images[0]!, b: images[1]! }))
  expect(next.images.map(({ image }) => image)).toEqual(point.images.map(({ image }) => image))
  expect(await keysOf(storage, 'sessions/')).toEqual([])
})

describe('a collection', () => {
  it('leaves what is needed, also of points in their time of grace', async () => {
    const { repository, storage } = await openTestRepository()
    const point = await backUp(repository, { disk: noise(8 * chunk, 1) }, { notes: Buffer.from('notes') })
    await repository.forget(point.id, { reason: 'a test' })
    const before = [...storage.objects.keys()]
    expect(await repository.collect()).toMatchObject({ outcome: 'done', pointsLive: 1, packsDeleted: 0 })
    expect([...storage.objects.keys()]).toEqual(before)
  })

  it('frees what only a buried point needed, and its packs and deltas go', async () => {
    const { repository, storage } = await openTestRepository()
    const shared = noise(8 * chunk, 'shared')
    const first = await backUp(repository, { disk: noise(8 * chunk, 1), shared })
    const second = await backUp(repository, { disk: noise(8 * chunk, 2), shared })
    await repository.forget(first.id, { reason: 'a test' })
    expect(await repository.collect({ ...now, dryRun: true })).toMatchObject({ outcome: 'dry-run', pointsLive: 1 })
    const report = await repository.collect(now)
    expect(report).toMatchObject({ outcome: 'done', pointsLive: 1, pointsBuried: 1, waitingFor: [] })
    expect(report.bytesFreed).toBeGreaterThan(7 * chunk)
    expect(await refusal(repository.restoreForgotten(first.id))).toBe('repository.point-buried')
    for (const opened of [repository, await reopenTestRepository(storage)]) {
      expect(await collect(opened.points())).toEqual([second])
      await opened.checkPoint(second)
      expect((await opened.verify()).damaged).toEqual([])
      expect(Buffer.from(await contentOf(opened, second.images[1]!.image)).equals(shared)).toBe(true)
    }
    await repository.forget(second.id, { reason: 'a test' })
    await repository.collect(now)
    expect(await keysOf(storage, 'packs/')).toEqual([])
    expect(await keysOf(storage, 'index/')).toEqual([])
    expect(await keysOf(storage, 'sessions/')).toEqual([])
  })

  it('copies what is needed out of packs that are mostly dead', async () => {
    const { repository, storage } = await openTestRepository()
    const old = noise(30 * chunk, 'old')
    const first = await backUp(repository, { disk: old })
    const kept = Buffer.concat([old.subarray(0, 3 * chunk), old.subarray(20 * chunk, 21 * chunk), noise(chunk, 'new')])
    const second = await backUp(repository, { disk: kept })
    await repository.forget(first.id, { reason: 'a test' })
    const report = await repository.collect(now)
    expect(report.packsRepacked).toBeGreaterThan(0)
    expect(report.bytesCopied).toBeGreaterThan(3 * chunk)
    for (const opened of [repository, await reopenTestRepository(storage)]) {
      await opened.checkPoint(second)
      expect((await opened.verify()).damaged).toEqual([])
      expect(Buffer.from(await contentOf(opened, second.images[0]!.image)).equals(kept)).toBe(true)
    }
    expect(await repository.collect(now)).toMatchObject({ packsDeleted: 0, packsRepacked: 0 })
    expect(storage.objects.size).toBeGreaterThan(0)
  })

  it('only deletes when the storage is too full to copy', async () => {
    const { repository, storage } = await openTestRepository()
    const old = noise(12 * chunk, 'old')
    const first = await backUp(repository, { disk: old })
    const kept = old.subarray(0, 2 * chunk)
    const second = await backUp(repository, { disk: kept })
    const third = await backUp(repository, { disk: noise(4 * chunk, 'dead') })
    for (const { id } of [first, third]) await repository.forget(id, { reason: 'a test' })
    const full = new FaultPlan<StorageFault>(seededRandom('full'), [
      { on: 'storage.putNew', object: 'packs/**', then: { kind: 'full' } },
    ])
    const report = await (await reopenTestRepository(faulty(storage, full))).collect(now)
    expect(full.strikes()[0]!.struck).toBeGreaterThan(0)
    expect(report).toMatchObject({ outcome: 'done', repackStopped: true, packsRepacked: 0 })
    expect(report.bytesFreed).toBeGreaterThan(4 * chunk)
    const after = await reopenTestRepository(storage, { seed: 'after' })
    expect(Buffer.from(await contentOf(after, second.images[0]!.image)).equals(kept)).toBe(true)
  })

  it('sees that a session lives while it leaves much that is condemned', async () => {
    const { repository, storage } = await openTestRepository()
    const disk = noise(40 * chunk, 'large') // several packs
    const first = await backUp(repository, { disk })
    const clock = fakeClock()
    const beats: (() => void)[] = []
    const every = (_: number, work: () => void) => {
      beats.push(work)
      return { [Symbol.dispose]: () => {} }
    }
    const other = await reopenTestRepository(storage, { seed: 'other', clock, every })
    await using session = await other.beginSession()
    const image = await storeImage(session, disk)
    await repository.forget(first.id, { reason: 'a test' })
    await repository.collect({ ...now, waitMsMax: 0 })
    clock.advance(11 * 60_000) // so long does every pack take
    const original = storage.getSuffix.bind(storage)
    storage.getSuffix = (...given) => {
      clock.advance(11 * 60_000)
      return original(...given)
    }
    beats[0]!()
    const report = await repository.collect({ ...now, silentMs: Infinity })
    expect(report).toMatchObject({ outcome: 'done', sessionsFenced: [] })
    const signs = (await keysOf(storage, `sessions/${session.id}/`)).filter((key) => key.includes('beat'))
    expect(signs.length).toBeGreaterThan(3)
    const second = await session.commit(manifestOf({ disk: image }))
    await repository.checkPoint(second)
  })

  it('goes on with an open session only when it has ended, answered or been given up', async () => {
    const { repository, storage } = await openTestRepository()
    const disk = noise(8 * chunk, 1)
    const first = await backUp(repository, { disk })
    const other = await reopenTestRepository(storage, { seed: 'other' })
    await using session = await other.beginSession()
    const image = await storeImage(session, disk) // relies on what is about to be dead
    await repository.forget(first.id, { reason: 'a test' })
    const report = await repository.collect({ ...now, waitMsMax: 0 })
    expect(report).toMatchObject({ outcome: 'waiting', waitingFor: [{ session: session.id }], packsDeleted: 0 })
    const second = await session.commit(manifestOf({ disk: image }))
    expect(await repository.collect({ ...now, waitMsMax: 0 })).toMatchObject({ outcome: 'done', packsDeleted: 0 })
    await repository.checkPoint(second)
    expect(Buffer.from(await contentOf(repository, second.images[0]!.image)).equals(disk)).toBe(true)
  })
})
