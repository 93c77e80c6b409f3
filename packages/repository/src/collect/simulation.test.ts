// Writers, collectors, readers and forgetful people at one storage, in one process. A scheduler decides, call by call, who goes on.
// VMKEEP_SIMULATION_SCHEDULES says how many schedules are tried, VMKEEP_SIMULATION_SEED which is the first.
import { codeOf, collect, type Random, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { expect, it } from 'vitest'
import type { Repository } from '../repository.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import type { Storage, StoredObject } from '../storage/storage.ts'
import {
  changedStorage,
  contentOf,
  createTestRepository,
  manifestOf,
  reopenTestRepository,
  testChunkBytes as chunk,
  writeRuns,
} from '../testing.ts'

const schedules = Number(process.env['VMKEEP_SIMULATION_SCHEDULES'] ?? 40)
const firstSeed = Number(process.env['VMKEEP_SIMULATION_SEED'] ?? 1)
const died = new Error('the process died')

/** Lets one storage call happen at a time, chosen at random. */
class Scheduler {
  readonly #random: Random
  readonly #waiting: (() => void)[] = []
  running = false
  calls = 0

  constructor(random: Random) {
    this.#random = random
  }

  turn(): Promise<void> {
    if (!this.running) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async run(actors: readonly Promise<unknown>[]): Promise<void> {
    let active = actors.length
    for (const actor of actors) void actor.finally(() => active--)
    this.running = true
    while (active > 0) {
      await new Promise(setImmediate)
      this.calls++
      const [next] = this.#waiting.splice(Math.floor(this.#random.fraction() * this.#waiting.length), 1)
      next?.()
    }
    this.running = false
  }
}

/** What a process sees of the storage; `callsMax` calls and it is dead. */
function seenBy(scheduler: Scheduler, inner: Storage, random: Random, callsMax: number): Storage {
  let calls = 0
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    await scheduler.turn()
    if (scheduler.running && ++calls > callsMax) throw died
    return await work()
  }
  return {
    name: inner.name,
    putNew: (key, bytes, signal) => call(() => inner.putNew(key, bytes, signal)),
    get: (key, max, signal) => call(() => inner.get(key, max, signal)),
    getRange: (key, at, target, signal) => call(() => inner.getRange(key, at, target, signal)),
    getSuffix: (key, max, signal) => call(() => inner.getSuffix(key, max, signal)),
    size: (key, signal) => call(() => inner.size(key, signal)),
    delete: (key, signal) => call(() => inner.delete(key, signal)),
    async *list(prefix, signal) {
      await call(async () => {})
      for await (const object of inner.list(prefix, signal)) {
        yield object
        if (random.fraction() < 0.1) await call(async () => {})
      }
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

/** Breaks a rule for one kind of actor. */
type Breaking = (storage: Storage, actor: 'writer' | 'collector' | 'reader' | 'forgetful') => Storage

interface World {
  readonly memory: MemoryStorage
  readonly random: Random
  /** What every session that may have committed wrote, by its id. */
  readonly contents: Map<string, Buffer>
  readonly committed: Set<string>
  readonly forgotten: Set<string>
  readonly beats: Set<() => void>
}

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random.fraction() * items.length)]!
const palette = Array.from({ length: 7 }, (_, i) => Buffer.alloc(chunk, `content ${i} `))

/** A disk of three chunks, each of which other disks may hold as well. */
async function backUpSomething({ random, contents, committed }: World, repository: Repository): Promise<void> {
  const points = (await collect(repository.points())).filter((point) => point.damaged === undefined)
  const base = points.length > 0 && random.fraction() < 0.5 ? pick(random, points) : undefined
  await using session = await repository.beginSession()
  const content = base === undefined ? Buffer.alloc(3 * chunk) : Buffer.from(contents.get(base.id)!)
  const image = await session.beginImage({
    capacityBytes: 3 * chunk,
    unwritten: 'inherit',
    ...(base === undefined ? {} : { base: { point: base.id, image: base.images[0]!.image } }),
  })
  const changed = base === undefined ? [0, 1, 2] : [Math.floor(random.fraction() * 3)]
  for (const i of changed) {
    const bytes = pick(random, palette)
    bytes.copy(content, i * chunk)
    await writeRuns(image, [{ offsetBytes: i * chunk, bytes }])
  }
  const stored = await image.finish()
  contents.set(session.id, content)
  await session.commit(manifestOf({ disk: stored }))
  committed.add(session.id)
}

async function readSomething({ random, contents }: World, repository: Repository): Promise<void> {
  const points = (await collect(repository.points())).filter((point) => point.damaged === undefined)
  if (points.length === 0) return
  const point = pick(random, points)
  await using _ = await repository.holdPoint(point.id)
  const read = Buffer.from(await contentOf(repository, point.images[0]!.image))
  expect(read.equals(contents.get(point.id)!)).toBe(true)
}

async function forgetSomething({ random, forgotten }: World, repository: Repository): Promise<void> {
  const points = await collect(repository.points())
  if (points.length > 0) {
    const { id } = pick(random, points)
    forgotten.add(id)
    await repository.forget(id, { reason: 'simulated' })
    if (random.fraction() < 0.4) await repository.restoreForgotten(id)
  }
}

/** These are how the protocol says no. */
const isExpected = (error: unknown) =>
  error === died ||
  (error as Error).cause === died ||
  [
    'repository.session-fenced',
    'repository.session-ended',
    'repository.dependency-lost',
    'repository.point-buried',
    'repository.point-not-found',
    'repository.commit-unknown',
  ].includes(codeOf(error) ?? '')

/** One schedule. Throws if anything committed and not forgotten is not whole. */
async function simulate(seed: number, breaking: Breaking = (storage) => storage): Promise<void> {
  const random = seededRandom(`schedule ${seed}`)
  const memory = memoryStorage()
  const scheduler = new Scheduler(random)
  const world: World = {
    memory,
    random,
    contents: new Map(),
    committed: new Set(),
    forgotten: new Set(),
    beats: new Set(),
  }
  const { repository: first } = await createTestRepository(memory, { seed: `first ${seed}` })
  for (let i = 0; i < 2; i++) await backUpSomething(world, first)
  let actors = 0
  const open = (kind: Parameters<Breaking>[1]) => {
    const callsMax = random.fraction() < 0.2 ? Math.floor(random.fraction() * 150) : Infinity
    const storage = seenBy(scheduler, breaking(changedStorage(memory, {}), kind), random, callsMax)
    const every = (_: number, work: () => void) => {
      world.beats.add(work)
      return { [Symbol.dispose]: () => void world.beats.delete(work) }
    }
    return reopenTestRepository(storage, {
      seed: `actor ${++actors} of ${seed}`,
      every,
      clock: fakeClock(Date.UTC(2026, 0, 1) + Math.floor(random.fraction() * 3) * 20 * 3_600_000), // they do not agree
    })
  }
  const actor = async (
    kind: Parameters<Breaking>[1],
    work: (repository: Repository) => Promise<unknown>,
    times: number,
  ) => {
    const repository = await open(kind)
    return async () => {
      for (let i = 0; i < times; i++)
        await work(repository).catch((error: unknown) => {
          if (!isExpected(error)) throw error
        })
    }
  }
  const gather = (repository: Repository) =>
    repository.collect({
      graceMs: 0,
      silentMs: pick(random, [0, 60_000, 10 * 60_000]),
      waitMsMax: pick(random, [0, Infinity]),
      deadShareMax: pick(random, [0, 0.2, 1]),
    })
  const works = [
    await actor('writer', (repository) => backUpSomething(world, repository), 2),
    await actor('writer', (repository) => backUpSomething(world, repository), 2),
    await actor('collector', gather, 2),
    await actor('collector', gather, 2),
    await actor('forgetful', (repository) => forgetSomething(world, repository), 3),
    await actor('reader', (repository) => readSomething(world, repository), 2),
  ]
  let working = true
  const timer = async () => {
    while (working) {
      for (let i = 0; i < 20; i++) await new Promise(setImmediate)
      for (const beat of world.beats) if (random.fraction() < 0.5) beat()
    }
  }
  const failures: unknown[] = []
  const started = works.map((work) => work().catch((error: unknown) => failures.push(error)))
  void timer()
  await scheduler.run(started).finally(() => (working = false))
  if (failures.length > 0) throw failures[0] as Error
  await checkWorld(world, seed)
}

async function checkWorld({ memory, contents, committed, forgotten }: World, seed: number): Promise<void> {
  await using repository = await reopenTestRepository(memory, {
    seed: `check ${seed}`,
    clock: fakeClock(Date.UTC(2027, 0, 1)), // whatever the clocks of the others did
  })
  const check = async () => {
    const points = await collect(repository.points())
    for (const id of committed) if (!forgotten.has(id)) expect(points.map((point) => point.id)).toContain(id)
    for (const point of points) {
      if (point.damaged !== undefined) throw point.damaged
      await repository.checkPoint(point)
      expect(Buffer.from(await contentOf(repository, point.images[0]!.image)).equals(contents.get(point.id)!)).toBe(
        true,
      )
    }
  }
  await check()
  const all = { graceMs: 0, silentMs: 0, deadShareMax: 0 }
  for (let i = 0; i < 3; i++) expect(await repository.collect(all)).toMatchObject({ outcome: 'done' })
  await check()
  expect((await repository.verify()).damaged).toEqual([])
  expect(await repository.collect({ ...all, dryRun: true })).toMatchObject({ packsDeleted: 0, bytesFreed: 0 })
  for (const point of await collect(repository.points())) await repository.forget(point.id, { reason: 'the end' })
  for (let i = 0; i < 2; i++) await repository.collect(all)
  const left = [...memory.objects.keys()].filter((key) => /^(packs|index|sessions)\//.test(key))
  expect(left).toEqual([])
}

it(`keeps what is needed and leaves nothing behind, in ${schedules} schedules`, { timeout: 600_000 }, async () => {
  for (let seed = firstSeed; seed < firstSeed + schedules; seed++)
    await simulate(seed).catch((error: unknown) => {
      throw new Error(`schedule ${seed}: ${String((error as Error).message)}`, { cause: error })
    })
})

it('would see it if something were lost: a collector that never looks twice is found out', async () => {
  const once: Breaking = (storage, actor) => {
    let first: StoredObject[] | undefined
    if (actor !== 'collector') return storage
    return {
      ...storage,
      async *list(prefix, signal) {
        if (prefix === 'points/') yield* (first ??= await collect(storage.list(prefix, signal)))
        else yield* storage.list(prefix, signal)
      },
    }
  }
  const losses: number[] = []
  for (let seed = 1; seed <= 10 && losses.length === 0; seed++)
    await simulate(seed, once).catch(() => losses.push(seed))
  expect(losses).toHaveLength(1)
})
