import { codeOf, collect, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import { trashEntryKey } from '../formats/object-names.ts'
import type { PointMark, Repository } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import {
  backUp,
  changedStorage,
  copyOf,
  createTestRepository,
  dyingAfter,
  manifestOf,
  openTestRepository,
  powerCut,
  reopenTestRepository,
} from '../testing.ts'

const protect = { kind: 'protect', reason: 'a trial' } as const
const forget = (repository: Repository, { id }: RestorePoint) => repository.forget(id, { reason: 'a test' })
const tag = (add: readonly string[], remove: readonly string[] = []): PointMark => ({ kind: 'tag', add, remove })
const codeFrom = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )
const points = async (repository: Repository) => (await collect(repository.points())) as RestorePoint[]
const trash = async (storage: Storage) => (await collect(storage.list('trash/'))).length

describe('a protected point', () => {
  it('is not forgotten until the protection is lifted', async () => {
    const { repository, clock } = await openTestRepository()
    const point = await backUp(repository, {})
    const marked = await repository.markPoint(point.id.slice(0, 31), protect)
    expect(marked.protection).toEqual({ at: new Date(Math.floor(clock.nowMs())).toISOString(), reason: 'a trial' })
    expect(await points(repository)).toEqual([marked])
    await expect(forget(repository, point)).rejects.toMatchObject({
      code: 'repository.point-protected',
      message: expect.stringContaining(`(a trial) and was not forgotten: lift the protection first`) as string,
    })
    expect(await repository.markPoint(point.id, { kind: 'unprotect' })).toEqual(point)
    await forget(repository, point)
    expect(await points(repository)).toEqual([])
  })

  it('is free again when its time has come', async () => {
    const { repository, clock } = await openTestRepository()
    const point = await backUp(repository, {})
    const until = new Date(Math.floor(clock.nowMs()) + 60_000).toISOString()
    expect(await repository.markPoint(point.id, { ...protect, until })).toMatchObject({ protection: { until } })
    expect(await codeFrom(forget(repository, point))).toBe('repository.point-protected')
    await clock.sleep(60_000)
    const past = repository.markPoint(point.id, { ...protect, until })
    await expect(past).rejects.toMatchObject({ code: 'repository.invalid-option' })
    expect(await codeFrom(forget(repository, point))).toBe('fine')
  })

  it('or a forgotten one, never both: who is first wins', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const { repository, storage } = await openTestRepository({ seed: `race ${seed}` })
      const point = await backUp(repository, {})
      const random = seededRandom(`race ${seed}`)
      const others = await Promise.all([0, 1].map((n) => reopenTestRepository(late(storage, random), { seed: `${n}` })))
      const said = await Promise.all([
        codeFrom(others[0]!.markPoint(point.id, protect)),
        codeFrom(forget(others[1]!, point)),
      ])
      const listed = await points(repository)
      if (listed.length > 0)
        expect([listed[0]!.protection?.reason, ...said]).toEqual(['a trial', 'fine', protectedCode])
      else expect(said).toEqual(['repository.point-not-found', 'fine'])
    }
  })

  it('is one or is none, wherever the power is cut', async () => {
    const start = await openTestRepository()
    const point = await backUp(start.repository, {})
    for (let calls = 0, finished = false; !finished; calls++) {
      const storage = copyOf(start.storage)
      const dying = dyingAfter(calls, storage)
      finished = await reopenTestRepository(dying.storage, { seed: 'dying' })
        .then((repository) => repository.markPoint(point.id, protect))
        .then(
          () => true,
          (error: unknown) => error !== powerCut && Promise.reject(error as Error),
        )
      const after = await reopenTestRepository(storage, { seed: 'after' })
      const [found] = await points(after)
      expect([undefined, 'a trial']).toContain(found!.protection?.reason)
      if (finished) expect(found!.protection?.reason).toBe('a trial')
      expect(calls).toBeLessThan(50)
    }
  })
})

const protectedCode = 'repository.point-protected'

/** A storage on which every call takes its time, so that two who use it meet everywhere. */
function late(inner: Storage, random: ReturnType<typeof seededRandom>): Storage {
  const turns = async () => {
    for (let n = Math.floor(random.fraction() * 6); n > 0; n--) await Promise.resolve()
  }
  return changedStorage(inner, {
    putNew: async (...call) => (await turns(), inner.putNew(...call)),
    get: async (...call) => (await turns(), inner.get(...call)),
  })
}

