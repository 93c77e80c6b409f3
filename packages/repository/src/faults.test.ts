// The storage fails by rule: replies are lost, the disk is full, reads come short or with a wrong bit.
import { AppError, codeOf, collect, FaultPlan, type FaultRule, isAbort, seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { faulty, type StorageFault } from './storage/faulty-storage.ts'
import { type MemoryStorage, memoryStorage } from './storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  createTestRepository,
  manifestOf,
  noise,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
} from './testing.ts'

const disk = noise(20 * chunk, 'disk')
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => codeOf(error) ?? error,
  )
const isWhole = (bytes: Uint8Array) => Buffer.compare(bytes, disk) === 0

async function faultyRepository(...rules: FaultRule<StorageFault>[]) {
  const memory = memoryStorage()
  await createTestRepository(memory)
  const plan = new FaultPlan<StorageFault>(seededRandom('faults'), rules)
  const storage = faulty(memory, plan)
  return { memory, plan, storage, repository: await reopenTestRepository(storage) }
}

/** What is committed must be whole, read through a storage without faults. */
async function checkAll(memory: MemoryStorage, pointsExpected?: number) {
  await using repository = await reopenTestRepository(memory, { seed: `check ${pointsExpected}` })
  const points = await collect(repository.points())
  if (pointsExpected !== undefined) expect(points).toHaveLength(pointsExpected)
  for (const point of points)
    if (point.damaged === undefined) expect(isWhole(await contentOf(repository, point.images[0]!.image))).toBe(true)
  expect((await repository.verify()).damaged).toEqual([])
}

describe('a lost reply', () => {
  it.each(['sessions/*', 'packs/*', 'index/*', 'points/*'])('of a put of %s does no harm', async (object) => {
    const { memory, repository, plan } = await faultyRepository({
      on: 'storage.putNew',
      object,
      times: 2,
      then: { kind: 'fail-after' },
    })
    await backUp(repository, { disk })
    expect(plan.strikes()[0]!.struck).toBeGreaterThan(0)
    await checkAll(memory, 1)
  })

  it('of the commit, with the storage gone after it, leaves the commit in doubt and says so', async () => {
    const { memory, repository, plan } = await faultyRepository()
    await using session = await repository.beginSession()
    const image = await storeImage(session, disk)
    plan.add({ on: 'storage.putNew', object: 'points/*', times: 1, then: { kind: 'fail-after' } })
    using broken = plan.add({ on: 'storage.*', object: 'points/*', then: { kind: 'fail-before' } })
    expect(await refusal(session.commit(manifestOf({ disk: image })))).toBe('repository.commit-unknown')
    broken[Symbol.dispose]()
    await checkAll(memory, 1) // it did happen
    expect(await collect(memory.list('sessions/'))).toHaveLength(1) // a collector still sees the writer
  })

  it('that hides a failed commit ends in a fence: the point can never appear later', async () => {
    const { memory, repository, plan } = await faultyRepository()
    await using session = await repository.beginSession()
    const image = await storeImage(session, disk)
    plan.add({ on: 'storage.putNew', object: 'points/*', times: 4, then: { kind: 'fail-before' } })
    expect(await refusal(session.commit(manifestOf({ disk: image })))).toBe('storage.unavailable')
    expect(await memory.putNew(`points/${session.id}`, new Uint8Array(10))).toBe('exists')
    expect(await collect(memory.list('sessions/'))).toEqual([])
    await checkAll(memory, 0)
  })
})

describe('a full storage', () => {
  it.each(['sessions/*', 'packs/*', 'index/*', 'points/*'])(
    'at a put of %s fails the backup plainly, and nothing half-written counts',
    async (object) => {
      const { memory, repository, plan } = await faultyRepository()
      using _ = plan.add({ on: 'storage.putNew', object, then: { kind: 'full' } })
      const code = await refusal(backUp(repository, { disk })) // at a put of points, it cannot even be fenced
      expect(code).toBe('storage.full')
      plan.clear()
      await checkAll(memory, 0)
      await backUp(repository, { disk })
      await checkAll(memory, 1)
    },
  )

  it('tells the writer at once, not only at the end', async () => {
    const { repository } = await faultyRepository({ on: 'storage.putNew', object: 'packs/*', then: { kind: 'full' } })
    await using session = await repository.beginSession()
    const image = await session.beginImage({ capacityBytes: 4000 * chunk, unwritten: 'zero' })
    const writing = (async () => {
      for (let i = 0; i < 4000; i++) {
        const lease = await image.lease(chunk)
        lease.set(noise(chunk, i))
        await image.write(i * chunk, lease)
      }
    })()
    expect(await refusal(writing)).toBe('storage.full')
    expect(await refusal(image.finish())).toBe('storage.full')
    expect(await refusal(session.commit(manifestOf({})))).toBe('storage.full')
    await session.abandon()
    expect(await repository.verify()).toMatchObject({ damaged: [] }) // what was never stored is not missing
  })
})

