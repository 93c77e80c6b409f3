// Fast, in-memory versions for others' tests, and the contract every storage passes.
import { createCipheriv, createHash } from 'node:crypto'
import { type Clock, type Random, Secret, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { createRepository } from './create-repository.ts'
import { openKeySlots } from './keys/key-slots.ts'
import type { LockPolicy } from './lock/lock-rule.ts'
import { openRepository } from './open-repository.ts'
import type { BeginImageOptions, Environment, ImageWriter, KeySlots, Repository, WriterSession } from './repository.ts'
import type { PointManifest, RestorePoint, StoredImage } from './restore-point.ts'
import { type MemoryStorage, memoryStorage } from './storage/memory-storage.ts'
import type { ObjectLock } from './storage/object-lock.ts'
import type { Storage } from './storage/storage.ts'

export { objectKinds } from './formats/common-header.ts'
export { LockingMemoryStorage } from './storage/locking-memory-storage.ts'
export { objectLockContract } from './storage/object-lock-contract.ts'
export { storageContract } from './storage/storage-contract.ts'

export const testPassphrase = new Secret('correct horse battery staple')
/** Keys that cost nothing to try. */
export const fastKdf = { memoryKiB: 8, passes: 1, parallelism: 1 }
export const testChunkBytes = 128 * 1024

export interface TestRepository<S extends Storage = MemoryStorage> extends AsyncDisposable {
  readonly repository: Repository
  readonly storage: S
  readonly recoveryCode: Secret
  readonly clock: ReturnType<typeof fakeClock>
  readonly random: Random
}

export type TestOptions = Environment & {
  readonly seed?: string
  readonly keysOf?: KeySlots
  readonly lock?: LockPolicy
}

/** A fresh repository in memory, in one line: `await using test = await openTestRepository()`, then `test.repository`. */
export const openTestRepository = (options: TestOptions = {}): Promise<TestRepository> =>
  createTestRepository(memoryStorage(), options)

/** A fresh repository in any storage. */
export async function createTestRepository<S extends Storage>(
  storage: S,
  { seed = 'repository', ...environment }: TestOptions = {},
): Promise<TestRepository<S>> {
  const clock = fakeClock()
  const random = seededRandom(seed)
  const { repository, recoveryCode } = await createRepository(storage, {
    passphrase: testPassphrase,
    chunkSizeBytes: testChunkBytes,
    kdf: fastKdf,
    ...testEnvironment(clock, random),
    ...environment,
  })
  const close = () => repository[Symbol.asyncDispose]()
  return { repository, recoveryCode, storage, clock, random, [Symbol.asyncDispose]: close }
}

/** A twin of a test repository, in a memory of its own or elsewhere: it shares keys, so that blobs can be copied as they are. */
export async function createTestTwin<S extends Storage = MemoryStorage>(
  { storage: origin }: { readonly storage: Storage },
  { into = memoryStorage() as Storage as S, seed = 'twin', ...environment }: TestOptions & { readonly into?: S } = {},
): Promise<TestRepository<S>> {
  const keysOf = await openKeySlots(origin, { key: testPassphrase })
  return await createTestRepository(into, { seed, keysOf, ...environment })
}

/** Opens what `createTestRepository` made, as another process would. Every opening needs a seed of its own. */
export function reopenTestRepository(
  storage: Storage,
  { seed = 'again', key = testPassphrase, ...environment }: TestOptions & { readonly key?: Secret } = {},
): Promise<Repository> {
  const fresh = testEnvironment(fakeClock(), seededRandom(seed))
  return openRepository(storage, { key, ...fresh, ...environment })
}

/** Bytes that do not compress, the same for the same seed, and fast to make. */
export function noise(sizeBytes: number, seed: string | number): Buffer {
  const key = createHash('sha256').update(String(seed)).digest()
  return createCipheriv('aes-256-ctr', key, new Uint8Array(16)).update(Buffer.alloc(sizeBytes))
}

/** Small buffers, small packs, no threads. */
const testEnvironment = (clock: Clock, random: Random): Environment => ({
  workersMax: 0,
  memoryBytesMax: 48 * 1024 * 1024,
  packSizeBytes: 1024 * 1024,
  clock,
  random,
  every: () => ({ [Symbol.dispose]: () => {} }), // tests beat by hand
})

/** Writes runs into an image; `null` bytes are zeroes by declaration. */
export async function writeRuns(
  image: ImageWriter,
  runs: Iterable<{ readonly offsetBytes: number; readonly bytes: Uint8Array }>,
): Promise<void> {
  for (const { offsetBytes, bytes } of runs)
    for (let at = 0; at < bytes.length; at += image.leaseBytesMax) {
      const part = bytes.subarray(at, at + image.leaseBytesMax)
      const lease = await image.lease(part.length)
      lease.set(part)
      await image.write(offsetBytes + at, lease)
    }
}

/** Stores a whole image. */
export async function storeImage(
  session: WriterSession,
  bytes: Uint8Array,
  options: Partial<BeginImageOptions> = {},
): Promise<StoredImage> {
  const image = await session.beginImage({ capacityBytes: bytes.length, unwritten: 'zero', ...options })
  await writeRuns(image, [{ offsetBytes: 0, bytes }])
  return await image.finish()
}

/** A manifest with these images, by key. */
export const manifestOf = (
  images: Readonly<Record<string, StoredImage>>,
  more: Partial<PointManifest> = {},
): PointManifest => ({
  subject: { id: 'subject', name: 'Subject', kind: 'test' },
  images: Object.entries(images).map(([key, image]) => ({ key, label: key, image, attributes: {} })),
  blobs: {},
  attributes: {},
  stats: {},
  ...more,
})

/** Backs up images by key, in one session. */
export async function backUp(
  repository: Repository,
  contents: Readonly<Record<string, Uint8Array>>,
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<RestorePoint> {
  await using session = await repository.beginSession()
  const images: Record<string, StoredImage> = {}
  for (const [key, bytes] of Object.entries(contents)) images[key] = await storeImage(session, bytes)
  const blobs: Record<string, string> = {}
  for (const [name, bytes] of Object.entries(files)) blobs[name] = await session.putBlob(bytes)
  return await session.commit(manifestOf(images, { blobs }))
}

/** All bytes of an image. */
export async function contentOf(repository: Repository, image: StoredImage): Promise<Uint8Array> {
  await using disk = await repository.openImage(image)
  const content = new Uint8Array(image.capacityBytes)
  await disk.read(0, content)
  return content
}

/** How a process dies in tests. */
export const powerCut = new Error('power cut')

/** A storage with some of its calls changed. The rest go to `inner`, which stays open. */
export const changedStorage = (inner: Storage, changes: Partial<Storage>): Storage => ({
  name: inner.name,
  ...(inner.settleMs === undefined ? {} : { settleMs: inner.settleMs }),
  ...(inner.reserve === undefined ? {} : { reserve: inner.reserve }),
  putNew: (key, bytes, signal) => inner.putNew(key, bytes, signal),
  get: (key, max, signal) => inner.get(key, max, signal),
  getRange: (key, at, target, signal) => inner.getRange(key, at, target, signal),
  getSuffix: (key, max, signal) => inner.getSuffix(key, max, signal),
  size: (key, signal) => inner.size(key, signal),
  delete: (key, signal) => inner.delete(key, signal),
  list: (prefix, signal) => inner.list(prefix, signal),
  ...(inner.deleteMany === undefined
    ? {}
    : { deleteMany: (keys: readonly string[], signal?: AbortSignal) => inner.deleteMany!(keys, signal) }),
  ...(inner.lock === undefined ? {} : { lock: inner.lock }),
  [Symbol.asyncDispose]: async () => {},
  ...changes,
})

/**
 * A storage far away: a call is answered only when nothing more is asked for without an answer. So a round of answers is what a round
 * trip is in the real world, and their number does not depend on the machine. `rounds` holds how many calls each answered.
 */
export function farAway(inner: Storage): { storage: Storage; rounds: number[] } {
  const rounds: number[] = []
  let asked: (() => void)[] = []
  let isWatching = false
  async function watch(): Promise<void> {
    isWatching = true
    while (asked.length > 0) {
      for (let quiet = 0, before = asked.length; quiet < 20; quiet = asked.length === before ? quiet + 1 : 0) {
        before = asked.length
        await new Promise(setImmediate)
      }
      rounds.push(asked.length)
      const answered = asked
      asked = []
      for (const answer of answered) answer()
    }
    isWatching = false
  }
  const arrival = () =>
    new Promise<void>((resolve) => {
      asked.push(resolve)
      if (!isWatching) void watch()
    })
  const storage = changedStorage(inner, {
    get: async (...call) => (await arrival(), await inner.get(...call)),
    getRange: async (...call) => (await arrival(), await inner.getRange(...call)),
    getSuffix: async (...call) => (await arrival(), await inner.getSuffix(...call)),
    putNew: async (...call) => (await arrival(), await inner.putNew(...call)),
    size: async (...call) => (await arrival(), await inner.size(...call)),
    delete: async (...call) => (await arrival(), await inner.delete(...call)),
  })
  return { storage, rounds }
}

/** A storage that works for `callsMax` calls and then never again, as if the process had died. */
export function dyingAfter(callsMax: number, inner: Storage): { storage: Storage; calls: () => number } {
  const { storages, calls } = dyingTogether(callsMax, [inner])
  return { storage: storages[0]!, calls }
}

/** Storages of one process that work for `callsMax` calls together. */
export function dyingTogether(
  callsMax: number,
  inner: readonly Storage[],
): { storages: readonly Storage[]; calls: () => number } {
  let calls = 0
  const live = () => {
    if (calls++ >= callsMax) throw powerCut
  }
  return { storages: inner.map((storage) => livingBy(live, storage)), calls: () => calls }
}

function livingBy(live: () => void, inner: Storage): Storage {
  const call = async <T>(work: () => Promise<T>) => {
    live()
    return await work()
  }
  const { lock } = inner
  return {
    name: inner.name,
    ...(lock === undefined ? {} : { lock: dyingLock(lock, call) }),
    putNew: (key, bytes, signal) => call(() => inner.putNew(key, bytes, signal)),
    get: (key, max, signal) => call(() => inner.get(key, max, signal)),
    getRange: (key, at, target, signal) => call(() => inner.getRange(key, at, target, signal)),
    getSuffix: (key, max, signal) => call(() => inner.getSuffix(key, max, signal)),
    size: (key, signal) => call(() => inner.size(key, signal)),
    delete: (key, signal) => call(() => inner.delete(key, signal)),
    async *list(prefix, signal) {
      live()
      yield* inner.list(prefix, signal)
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

const dyingLock = (lock: ObjectLock, call: <T>(work: () => Promise<T>) => Promise<T>): ObjectLock => ({
  whyNot: (mode, signal) => call(() => lock.whyNot(mode, signal)),
  putNew: (key, bytes, retention, signal) => call(() => lock.putNew(key, bytes, retention, signal)),
  extend: (key, retention, signal) => call(() => lock.extend(key, retention, signal)),
  retentionOf: (key, signal) => call(() => lock.retentionOf(key, signal)),
  breaks: (key, signal) => call(() => lock.breaks(key, signal)),
})

/** A second storage that holds the same. */
export function copyOf({ objects }: MemoryStorage): MemoryStorage {
  const copy = memoryStorage()
  for (const [key, bytes] of objects) copy.objects.set(key, bytes)
  return copy
}
