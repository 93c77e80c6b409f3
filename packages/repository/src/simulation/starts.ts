// What schedules begin with. Made once: a schedule takes a copy.
import { fakeClock } from '@vmkeep/kit/testing'
import { createRepository } from '../create-repository.ts'
import { unlock } from '../keys/unlock.ts'
import { openKeys, readFormat } from '../open-repository.ts'
import type { Environment, Repository } from '../repository.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import { ObjectStore } from '../storage/object-store.ts'
import { fastKdf, testPassphrase } from '../testing.ts'
import { backUp, forget, gather } from './actors.ts'
import { quickRandom } from './quick-random.ts'
import { chunkBytes, type KnownRepository, openKnown, type World } from './world.ts'

export interface Start extends Pick<World, 'memory' | 'contents' | 'forgotten'> {
  readonly known: KnownRepository
}

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
  const { memory, known } = await created(environment)
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
  const [first, second] = [0, 1].map((seat) => openKnown(known, memory, { ...environment, seat })) as [
    Repository,
    Repository,
  ]
  const linger = async () => {}
  await Promise.all([backUp(world, first, linger), backUp(world, second, linger)])
  if (number % 2 === 1) await backUp(world, first, linger)
  if (number % 4 >= 2) await forget(world, second, linger)
  if (number >= 4) await gather(world, first, linger)
  return { ...world, known }
}

async function created(environment: Required<Pick<Environment, 'clock' | 'random' | 'every'>>) {
  const memory: MemoryStorage = memoryStorage()
  const options = { passphrase: testPassphrase, chunkSizeBytes: chunkBytes, kdf: fastKdf, workersMax: 0 }
  await createRepository(memory, { ...options, ...environment })
  const objects = new ObjectStore(memory, environment)
  const format = await readFormat(objects, undefined)
  const { masterKey } = await unlock(objects, format.repositoryId, testPassphrase)
  const known = await openKeys(objects, { ...format, masterKey }, environment)
  return { memory, known }
}