describe('a read', () => {
  const backedUp = async (...rules: FaultRule<StorageFault>[]) => {
    const { memory, plan, storage } = await faultyRepository()
    const point = await backUp(await reopenTestRepository(memory, { seed: 'writer' }), { disk })
    for (const rule of rules) plan.add(rule)
    return { memory, plan, point, repository: await reopenTestRepository(storage, { seed: 'reader' }) }
  }

  it.each(['torn', 'flip-bit', 'fail-before'] as const)('that goes wrong once (%s) is read again', async (kind) => {
    const { point, plan, repository } = await backedUp({
      on: 'storage.getRange',
      object: 'packs/*',
      times: 1,
      after: 1,
      then: { kind },
    })
    expect(isWhole(await contentOf(repository, point.images[0]!.image))).toBe(true)
    expect(plan.strikes()[0]!.struck).toBe(1)
    expect((await repository.verify()).damaged).toEqual([])
  })

  it.each([
    ['flip-bit', 'repository.chunk-corrupt', 'bad'],
    ['fail-before', 'repository.chunk-unreadable', 'unreadable'],
    ['torn', 'repository.chunk-unreadable', 'unreadable'],
  ] as const)('that always goes wrong (%s) is %s', async (kind, code, damage) => {
    const { point, plan, memory, repository } = await backedUp()
    expect(isWhole(await contentOf(repository, point.images[0]!.image))).toBe(true) // the map pages are in memory now
    const [data] = (await collect(memory.list('packs/'))).toSorted((a, b) => b.sizeBytes - a.sizeBytes)
    plan.add({ on: 'storage.getRange', object: data!.key, then: { kind } })
    expect(await refusal(contentOf(repository, point.images[0]!.image))).toBe(code)
    const { damaged } = await repository.verify()
    expect(new Set(damaged.map((found) => found.kind))).toEqual(new Set([damage]))
    expect(damaged.every(({ object }) => object === data!.key)).toBe(true)
  })

  it('of a list that fails is no empty list', async () => {
    const { repository, plan } = await backedUp()
    plan.add({ on: 'storage.list', then: { kind: 'fail-before' } })
    expect(await refusal(collect(repository.points()))).toBe('storage.unavailable')
    expect(await refusal(repository.beginSession())).toBe('storage.unavailable')
    expect(await refusal(repository.verify())).toBe('storage.unavailable')
  })
})

it('a disk that lies about what it stored is found out by the check after the commit', async () => {
  const { memory, repository } = await faultyRepository({
    on: 'storage.putNew',
    object: 'packs/*',
    times: 1,
    then: { kind: 'torn' },
  })
  const point = await backUp(repository, { disk })
  const fresh = await reopenTestRepository(memory, { seed: 'fresh' })
  expect(await refusal(fresh.checkPoint(point))).toBe('repository.pack-corrupt')
  expect((await fresh.verify()).damaged.length).toBeGreaterThan(0)
  const healed = await backUp(fresh, { disk }) // what is doubtful is stored again
  await fresh.checkPoint(healed)
  expect(isWhole(await contentOf(fresh, healed.images[0]!.image))).toBe(true)
})

it.each(Array.from({ length: 25 }, (_, i) => i))(
  'whatever fails at random (seed %i), a commit is whole or is not there',
  async (seed) => {
    const memory = memoryStorage()
    await createTestRepository(memory)
    const kinds = ['fail-before', 'fail-after', 'fail-after', 'fail-before', 'full'] as const
    const rules = kinds.map((kind, i) => ({
      on: 'storage.*',
      chance: [0.05, 0.05, 0.2, 0.2, 0.01][i]! * ((seed % 5) / 2),
      then: { kind },
    }))
    const storage = faulty(memory, new FaultPlan<StorageFault>(seededRandom(seed), rules))
    let committed = 0
    for (let attempt = 0; attempt < 4; attempt++)
      try {
        await using repository = await reopenTestRepository(storage, { seed: `${seed}.${attempt}` })
        await backUp(repository, { disk })
        committed++
      } catch (error) {
        expect(error).toBeInstanceOf(AppError)
        expect(isAbort(error, undefined)).toBe(false)
      }
    await using repository = await reopenTestRepository(memory, { seed: 'check' })
    expect((await collect(repository.points())).length).toBeGreaterThanOrEqual(committed)
    await checkAll(memory)
  },
)
