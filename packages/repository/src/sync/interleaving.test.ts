// Copies while writers, collectors and forgetful people are at work at both ends, and anybody may die. A scheduler decides, call by
// call, who goes on. VMKEEP_COPY_SCHEDULES says how many schedules are tried, VMKEEP_COPY_SEED which is the first.
import { codeOf, collect, type Random, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { expect, it } from 'vitest'
import type { Repository, SyncReport } from '../repository.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import {
  contentOf,
  createTestRepository,
  createTestTwin,
  manifestOf,
  noise,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
} from '../testing.ts'

const schedules = Number(process.env['VMKEEP_COPY_SCHEDULES'] ?? 6)
const firstSeed = Number(process.env['VMKEEP_COPY_SEED'] ?? 1)
const died = new Error('the process died')
const palette = Array.from({ length: 6 }, (_, i) => noise(chunk, `content ${i}`))

/** Lets one storage call happen at a time, chosen at random. */
class Turns {
  readonly #random: Random
  readonly #waiting: (() => void)[] = []
  #running = false

  constructor(random: Random) {
    this.#random = random
  }

  take(): Promise<void> {
    return this.#running ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve()
  }

  async run(actors: readonly Promise<void>[]): Promise<void> {
    let active = actors.length
    for (const actor of actors) void actor.finally(() => active--)
    this.#running = true
    while (active > 0) {
      await new Promise(setImmediate)
      const [next] = this.#waiting.splice(Math.floor(this.#random.fraction() * this.#waiting.length), 1)
      next?.()
    }
    this.#running = false
  }
}

/** What a process sees of storages; `callsMax` calls and it is dead. */
function seenBy(turns: Turns, callsMax: number): (inner: Storage) => Storage {
  let calls = 0
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    await turns.take()
    if (++calls > callsMax) throw died
    return await work()
  }
  return (inner) => ({
    name: inner.name,
    putNew: (key, bytes, signal) => call(() => inner.putNew(key, bytes, signal)),
    get: (key, max, signal) => call(() => inner.get(key, max, signal)),
    getRange: (key, at, target, signal) => call(() => inner.getRange(key, at, target, signal)),
    getSuffix: (key, max, signal) => call(() => inner.getSuffix(key, max, signal)),
    size: (key, signal) => call(() => inner.size(key, signal)),
    delete: (key, signal) => call(() => inner.delete(key, signal)),
    async *list(prefix, signal) {
      await call(async () => {})
      yield* inner.list(prefix, signal)
    },
    [Symbol.asyncDispose]: async () => {},
  })
}

interface World {
  readonly random: Random
  readonly source: MemoryStorage
  readonly target: MemoryStorage
  /** What every point that may have been committed in the source holds, by its id. */
  readonly contents: Map<string, Buffer>
}

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random.fraction() * from.length)]!

async function backUp({ random, contents }: World, repository: Repository): Promise<void> {
  const points = await collect(repository.points())
  const base = random.fraction() < 0.6 ? points.findLast(({ damaged }) => damaged === undefined) : undefined
  await using session = await repository.beginSession()
  const content = Buffer.concat([1, 2, 3].map(() => pick(random, palette)))
  const inherit =
    base === undefined || base.damaged !== undefined
      ? {}
      : { base: { point: base.id, image: base.images[0]!.image }, unwritten: 'inherit' as const }
  contents.set(session.id, content)
  await session.commit(manifestOf({ disk: await storeImage(session, content, inherit) }))
}

async function forgetOne({ random }: World, repository: Repository): Promise<void> {
  const points = await collect(repository.points())
  if (points.length === 0) return
  const { id } = pick(random, points)
  await repository.forget(id, { reason: 'simulated' })
  if (random.fraction() < 0.3) await repository.restoreForgotten(id)
}

async function gather({ random }: World, repository: Repository): Promise<void> {
  const silentMs = pick(random, [0, 30 * 60_000])
  await repository.collect({ graceMs: -1, silentMs, waitMsMax: 0, deadShareMax: pick(random, [0, 0.2, 1]) })
}

/** What may keep a point from being copied, for now. */
const passing = ['repository.session-fenced', 'repository.dependency-lost', 'repository.point-buried']
const released = /its data was released meanwhile|it is there no more/

