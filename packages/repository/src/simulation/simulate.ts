// Writers, collectors, readers and forgetful people at one storage, in one process. A scheduler decides, call by call, who goes on.
import assert from 'node:assert/strict'
import { fakeClock } from '@vmkeep/kit/testing'
import type { Repository } from '../repository.ts'
import type { MemoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { copyOf } from '../testing.ts'
import { cast, checkExpected, type Role } from './actors.ts'
import { fortuneOf, honestClock, SimulatedProcess, wildClock } from './process.ts'
import { below, happens, pick, quickRandom } from './quick-random.ts'
import { Replay } from './replay.ts'
import { Scheduler } from './scheduler.ts'
import { type Start, starts } from './starts.ts'
import { compare, type KnownRepository, openKnown, palette, pointsOf, type World } from './world.ts'

/** Breaks a rule for one kind of actor. */
export type Breaking = (storage: Storage, role: Role, known: KnownRepository) => Storage

/** One schedule: the same for the same seed. @throws if anything committed and not forgotten is not whole */
export async function simulate(seed: number, breaking: Breaking = (storage) => storage): Promise<void> {
  const random = quickRandom(`schedule ${seed}`)
  const scheduler = new Scheduler(random)
  const start = pick(random, await starts())
  const honestClocks = happens(random, 0.5)
  const folds = seed % 3 === 0
  const world: World = {
    memory: copyOf(start.memory),
    random,
    contents: new Map(start.contents),
    committed: new Set(start.contents.keys()),
    forgotten: new Set(start.forgotten),
    used: new Set(),
    honestClocks,
  }
  const blob = 1 + below(random, palette.length - 1)
  const replay = new Replay({ ...world, known: start.known, blob })
  const failures: unknown[] = []
  const actors = cast.map(async ({ role, act, times }, i) => {
    const fortune = fortuneOf(random, honestClocks ? honestClock : wildClock)
    const process = new SimulatedProcess(`${role} ${i}`, { scheduler, random, fortune })
    const storage = process.sees(breaking(replay.watch(world.memory, process.name, role), role, start.known))
    const repository = openKnown(start.known, storage, {
      clock: process.clock,
      random: quickRandom(`${process.name} of ${seed}`),
      every: scheduler.every,
      index: { deltasMax: folds ? pick(random, [1, 3, 256]) : 256 },
      seat: i,
    })
    const linger = async () => {
      for (let left = below(random, pick(random, [1, 50, 400])); left > 0; left--) await scheduler.turn(process)
    }
    try {
      await scheduler.turn(process)
      for (let left = 1 + below(random, times); left > 0; left--)
        await act(world, repository, linger).catch(checkExpected)
    } catch (error) {
      failures.push(error)
    }
  })
  await scheduler.run(actors)
  if (failures.length > 0) throw failures[0] as Error
  if (replay.violation !== undefined) throw new Error(replay.violation)
  await checkWorld(world, start, { seed, folds })
}

const all = { graceMs: 0, silentMs: 0, deadShareMax: 0 }

/** Everything that was promised is there; a few collections leave what is needed and nothing else. */
async function checkWorld(
  world: World,
  { known }: Start,
  { seed, folds }: { seed: number; folds: boolean },
): Promise<void> {
  const { memory, contents, committed, forgotten } = world
  await using repository = openKnown(known, memory, {
    clock: fakeClock(Date.UTC(2040, 0, 1)), // after whatever the clocks of the others said
    random: quickRandom(`check ${seed}`),
    every: () => ({ [Symbol.dispose]: () => {} }),
    index: { deltasMax: folds ? 1 : 256 },
    seat: cast.length,
  })
  await collectUntilNothingIsLeft(repository)
  const points = await pointsOf(repository)
  for (const id of committed)
    assert(forgotten.has(id) || points.some((point) => point.id === id), `point ${id} is gone`)
  for (const point of points) await compare(repository, point, contents.get(point.id))
  if (seed % 4 !== 0) return
  for (const { id } of points) await repository.forget(id, { reason: 'the end' })
  await collectUntilNothingIsLeft(repository)
  assert.deepEqual(leftIn(memory), [])
}

/** At most three times: one ends what others began, one takes what that set free. */
async function collectUntilNothingIsLeft(repository: Repository): Promise<void> {
  for (let left = 3; ; left--) {
    const { outcome, packsDeleted } = await repository.collect(all)
    assert.equal(outcome, 'done')
    if (packsDeleted === 0) return
    assert(left > 0, 'one collection after the other removes packs')
  }
}

const leftIn = ({ objects }: MemoryStorage) =>
  [...objects.keys()].filter((key) => /^(packs|index\/(delta|seg)|sessions)\//.test(key))
