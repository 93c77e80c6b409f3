// Fast, in-memory versions for others' tests, and the contract every storage passes.
import { type Clock, type Random, Secret, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { createRepository } from './create-repository.ts'
import type { Environment, Repository } from './repository.ts'
import { type MemoryStorage, memoryStorage } from './storage/memory-storage.ts'
import type { Storage } from './storage/storage.ts'
export { storageContract } from './storage/storage-contract.ts'

export const testPassphrase = new Secret('correct horse battery staple')
/** Keys that cost nothing to try. */
export const fastKdf = { memoryKiB: 8, passes: 1, parallelism: 1 }

export interface TestRepository<S extends Storage = MemoryStorage> extends AsyncDisposable {
  readonly repository: Repository
  readonly storage: S
  readonly recoveryCode: Secret
  readonly clock: ReturnType<typeof fakeClock>
  readonly random: Random
}

/** Small buffers, small packs, no threads: what unit tests want. */
export const testEnvironment = (clock: Clock, random: Random): Environment => ({
  workersMax: 0,
  memoryBytesMax: 48 * 1024 * 1024,
  packSizeBytes: 1024 * 1024,
  clock,
  random,
})

/** A fresh repository in memory: `await using { repository } = …` is not valid, so keep the whole: `await using test = await openTestRepository()`. */
export async function openTestRepository(
  options: Environment & { readonly seed?: string } = {},
): Promise<TestRepository> {
  return await testRepositoryIn(memoryStorage(), options)
}

export async function testRepositoryIn<S extends Storage>(
  storage: S,
  { seed = 'repository', ...environment }: Environment & { readonly seed?: string } = {},
): Promise<TestRepository<S>> {
  const clock = fakeClock()
  const random = seededRandom(seed)
  const { repository, recoveryCode } = await createRepository(storage, {
    passphrase: testPassphrase,
    chunkSizeBytes: 128 * 1024,
    kdf: fastKdf,
    ...testEnvironment(clock, random),
    ...environment,
  })
  return {
    repository,
    recoveryCode,
    storage,
    clock,
    random,
    [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose](),
  }
}
