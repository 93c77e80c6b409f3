import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@vmkeep/kit'
import type { Core } from './core.ts'
import { fail } from './errors.ts'
import { toHex } from './formats/hex.ts'
import { packBytesMax } from './formats/pack.ts'
import { CondemnedLists } from './index/condemned-lists.ts'
import { Compactor } from './index/compactor.ts'
import { FolderIndexCache } from './index/folder-index-cache.ts'
import { type IndexCache, memoryIndexCache } from './index/index-cache.ts'
import { deltasMaxDefault, indexMemoryBytesDefault, IndexStore } from './index/index-store.ts'
import { LostCopies } from './lost/lost-copies.ts'
import { OpenRepository } from './opened-repository.ts'
import type { Environment, Every, Repository } from './repository.ts'
import { memoryBytesDefault, memoryBytesMin, type SharedMemory, sharedMemory } from './workers/shared-memory.ts'
import { type JobRunner, runInPlace, WorkerPool } from './workers/worker-pool.ts'

const packBytesDefault = 64 * 1024 * 1024
const packBytesMin = 1024 * 1024
/** Enough to hide 20 ms of latency behind what two cores open meanwhile (measured: docs/decisions/0040). */
const readsInFlightDefault = 16
const indexMemoryBytesMin = 128 * 1024

/** What opening a repository gives. */
export type Opened = Pick<
  Core,
  'objects' | 'repositoryId' | 'keysId' | 'roles' | 'ring' | 'chunkSizeBytes' | 'parity' | 'readFeatures' | 'gcFeatures'
>

/** Puts the parts of an open repository together. Memory, unless there is some, and threads come with the first use. */
export function assembled(opened: Opened, environment: Environment, memoryAtHand?: SharedMemory): Repository {
  const { clock = systemClock, random = systemRandom, workersMax = availableParallelism() } = environment
  const { memoryBytesMax = memoryBytesDefault, packSizeBytes = packBytesDefault } = environment
  const { readsInFlightMax = readsInFlightDefault } = environment
  within('memoryBytesMax', memoryBytesMax, memoryBytesMin, 2 ** 32)
  within('packSizeBytes', packSizeBytes, packBytesMin, packBytesMax)
  within('workersMax', workersMax, 0, 1024)
  within('readsInFlightMax', readsInFlightMax, 1, 256)
  const { objects, repositoryId, roles, ring } = opened
  const condemned = new CondemnedLists(objects, { repositoryId, controlKey: roles.control })
  const lost = new LostCopies(objects, { repositoryId, controlKey: roles.control })
  const { memoryBytes: indexMemoryBytes = indexMemoryBytesDefault, deltasMax = deltasMaxDefault } =
    environment.index ?? {}
  within('index.memoryBytes', indexMemoryBytes, indexMemoryBytesMin, 2 ** 32)
  within('index.deltasMax', deltasMax, 1, 2 ** 20)
  const cache = cacheOf(repositoryId, environment, { clock, random })
  let memory = memoryAtHand
  let compactor: Compactor | undefined
  let jobs: JobRunner | undefined
  const core: Core = {
    ...opened,
    clock,
    random,
    // A pack must leave room for another, or filling would wait for storing.
    packSizeBytes: Math.min(packSizeBytes, Math.floor(memoryBytesMax / 5)),
    readsInFlightMax,
    every: environment.every ?? everyInterval,
    condemned,
    lost,
    fates: new Map(),
    indexStore: new IndexStore(objects, {
      repositoryId,
      indexKey: roles.index,
      controlKey: roles.control,
      condemned,
      lost,
      dataKeys: ring,
      cache,
      memoryBytes: indexMemoryBytes,
      deltasMax,
    }),
    get compactor() {
      return (compactor ??= new Compactor(this))
    },
    get memory() {
      return (memory ??= sharedMemory(memoryBytesMax, { threads: workersMax > 0 }))
    },
    get jobs() {
      const start = { memory: this.memory.buffer, keys: ring.keys }
      return (jobs ??= workersMax > 0 ? new WorkerPool(start, workersMax) : runInPlace(start))
    },
  }
  ring.onChange = (keys) => jobs?.useKeys(keys)
  return new OpenRepository(core, async () => await jobs?.[Symbol.asyncDispose]())
}

/** A repository has a folder of its own among the copies. */
function cacheOf(repositoryId: Uint8Array, { index }: Environment, parts: Pick<Core, 'clock' | 'random'>): IndexCache {
  if (index?.cacheFolder === undefined) return memoryIndexCache()
  const folder = join(index.cacheFolder, toHex(repositoryId), 'seg')
  return new FolderIndexCache({ folder, bytesMax: index.cacheBytes ?? Infinity, ...parts })
}

const everyInterval: Every = (intervalMs, work) => {
  const timer = setInterval(work, intervalMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

function within(option: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw fail('repository.invalid-option', { option, reason: `${value} is not a whole number from ${min} to ${max}` })
}
