// A collector, or a writer beside it, may die at any storage call. Each call is tried, one after the other.
import { collect } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { expect, it } from 'vitest'
import type { Repository, WriterSession } from '../repository.ts'
import type { MemoryStorage } from '../storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  copyOf,
  createTestRepository,
  dyingAfter,
  manifestOf,
  noise,
  powerCut,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
} from '../testing.ts'
import { memoryStorage } from '../storage/memory-storage.ts'

const old = noise(6 * chunk, 'old')
const kept = Buffer.concat([old.subarray(0, 2 * chunk), noise(chunk, 'kept')])
const gone = noise(2 * chunk, 'gone')
const all = { graceMs: 0, silentMs: 0, deadShareMax: 0.2 }

/** A point that must stay, which shares a little with one that is forgotten, and one that is all its own and forgotten. */
async function prepared() {
  const { repository, storage } = await createTestRepository(memoryStorage())
  const first = await backUp(repository, { disk: old })
  const stays = await backUp(repository, { disk: kept }, { notes: Buffer.from('notes') })
  const second = await backUp(repository, { disk: gone })
  for (const { id } of [first, second]) await repository.forget(id, { reason: 'a test' })
  return { storage, stays, forgotten: [first, second] }
}

async function checkKept(repository: Repository, pointsExpected = 1): Promise<void> {
  const points = await collect(repository.points())
  expect(points).toHaveLength(pointsExpected)
  for (const point of points) {
    if (point.damaged !== undefined) throw point.damaged
    await repository.checkPoint(point)
    const expected = point.subject.name === 'Subject' && point.blobs['notes'] !== undefined ? kept : gone
    expect(Buffer.from(await contentOf(repository, point.images[0]!.image)).equals(expected)).toBe(true)
  }
  expect((await repository.verify({ level: 'presence' })).damaged).toEqual([])
}

/** Collects until nothing is left to do, and looks that nothing is left. */
async function checkClean(storage: MemoryStorage, pointsExpected = 1): Promise<void> {
  const clock = fakeClock(Date.UTC(2026, 5, 1))
  await using repository = await reopenTestRepository(storage, { seed: 'after', clock })
  await checkKept(repository, pointsExpected)
  expect(await repository.collect(all)).toMatchObject({ outcome: 'done', pointsLive: pointsExpected })
  await repository.collect(all)
  await checkKept(repository, pointsExpected)
  expect(await repository.collect({ ...all, dryRun: true })).toMatchObject({ packsDeleted: 0, bytesFreed: 0 })
  expect(await collect(storage.list('sessions/'))).toEqual([])
  const packs = (await collect(storage.list('packs/'))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const neededBytes = pointsExpected === 1 ? 3 * chunk : 5 * chunk
  expect(packs).toBeLessThan(neededBytes * 1.3 + 4096)
}

/** Each of these tries a hundred deaths: seconds of work, which a busy machine draws out. */
const busyMachineMs = 120_000

const isPowerCut = (error: unknown) => error === powerCut || (error as Error).cause === powerCut

async function diesAtEveryCall(
  start: MemoryStorage,
  work: (storage: MemoryStorage, dying: ReturnType<typeof dyingAfter>, n: number) => Promise<void>,
): Promise<number> {
  for (let n = 0; ; n++) {
    const storage = copyOf(start)
    const dying = dyingAfter(n, storage)
    await work(storage, dying, n).catch((error: unknown) => {
      if (!isPowerCut(error)) throw error
    })
    if (dying.calls() <= n) return n
  }
}

it(
  'a collection with a repack may die at every storage call: what is needed stays, and the next one ends the work',
  async () => {
    const { storage: start } = await prepared()
    const calls = await diesAtEveryCall(start, async (storage, dying, n) => {
      const collected = reopenTestRepository(dying.storage, { seed: `dying ${n}` }).then((repository) =>
        repository.collect(all),
      )
      const report = await collected.catch((error: unknown) => {
        if (!isPowerCut(error)) throw error
      })
      if (report !== undefined) expect(report.packsRepacked).toBeGreaterThan(0)
      await checkClean(storage)
    })
    expect(calls).toBeGreaterThan(60)
  },
  busyMachineMs,
)

it(
  'forgetting and taking back may die at every storage call: the point is there, or it is not',
  async () => {
    const { storage: start, stays } = await prepared()
    await diesAtEveryCall(start, async (storage, dying, n) => {
      try {
        const repository = await reopenTestRepository(dying.storage, { seed: `dying ${n}` })
        await repository.forget(stays.id, { reason: 'a test' })
        await repository.restoreForgotten(stays.id)
      } finally {
        await using after = await reopenTestRepository(storage, { seed: 'after' })
        const forgotten = await collect(after.forgottenPoints())
        if (forgotten.some(({ point }) => point.id === stays.id)) await after.restoreForgotten(stays.id)
        expect(await collect(after.points())).toEqual([stays])
      }
    })
  },
  busyMachineMs,
)

/** A writer in another process, which relies on what the collection condemns, and beats when told to. */
async function openWriter(storage: Parameters<typeof reopenTestRepository>[0], seed: string) {
  const beats: (() => void)[] = []
  const every = (_: number, work: () => void) => {
    beats.push(work)
    return { [Symbol.dispose]: () => {} }
  }
  const repository = await reopenTestRepository(storage, { seed, every })
  const session = await repository.beginSession()
  const image = await storeImage(session, gone) // known already, and about to be dead
  return { session, image, beat: () => beats[0]!() }
}

const commit = (session: WriterSession, image: Parameters<typeof manifestOf>[0][string]) =>
  session.commit(manifestOf({ disk: image }))

it(
  'a collection may die at every call beside a writer that beats and commits',
  async () => {
    const { storage: start } = await prepared()
    await diesAtEveryCall(start, async (storage, dying, n) => {
      const writer = await openWriter(storage, `writer ${n}`)
      const turns = { calls: 0 }
      // the writer beats in the middle of the collection
      const collecting = reopenTestRepository(dying.storage, { seed: `dying ${n}` }).then((repository) =>
        repository.collect({
          ...all,
          silentMs: Infinity,
          onProgress: ({ phase }) => phase === 'wait' && turns.calls++ === 0 && writer.beat(),
        }),
      )
      await collecting.catch((error: unknown) => {
        if (!isPowerCut(error)) throw error
      })
      await commit(writer.session, writer.image)
      await checkClean(storage, 2)
    })
  },
  busyMachineMs,
)

it(
  'a writer may die at every call while it leaves what is condemned',
  async () => {
    const { storage: start } = await prepared()
    let survived = 0
    await diesAtEveryCall(start, async (storage, dying, n) => {
      const collector = await reopenTestRepository(storage, { seed: `collector ${n}` })
      let committed = false
      try {
        const writer = await openWriter(dying.storage, `dying ${n}`)
        await collector.collect({ ...all, silentMs: Infinity, waitMsMax: 0 })
        writer.beat()
        await commit(writer.session, writer.image)
        committed = true
      } catch (error) {
        if (!isPowerCut(error)) throw error
      }
      const points = await collect(collector.points())
      if (committed) expect(points).toHaveLength(2)
      if (points.length === 2) survived++
      await checkClean(storage, points.length)
    })
    expect(survived).toBeGreaterThan(0)
  },
  busyMachineMs,
)