function checkReport({ points }: SyncReport): void {
  for (const { outcome, error } of points) {
    if (outcome === 'damaged') expect(error!.message).toMatch(released)
    if (outcome === 'failed') expect([...passing, undefined]).toContain(error!.code)
  }
}

/** How the protocol says no, and how a process ends. Everything else is a fault. */
function checkExpected(error: unknown): void {
  if (error === died || (error as Error).cause === died) return
  const expected = [...passing, 'repository.point-not-found', 'repository.session-ended', 'repository.commit-unknown']
  expect(expected, String(error)).toContain(codeOf(error))
}

async function simulate(seed: number): Promise<void> {
  const random = seededRandom(`sync schedule ${seed}`)
  const turns = new Turns(random)
  const source = await createTestRepository(memoryStorage(), { seed: `source ${seed}` })
  const target =
    seed % 2 === 0
      ? await createTestTwin(source, { seed: `target ${seed}` })
      : await createTestRepository(memoryStorage(), { seed: `target ${seed}` })
  const world: World = { random, source: source.storage, target: target.storage, contents: new Map() }
  for (let i = 0; i < 2; i++) {
    source.clock.advance(1000)
    await backUp(world, source.repository)
  }
  await target.repository.syncFrom(source.repository)
  const act = async (name: string, work: (see: (inner: Storage) => Promise<Repository>) => Promise<void>) => {
    const see = seenBy(turns, random.fraction() < 0.3 ? random.fraction() * 120 : Infinity)
    const clock = fakeClock(Date.UTC(2026, 0, 1, 1) + Math.floor(random.fraction() * 1e6))
    const open = (inner: Storage) =>
      reopenTestRepository(see(inner), { seed: `${name} ${seed} ${inner === world.source}`, clock })
    await turns.take()
    await work(open).catch(checkExpected)
  }
  const at = (name: string, storage: MemoryStorage, work: typeof backUp) =>
    act(name, async (open) => work(world, await open(storage)))
  const copy = (name: string) =>
    act(name, async (open) => checkReport(await (await open(world.target)).syncFrom(await open(world.source))))
  await turns.run([
    at('writer', world.source, backUp),
    at('forgetful', world.source, forgetOne),
    at('collector', world.source, gather),
    copy('first copy'),
    copy('second copy'),
    at('forgetful there', world.target, forgetOne),
    at('collector there', world.target, gather),
  ])
  await checkWorld(world, seed)
}

/** Whatever is listed at either end is whole; the next copy completes it; and collections leave nothing of the dead. */
async function checkWorld({ source, target, contents }: World, seed: number): Promise<void> {
  const clock = fakeClock(Date.UTC(2027, 0, 1))
  await using from = await reopenTestRepository(source, { seed: `end of ${seed}`, clock })
  await using to = await reopenTestRepository(target, { seed: `end there ${seed}`, clock })
  await checkPoints(to, contents)
  const { points } = await to.syncFrom(from)
  for (const { outcome } of points) expect(['copied', 'there', 'forgotten']).toContain(outcome)
  for (const repository of [from, to]) {
    expect(await repository.collect({ graceMs: 0, silentMs: 0, deadShareMax: 0 })).toMatchObject({ outcome: 'done' })
    await checkPoints(repository, contents)
    expect((await repository.verify({ samplePercent: 0 })).damaged).toEqual([])
  }
  for (const storage of [source, target]) expect(await collect(storage.list('sessions/'))).toEqual([])
}

async function checkPoints(repository: Repository, contents: World['contents']): Promise<void> {
  for await (const point of repository.points()) {
    if (point.damaged !== undefined) throw point.damaged
    const expected = contents.get(point.origin?.point ?? point.id)!
    expect(expected.equals(await contentOf(repository, point.images[0]!.image))).toBe(true)
  }
}

it(`copies are whole whatever happens beside them, in ${schedules} schedules`, { timeout: 600_000 }, async () => {
  for (let seed = firstSeed; seed < firstSeed + schedules; seed++)
    await simulate(seed).catch((error: unknown) => {
      throw new Error(`VMKEEP_COPY_SEED=${seed}`, { cause: error })
    })
})