describe('tags', () => {
  it('are given with the point, changed later, and survive forgetting and taking back', async () => {
    const { repository } = await openTestRepository()
    await using session = await repository.beginSession()
    const { id, tags } = await session.commit(manifestOf({}, { tags: ['audit', 'env=prod'] }))
    expect(tags).toEqual(['audit', 'env=prod'])
    expect((await repository.markPoint(id, tag(['gold'], ['audit']))).tags).toEqual(['env=prod', 'gold'])
    await repository.forget(id, { reason: 'a test' })
    await repository.restoreForgotten(id)
    expect((await repository.point(id)).tags).toEqual(['env=prod', 'gold'])
    expect((await repository.markPoint(id, tag([], ['gold', 'env=prod', 'nobody has it']))).tags).toEqual([])
  })

  it('are words', async () => {
    const { repository } = await openTestRepository()
    const { id } = await backUp(repository, {})
    for (const bad of ['', 'a b', 'a,b', 'x'.repeat(129), 'a\u0007'])
      expect(await codeFrom(repository.markPoint(id, tag([bad])))).toBe('repository.tags-invalid')
    const many = Array.from({ length: 65 }, (_, n) => `t${n}`)
    expect(await codeFrom(repository.markPoint(id, tag(many)))).toBe('repository.tags-invalid')
    await using session = await repository.beginSession()
    expect(await codeFrom(session.commit(manifestOf({}, { tags: ['a', 'a'] })))).toBe('repository.tags-invalid')
  })
})

it('flags, protection, tags and clearance stand beside each other, and a point says when it was stored', async () => {
  const clock = fakeClock(Date.UTC(2026, 10, 22))
  const { repository } = await createTestRepository(memoryStorage(clock), { clock: fakeClock(0) })
  const gfs = [{ period: 'yearly', keepUntil: '2030-01-01T00:00:00.000Z' }]
  await using session = await repository.beginSession()
  const { id } = await session.commit(manifestOf({}, { tags: ['a'], gfs }))
  for (const mark of [protect, tag(['b']), { kind: 'clear', reason: 'an upgrade' }] as const)
    await repository.markPoint(id, mark)
  const [point] = await points(repository)
  expect(point).toMatchObject({ gfs, protection: { reason: 'a trial' }, tags: ['a', 'b'] })
  expect(point!.clearance).toMatchObject({ reason: 'an upgrade' })
  expect(point!.storedAt).toBe('2026-11-22T00:00:00.000Z')
  expect(await repository.point(id)).toEqual(point)
})

it('what is said already is not said again', async () => {
  const { repository, storage } = await openTestRepository()
  const { id } = await backUp(repository, {})
  for (const mark of [protect, tag(['a']), { kind: 'clear', reason: 'r' }] as const)
    for (let twice = 0; twice < 2; twice++) await repository.markPoint(id, mark)
  expect(await trash(storage)).toBe(3)
  for (let twice = 0; twice < 2; twice++) await repository.markPoint(id, { kind: 'unprotect' })
  expect(await trash(storage)).toBe(4)
})

describe('a fate that cannot be understood', () => {
  it('keeps its point as if protected, and is not written after', async () => {
    const { repository, storage } = await openTestRepository()
    const { id } = await backUp(repository, {})
    await repository.markPoint(id, protect)
    const key = trashEntryKey(id, 1)
    storage.objects.get(key)![100]! ^= 1
    const [point] = await points(repository)
    expect(point!.protection?.reason).toContain('cannot be understood')
    const refused = 'repository.fate-unreadable'
    expect(await codeFrom(forget(repository, point!))).toBe(refused)
    expect(await codeFrom(repository.markPoint(id, { kind: 'unprotect' }))).toBe(refused)
    expect(await repository.collect({ graceMs: 0 })).toMatchObject({ pointsLive: 1, pointsBuried: 0 })
    expect(await trash(storage)).toBe(1)
  })
})

it('points that are read or inherited from are held', async () => {
  const { repository, clock } = await openTestRepository()
  const read = await backUp(repository, {})
  const base = await backUp(repository, { disk: Buffer.alloc(1024) })
  expect(await repository.heldPoints()).toEqual(new Set())
  await using session = await repository.beginSession()
  const { image } = base.images[0]!
  await session.beginImage({ capacityBytes: 1024, base: { point: base.id, image }, unwritten: 'inherit' })
  await using _hold = await repository.holdPoint(read.id)
  expect(await repository.heldPoints()).toEqual(new Set([read.id, base.id]))
  await clock.sleep(25 * 60 * 60_000) // a reader so old is dead
  expect(await repository.heldPoints()).toEqual(new Set([base.id]))
})
