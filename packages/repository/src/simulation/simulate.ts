// Writers, collectors, readers and forgetful people at one storage, and in some schedules copiers to another, or healers of damage, in
// one process. A scheduler decides, call by call, who goes on.
import { Replay } from './replay.ts'
import { type Actor, castOf, checkExpected, type Role } from './actors.ts'
import { checkPlaces } from './check.ts'
import { kindOf } from './kinds.ts'
import { fortuneOf, honestClock, SimulatedProcess, wildClock } from './process.ts'
import { below, happens, pick, quickRandom } from './quick-random.ts'
import { Scheduler } from './scheduler.ts'
import { spoil } from './spoil.ts'
import { type Prepared, starts } from './starts.ts'
import type { Storage } from '../storage/storage.ts'
import { copyOf } from '../testing.ts'
import { openKnown, palette, type Place, type World } from './world.ts'

/** Breaks a rule for one kind of actor. */
export type Breaking = (storage: Storage, role: Role, place: Place) => Storage

/** One schedule: the same for the same seed. @throws if anything committed and not forgotten is not whole */
export async function simulate(seed: number, breaking: Breaking = (storage) => storage): Promise<void> {
  const random = quickRandom(`schedule ${seed}`)
  const kind = kindOf(seed)
  const scheduler = new Scheduler(random)
  const start = pick(random, await starts())
  const honestClocks = happens(random, 0.5)
  const blob = 1 + below(random, palette.length - 1)
  const here = placeOf(start, { random, honestClocks, blob, isSpoilt: kind.work === 'repairs' })
  const there = kind.work === 'copies' ? placeOf(start.there, { random, honestClocks, blob, from: here }) : undefined
  const failures: unknown[] = []
  const actors = castOf(kind.work).map(async (actor, i) => {
    const process = new SimulatedProcess(`${actor.role} ${i}`, {
      scheduler,
      random,
      fortune: fortuneOf(random, honestClocks ? honestClock : wildClock),
    })
    const isKeyless = actor.isKeyless === true && start.there.isTwin
    const open = (place: Place, seat: number) =>
      openKnown(
        isKeyless ? place.swept : place.known,
        process.sees(breaking(watched(place, process.name, actor.role), actor.role, place)),
        {
          clock: process.clock,
          random: quickRandom(`${process.name} of ${seed} in ${seat}`),
          every: scheduler.every,
          index: { deltasMax: kind.folds ? pick(random, [1, 3, 256]) : 256 },
          seat,
        },
      )
    await play(actor, { process, scheduler, open, seat: 2 * i, here, there }).catch((error: unknown) =>
      failures.push(error),
    )
  })
  await scheduler.run(actors)
  if (failures.length > 0) throw failures[0] as Error
  for (const { replay } of there === undefined ? [here] : [here, there])
    if (replay.violation !== undefined) throw new Error(replay.violation)
  await checkPlaces({ here, there }, { seed, kind, breaking })
}

interface Playing {
  readonly process: SimulatedProcess
  readonly scheduler: Scheduler
  readonly open: (place: Place, seat: number) => ReturnType<typeof openKnown>
  readonly seat: number
  readonly here: Place
  readonly there: Place | undefined
}

async function play(actor: Actor, { process, scheduler, open, seat, here, there }: Playing): Promise<void> {
  const place = actor.isThere ? there! : here
  const repository = open(place, seat)
  const { world } = place
  const { random } = world
  const linger = async () => {
    for (let left = below(random, pick(random, [1, 50, 400])); left > 0; left--) await scheduler.turn(process)
  }
  const other =
    actor.role === 'copier'
      ? open(here, seat + 1)
      : actor.role === 'healer'
        ? open(copyBefore(here), seat + 1)
        : undefined
  await scheduler.turn(process)
  for (let left = 1 + below(random, actor.times); left > 0; left--)
    await actor.act(world, repository, linger, other).catch((error: unknown) => checkExpected(error, world))
}

/** What happens to a copy from before is nobody's concern. */
const watched = ({ world: { memory, pristine }, replay }: Place, name: string, role: Role): Storage =>
  memory === pristine ? memory : replay.watch(memory, name, role)

/** As it was before the damage, somewhere else. */
const copyBefore = ({ world, ...rest }: Place): Place => ({ ...rest, world: { ...world, memory: world.pristine! } })

interface PlaceParts extends Pick<World, 'random' | 'honestClocks'> {
  readonly blob: number
  readonly isSpoilt?: boolean
  /** Where what is here was copied from. */
  readonly from?: Place
}

function placeOf(start: Prepared, { random, honestClocks, blob, isSpoilt = false, from }: PlaceParts): Place {
  const memory = copyOf(start.memory)
  const rotten = isSpoilt ? spoil(memory, start.known, { random, blob }) : []
  const world: World = {
    memory,
    random,
    contents: from?.world.contents ?? new Map(start.contents),
    committed: new Set(start.contents.keys()),
    forgotten: new Set(start.forgotten),
    used: new Set(),
    honestClocks,
    ...(isSpoilt ? { pristine: start.memory } : {}),
  }
  for (const [id, content] of start.contents) world.contents.set(id, content)
  return {
    world,
    known: start.known,
    swept: start.swept,
    replay: new Replay({ ...world, known: start.known, blob, rotten }),
  }
}
