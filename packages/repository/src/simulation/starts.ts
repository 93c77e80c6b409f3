// What schedules begin with. Made once: a schedule takes a copy.
import { fakeClock } from '@vmkeep/kit/testing'
import { createRepository } from '../create-repository.ts'
import { openKeySlots } from '../keys/key-slots.ts'
import { unlockAny } from '../keys/unlock.ts'
import { openUnlocked, readFormat } from '../open-repository.ts'
import { Secret } from '@vmkeep/kit'
import type { Environment, KeySlots, Repository } from '../repository.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import { ObjectStore } from '../storage/object-store.ts'
import { fastKdf, testPassphrase } from '../testing.ts'
import { backUp, forget, gather } from './actors.ts'
import { quickRandom } from './quick-random.ts'
import { chunkBytes, type Content, openKnown, type Place, type World } from './world.ts'

/** What one repository begins with. */
export interface Prepared extends Pick<World, 'memory' | 'contents' | 'forgotten'>, Pick<Place, 'known' | 'swept'> {}

export interface Start extends Prepared {
  /** A repository to copy to: a twin, or one with keys of its own; in half of them it is empty. */
  readonly there: Prepared & { readonly isTwin: boolean }
}

/** Opens for maintenance only. */
const sweeper = new Secret('sweep')

let made: Promise<readonly Start[]> | undefined

/** Repositories of some points; in some of them something was forgotten, or collected, before. */
export const starts = (): Promise<readonly Start[]> => (made ??= makeAll())

async function makeAll(): Promise<Start[]> {
  const all: Start[] = []
  for (let i = 0; i < 8; i++) all.push(await make(i)) // one after the other: they use the same buffers
  return all
}

async function make(number: number): Promise<Start> {
  const seed = `start ${number}`
  const random = quickRandom(seed)
  const environment = { clock: fakeClock(), random, every: () => ({ [Symbol.dispose]: () => {} }) }
  const { memory, ...keys } = await created(environment)
  const world: World = {
    memory,
    random,
    contents: new Map(),
    committed: new Set(),
    forgotten: new Set(),
    used: new Set(),
    honestClocks: true,
  }
  // Two who know nothing of each other store the same twice.
  const [first, second] = [0, 1].map((seat) => openKnown(keys.known, memory, { ...environment, seat })) as [
    Repository,
    Repository,
  ]
  const linger = async () => {}
  await Promise.all([backUp(world, first, linger), backUp(world, second, linger)])
  if (number % 2 === 1) await backUp(world, first, linger)
  if (number % 4 >= 2) await forget(world, second, linger)
  const there = await prepareThere(first, { memory, environment, number, contents: world.contents })
  if (number >= 4) await gather(world, first, linger)
  return { ...world, ...keys, there }
}

type Parts = Required<Pick<Environment, 'clock' | 'random' | 'every'>>

async function prepareThere(
  here: Repository,
  {
    memory,
    environment,
    number,
    contents: contentsHere,
  }: Pick<World, 'memory' | 'contents'> & { readonly environment: Parts; readonly number: number },
): Promise<Start['there']> {
  const isTwin = number % 4 < 2
  const keysOf = isTwin ? await openKeySlots(memory, { key: testPassphrase, ...environment }) : undefined
  const there = await created(environment, keysOf)
  const contents = new Map<string, Content>()
  if (number % 2 === 0) {
    const target = openKnown(there.known, there.memory, { ...environment, seat: 2 })
    for (const { copy, point } of (await target.syncFrom(here)).points)
      if (copy !== undefined) contents.set(copy, contentsHere.get(point)!)
  }
  return { ...there, contents, forgotten: new Set(), isTwin }
}

async function created(environment: Parts, keysOf?: KeySlots) {
  const memory: MemoryStorage = memoryStorage()
  const options = { passphrase: testPassphrase, chunkSizeBytes: chunkBytes, kdf: fastKdf, workersMax: 0 }
  await createRepository(memory, { ...options, ...environment, ...(keysOf && { keysOf }) })
  const random = quickRandom('sweeper') // its own: what the seeds are known for stays
  const slots = await openKeySlots(memory, { key: testPassphrase, kdf: fastKdf, ...environment, random })
  await slots.addKey(sweeper, { maintenance: true })
  const objects = new ObjectStore(memory, environment)
  const format = await readFormat(objects, undefined)
  const opened = async (key: Secret) =>
    openUnlocked(objects, { ...format, ...(await unlockAny(objects, format.repositoryId, key)) }, environment)
  return { memory, known: await opened(testPassphrase), swept: await opened(sweeper) }
}
