// Who folds deltas and merges segments may be one of several, may sleep for long, and may die at any call.
import { collect, seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import type { Repository } from '../repository.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import {
  backUp,
  changedStorage,
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
import { idOf, indexOf } from './index-testing.ts'

const schedules = Number(process.env['VMKEEP_SIMULATION_SCHEDULES'] ?? 40)

describe('compactors that race', () => {
  /** Lets one call happen at a time. Some callers are asleep for long. */
  function scheduled(inner: Storage, random: ReturnType<typeof seededRandom>) {
    const waiting: { wake: () => void; patience: number }[] = []
    const turn = (patience: number) => new Promise<void>((wake) => waiting.push({ wake, patience }))
    const seenBy = (sleeps: () => number): Storage => {
      const call = async <T>(work: () => Promise<T>) => {
        await turn(sleeps())
        return await work()
      }
      return changedStorage(inner, {
        putNew: (key, bytes, signal) => call(() => inner.putNew(key, bytes, signal)),
        get: (key, max, signal) => call(() => inner.get(key, max, signal)),
        delete: (key, signal) => call(() => inner.delete(key, signal)),
        async *list(prefix, signal) {
          await call(async () => {})
          yield* await collect(inner.list(prefix, signal))
        },
      })
    }
    const run = async (actors: readonly Promise<unknown>[]) => {
      let active = actors.length
      for (const actor of actors) void actor.finally(() => active--).catch(() => {})
      while (active > 0) {
        await new Promise(setImmediate)
        const ready = waiting.filter((waiter) => waiter.patience-- <= 0)
        const next =
          ready[Math.floor(random.fraction() * ready.length)] ?? (random.fraction() < 0.02 ? waiting[0] : undefined)
        if (next === undefined) continue
        waiting.splice(waiting.indexOf(next), 1)
        next.wake()
      }
      await Promise.all(actors)
    }
    return { seenBy, run }
  }

  it(
    `lose nothing, and leave nothing but what the newest root names, in ${schedules} schedules`,
    { timeout: 300_000 },
    async () => {
      for (let seed = 1; seed <= schedules; seed++) {
        const random = seededRandom(`compaction ${seed}`)
        const memory = memoryStorage()
        const { seenBy, run } = scheduled(memory, random)
        const sleepy = () => (random.fraction() < 0.05 ? Math.floor(random.fraction() * 400) : 0)
        const known = new Map<string, number[]>() // what was durable when, by the pack
        const writer = indexOf(
          seenBy(() => 0),
          `writer ${seed}`,
        )
        const write = async () => {
          for (let i = 0; i < 12; i++) {
            const { name, blobs } = await writer.put([i, i + 1, 20 + Math.floor(random.fraction() * 20)])
            known.set(name, [...blobs])
          }
        }
        const compact = async (which: number) => {
          const { compactor, session } = indexOf(seenBy(sleepy), `compactor ${which} of ${seed}`)
          for (let i = 0; i < 4; i++) {
            await compactor.compact(session, random.fraction() < 0.3 ? { whole: 'all' } : {})
            if (random.fraction() < 0.4) await compactor.sweep()
          }
        }
        const look = async (which: number) => {
          const { indexStore, index } = indexOf(seenBy(sleepy), `reader ${which} of ${seed}`)
          for (let i = 0; i < 6; i++) {
            const before = [...known.values()].flat()
            await indexStore.refresh()
            expect([...indexStore.damaged]).toEqual([])
            for (const blob of before) expect(index.find(idOf(blob)), `blob ${blob} in schedule ${seed}`).toBeDefined()
          }
        }
        await run([write(), compact(1), compact(2), compact(3), look(1), look(2)])
        const last = indexOf(memory, `last of ${seed}`)
        await last.compactor.compact(last.session, { whole: 'all' })
        await last.compactor.sweep()
        const { runs } = last.indexStore.root
        expect(runs).toHaveLength(1)
        const named = runs.flatMap(({ packTables, segments }) => [...packTables, ...segments]).length
        expect([...memory.objects.keys()].filter((key) => key.startsWith('index/seg/'))).toHaveLength(named)
        for (const [name, blobs] of known)
          for (const blob of blobs) {
            const places = new Set<string>()
            for (;;) {
              const found = last.index.find(idOf(blob))
              if (found === undefined) break
              places.add(Buffer.from(found.pack.name).toString('hex'))
              found.pack.state = 'gone'
            }
            expect(places, `blob ${blob} in schedule ${seed}`).toContain(name)
            for (const pack of last.index.packs) pack.state = 'live'
          }
      }
    },
  )
})

const disk = noise(7 * chunk, 'disk')
const other = noise(5 * chunk, 'other')

async function checkWhole(repository: Repository, points: number): Promise<void> {
  const found = await collect(repository.points())
  expect(found).toHaveLength(points)
  for (const point of found) {
    if (point.damaged !== undefined) throw point.damaged
    await repository.checkPoint(point)
    const content = Buffer.from(await contentOf(repository, point.images[0]!.image))
    expect(content.equals(disk) || content.equals(other)).toBe(true)
  }
  expect((await repository.verify({ samplePercent: 0 })).damaged).toEqual([])
}

const folding = { index: { deltasMax: 1 } }
const isPowerCut = (error: unknown) => error === powerCut || (error as Error).cause === powerCut

/** Two points, a third that was collected, and deltas of each of them. */
async function prepared(options: Parameters<typeof createTestRepository>[1] = {}) {
  const { repository, storage } = await createTestRepository(memoryStorage(), options)
  await backUp(repository, { disk })
  await backUp(repository, { disk: other })
  return storage
}

describe('a process that dies', () => {
  it('at any call of a session that folds, of a collection or of a rebuild, loses nothing and leaves nothing behind', async () => {
    const starts = [await prepared(), await prepared(folding)]
    const works: ((repository: Repository) => Promise<unknown>)[] = [
      async (repository) => await backUp(repository, { disk }),
      async (repository) => await repository.collect({ silentMs: 0 }),
      async (repository) => await repository.rebuildIndex(),
    ]
    for (const start of starts)
      for (const [w, work] of works.entries())
        for (let n = 0, calls = 1; calls > n; n++) {
          const storage = copyOf(start)
          const dying = dyingAfter(n, storage)
          await reopenTestRepository(dying.storage, { seed: `dying ${w} ${n}`, ...folding })
            .then(work)
            .catch((error: unknown) => {
              if (!isPowerCut(error)) throw error
            })
          calls = dying.calls()
          await using survivor = await reopenTestRepository(storage, { seed: `survivor ${n}`, ...folding })
          const points = (await collect(survivor.points())).length
          await survivor.collect({ silentMs: 0 })
          await survivor.collect({ silentMs: 0 })
          await checkWhole(survivor, points)
          expect(await leftOver(storage)).toEqual([])
        }
  }, 300_000)
})

/** Objects of the index that nothing needs: everything lies in one or two runs, of one segment and one pack table each. */
async function leftOver(storage: MemoryStorage): Promise<string[]> {
  await using repository = await reopenTestRepository(storage, { seed: 'looking' })
  const { index } = await repository.status()
  const objects = [...storage.objects.keys()].filter((key) => /^(index\/seg|sessions)\//.test(key))
  return objects.length === 2 * index.segments ? [] : objects
}

/** What a program sees that knows no segments. */
const withoutSegments = (inner: Storage): Storage =>
  changedStorage(inner, {
    async *list(prefix, signal) {
      if (!/^index\/(seg|root)\//.test(prefix)) yield* inner.list(prefix, signal)
    },
  })

describe('a repository whose deltas were folded', () => {
  it('is whole for a program that knows no segments: the packs speak for themselves', async () => {
    const storage = await prepared()
    await (await reopenTestRepository(storage, { seed: 'folds' })).rebuildIndex()
    expect([...storage.objects.keys()].filter((key) => key.startsWith('index/delta/'))).toEqual([])
    const old = await reopenTestRepository(withoutSegments(storage), { seed: 'old' })
    for (const point of await collect(old.points()))
      if (point.damaged === undefined) await contentOf(old, point.images[0]!.image)
    await using session = await old.beginSession()
    await checkWhole(old, 2)
    const image = await session.beginImage({ capacityBytes: disk.length, unwritten: 'zero' })
    const lease = await image.lease(disk.length)
    lease.set(disk)
    await image.write(0, lease)
    await image.finish()
    expect(image.progress).toMatchObject({ newBytes: 0, knownBytes: disk.length })
    await session.abandon()
    expect(await old.collect({ silentMs: 0 })).toMatchObject({ outcome: 'done', packsDeleted: 0 })
    await using again = await reopenTestRepository(storage, { seed: 'new again', ...folding })
    await again.collect({ silentMs: 0 })
    await checkWhole(again, 2)
  })

  it('stores nothing twice', async () => {
    const storage = await prepared()
    await using repository = await reopenTestRepository(storage, { seed: 'folds', ...folding })
    await using session = await repository.beginSession()
    await storeImage(session, disk)
    const packs = [...storage.objects.keys()].filter((key) => key.startsWith('packs/')).length
    await session.commit(manifestOf({}))
    expect([...storage.objects.keys()].filter((key) => key.startsWith('packs/'))).toHaveLength(packs)
    expect(await repository.status()).toMatchObject({ index: { deltas: 0, damaged: [] }, points: 3 })
  })

  it('folds in the midst of a session whose entries take more memory than they should', async () => {
    const { repository, storage } = await createTestRepository(memoryStorage(), { index: { memoryBytes: 2 ** 20 } })
    await using session = await repository.beginSession()
    const image = await session.beginImage({ capacityBytes: 2 ** 31, unwritten: 'zero' })
    const tiny = Buffer.alloc(2 ** 31 / 16_384)
    for (let i = 0; i < 16_384; i++) {
      const lease = await image.lease(tiny.length)
      tiny.writeUInt32LE(i + 1)
      lease.set(tiny)
      await image.write(i * tiny.length, lease)
    }
    await session.commit(manifestOf({ disk: await image.finish() }))
    expect([...storage.objects.keys()].filter((key) => key.startsWith('index/root/')).length).toBeGreaterThan(0)
    await using again = await reopenTestRepository(storage, { seed: 'again' })
    for await (const point of again.points()) if (point.damaged === undefined) await again.checkPoint(point)
  }, 60_000)
})

describe('an index that is lost or damaged', () => {
  const folded = async () => {
    const storage = await prepared()
    await (await reopenTestRepository(storage, { seed: 'folds' })).rebuildIndex()
    return storage
  }
  const keys = async () => [...(await folded()).objects.keys()].filter((key) => key.startsWith('index/'))

  it('is named, read past, and made whole by a rebuild, whichever object it is', { timeout: 120_000 }, async () => {
    for (const key of await keys())
      for (const change of ['flip', 'cut', 'remove'] as const) {
        const storage = await folded()
        const source = storage.objects.get(key)!
        if (change === 'remove') storage.objects.delete(key)
        else
          storage.objects.set(
            key,
            change === 'cut' ? source.subarray(0, 70) : source.map((byte, i) => (i === 90 ? byte ^ 1 : byte)),
          )
        const isNamed = !(change === 'remove' && key.startsWith('index/root/'))
        await using reader = await reopenTestRepository(storage, { seed: 'reader' })
        for (const point of await collect(reader.points())) {
          if (point.damaged !== undefined) throw point.damaged
          expect(await contentOf(reader, point.images[0]!.image)).toHaveLength(point.images[0]!.image.capacityBytes)
        }
        const { damaged } = await reader.verify({ samplePercent: 0 })
        expect(damaged.map(({ object }) => object)).toEqual(isNamed ? [key] : [])
        expect(await reader.rebuildIndex({ dryRun: true })).toMatchObject({ packsUnlisted: 4, packsRead: 0 })
        const report = await reader.rebuildIndex()
        expect(report).toMatchObject({ packsUnlisted: 4, packsRead: 4, damaged: isNamed ? [{ object: key }] : [] })
        await using after = await reopenTestRepository(storage, { seed: 'after', ...folding })
        await checkWhole(after, 2)
        expect(await after.status()).toMatchObject({ index: { damaged: [], deltas: 0, segments: 1 } })
      }
  })

  it('is made whole from the blobs themselves where packs have lost their trailers', async () => {
    const storage = await folded()
    for (const [key, source] of storage.objects) {
      if (key.startsWith('index/')) storage.objects.delete(key)
      if (key.startsWith('packs/'))
        storage.objects.set(
          key,
          source.map((byte, i) => (i === source.length - 100 ? byte ^ 1 : byte)),
        )
    }
    await using repository = await reopenTestRepository(storage, { seed: 'rebuilds' })
    expect(await repository.rebuildIndex()).toMatchObject({ packsUnlisted: 4, packsRead: 4 })
    await using after = await reopenTestRepository(storage, { seed: 'after' })
    for (const point of await collect(after.points())) {
      if (point.damaged !== undefined) throw point.damaged
      const content = Buffer.from(await contentOf(after, point.images[0]!.image))
      expect(content.equals(disk) || content.equals(other)).toBe(true)
    }
  })
})
