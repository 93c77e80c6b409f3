// Writes the golden repositories of a version, once: one with everything that the format knows, a twin of it, and one that locks.
// `node tools/golden.ts` calls it. They are small, for they stay for ever.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Clock, collect, Secret, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import {
  type CreateOptions,
  createRepository,
  type Environment,
  newKeyFile,
  newKeyPair,
  openFolderStorage,
  openKeySlots,
  openRepository,
  type Repository,
  type Storage,
} from '@vmkeep/repository'
import { LockingMemoryStorage, noise } from '@vmkeep/repository/testing'
import { chunkBytes, GoldenVm, history, put } from './golden-vm.ts'
import { type Golden, type GoldenKey, type GoldenPoint, readGolden } from './golden.ts'

const dayMs = 86_400_000
const passphrase = 'golden, and no secret'
const kdf = { memoryKiB: 64, passes: 1, parallelism: 1 }

/**
 * Makes the folders `<name>`, `<name>-twin` and `<name>-locked` in `parent`.
 *
 * @throws EEXIST if there is one: what a version has written is never written again
 */
export async function makeGolden(parent: string, name: string): Promise<void> {
  const making = { clock: fakeClock(), name, seed: 0 }
  const folder = join(parent, name)
  await mkdir(folder)
  await using storage = await openFolderStorage(join(folder, 'repository'), { create: true })
  await write(folder, await everything(storage, making))
  await makeTwin(join(parent, `${name}-twin`), storage, making)
  await makeLocked(join(parent, `${name}-locked`), making)
}

interface Making {
  readonly clock: ReturnType<typeof fakeClock>
  readonly name: string
  seed: number
}

const surroundings = (making: Making, clock: Clock = making.clock): Environment => ({
  workersMax: 0,
  memoryBytesMax: 48 * 1024 * 1024,
  clock,
  random: seededRandom(`golden ${making.name} ${making.seed++}`),
  every: () => ({ [Symbol.dispose]: () => {} }),
})

async function create(storage: Storage, making: Making, options: Partial<CreateOptions> = {}) {
  return await createRepository(storage, {
    passphrase: new Secret(passphrase),
    chunkSizeBytes: chunkBytes,
    kdf,
    ...options,
    ...surroundings(making),
  })
}

/** A repository in the middle of its life, with traces of processes that died. */
async function everything(storage: Storage, making: Making): Promise<Golden> {
  const { clock } = making
  const { repository, recoveryCode } = await create(storage, making, { parity: true })
  await using _open = repository
  const keys = await addKeys(storage, making)
  const vm = new GoldenVm()
  const points: GoldenPoint[] = []
  const backUp = async (...args: Parameters<GoldenVm['backUp']>) => {
    clock.advance(dayMs)
    const point = await vm.backUp(...args)
    await repository.checkPoint(await repository.point(point.id)) // a proof, until the index is made anew
    points.push(point)
    return point
  }
  const first = await backUp(repository, history[0]!)
  const erased = await tenants(repository, points, clock)
  await repository.rotateDataKey()
  await backUp(repository, history[1]!)
  await repository.rebuildIndex() // folds: from here on there are segments, pack tables and a root
  await markAll(repository, first.id)
  const doomed = await new GoldenVm().backUp(repository, [[put(0, noise(chunkBytes, 'doomed'))], []])
  const undone = await new GoldenVm().backUp(repository, [[put(0, noise(chunkBytes, 'undone'))], []])
  await repository.forget(doomed.id, { reason: 'to be buried' })
  clock.advance(8 * dayMs)
  await repository.collect({ deadShareMax: 1 }) // a list, a final, a burial
  await (await repository.beginSession()).abandon() // a fence
  await noteDamage(repository, storage)
  await repository.recordValidation([
    { promise: 'creates-once', outcome: 'passed' },
    { promise: 'refuses-damage', outcome: 'failed', reason: 'an example' },
  ])
  await repository.holdPoint(first.id) // by a reader that died
  const forgotten = await leaveWork(storage, making, first.id)
  await repository.forget(undone.id, { reason: 'taken back and forgotten again' })
  await repository.restoreForgotten(undone.id)
  await repository.forget(undone.id, { reason: 'can be taken back' })
  await backUp(repository, history[2]!)
  return {
    ...goldenOf(making.name, recoveryCode, points),
    keys,
    erased: [erased],
    forgotten: [undone.id, forgotten],
    protected: [first.id],
  }
}

const goldenOf = (version: string, recoveryCode: Secret, points: readonly GoldenPoint[]): Golden => ({
  version,
  passphrase,
  recoveryCode: recoveryCode.reveal(),
  points,
})

async function addKeys(storage: Storage, making: Making): Promise<GoldenKey[]> {
  const slots = await openKeySlots(storage, { key: new Secret(passphrase), kdf, ...surroundings(making) })
  const random = seededRandom(`keys ${making.name}`)
  const keys: GoldenKey[] = []
  for (const maintenance of [false, true]) {
    const [sentence, keyFile, pair] = [`a passphrase, ${maintenance}`, newKeyFile(random), newKeyPair(random)]
    await slots.addKey(new Secret(sentence), { maintenance })
    await slots.addKey(new Secret(keyFile), { maintenance })
    await slots.addRecipient(pair.recipient, { maintenance })
    for (const key of [sentence, keyFile, pair.identity]) keys.push({ key, maintenance })
  }
  return keys
}

/** A tenant that stays, and one whose keys are destroyed: gives the point that nobody can read any more. */
async function tenants(repository: Repository, points: GoldenPoint[], clock: Making['clock']): Promise<string> {
  for (const domain of ['blue', 'red']) await repository.createDomain(domain)
  clock.advance(dayMs)
  points.push(await new GoldenVm().backUp(repository, history[0]!, { domain: 'blue' }))
  clock.advance(dayMs)
  const writes = [[put(0, noise(chunkBytes, 'red'))], []]
  const { id } = await new GoldenVm().backUp(repository, writes, { domain: 'red' })
  await repository.eraseDomain('red')
  return id
}

async function markAll(repository: Repository, id: string): Promise<void> {
  await repository.markPoint(id, { kind: 'protect', reason: 'golden' })
  await repository.markPoint(id, { kind: 'tag', add: ['audit', 'env=prod'], remove: ['first'] })
  await repository.markPoint(id, { kind: 'clear', reason: 'looked at' })
}

/** Verifies while a pack is damaged, and mends it by hand: what was said of it stays until it is verified again. */
async function noteDamage(repository: Repository, storage: Storage): Promise<void> {
  const packs = await collect(storage.list('packs/'))
  const { key, sizeBytes } = packs.toSorted((a, b) => b.sizeBytes - a.sizeBytes)[0]!
  const whole = (await storage.get(key, sizeBytes))!
  const damaged = Buffer.from(whole)
  damaged[200]! ^= 1
  await replace(storage, key, damaged)
  const report = await repository.verify()
  if (report.damaged.length === 0) throw new Error('the damage was not found')
  await replace(storage, key, whole)
}

async function replace(storage: Storage, key: string, bytes: Uint8Array): Promise<void> {
  await storage.delete(key)
  await storage.putNew(key, bytes)
}

/**
 * Two writers that died at work, and a collection that waits for the first: its list has no final, and the second beats at once.
 * Gives a point that was forgotten, and released by nobody yet.
 */
async function leaveWork(storage: Storage, making: Making, inheritedFrom: string): Promise<string> {
  const another = () => openRepository(storage, { key: new Secret(passphrase), ...surroundings(making) })
  const [writer, collector, late] = [await another(), await another(), await another()]
  const spare = await new GoldenVm().backUp(collector, [[put(0, noise(chunkBytes, 'spare'))], []])
  const session = await writer.beginSession()
  const { image } = (await writer.point(inheritedFrom)).images[0]!
  await session.beginImage({
    capacityBytes: image.capacityBytes,
    base: { point: inheritedFrom, image },
    unwritten: 'inherit',
  })
  const gone = await new GoldenVm().backUp(collector, [[put(0, noise(chunkBytes, 'gone'))], []])
  await collector.forget(gone.id, { reason: 'its list has no final' })
  const { outcome } = await collector.collect({ graceMs: 0, silentMs: Infinity, waitMsMax: 0, deadShareMax: 1 })
  if (outcome !== 'waiting') throw new Error(`the collection is ${outcome}`)
  await late.beginSession()
  await collector.forget(spare.id, { reason: 'can be taken back' })
  return spare.id
}

async function makeTwin(folder: string, origin: Storage, making: Making): Promise<void> {
  await mkdir(folder)
  await using storage = await openFolderStorage(join(folder, 'repository'), { create: true })
  const key = new Secret(passphrase)
  const keysOf = await openKeySlots(origin, { key, ...surroundings(making) })
  const source = await openRepository(origin, { key, ...surroundings(making) })
  const { repository, recoveryCode } = await create(storage, making, { keysOf })
  await using _open = repository
  const { points } = await readGolden(join(folder, '..', making.name))
  const ids = points.map(({ id }) => id)
  const report = await repository.syncFrom(source, { points: ids })
  const copyOf = new Map(report.points.map(({ point, copy }) => [point, copy!]))
  const copies = points.map((point) => ({ ...point, id: copyOf.get(point.id)!, origin: point.id }))
  await write(folder, goldenOf(`${making.name}-twin`, recoveryCode, copies))
}

async function makeLocked(folder: string, making: Making): Promise<void> {
  await mkdir(folder)
  const storage = new LockingMemoryStorage(making.clock)
  const { repository, recoveryCode } = await create(storage, making, { lock: { days: 7, mode: 'governance' } })
  await using _open = repository
  const vm = new GoldenVm()
  const points = []
  for (const writes of history) {
    making.clock.advance(dayMs)
    points.push(await vm.backUp(repository, writes))
  }
  for (const [key, bytes] of storage.objects) {
    const path = join(folder, 'repository', key)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
  }
  const lockedUntil = (await repository.point(points.at(-1)!.id)).lockedUntil!
  await write(folder, { ...goldenOf(`${making.name}-locked`, recoveryCode, points), lockedUntil })
}

async function write(folder: string, golden: Golden): Promise<void> {
  await rm(join(folder, 'repository', '.reserve'), { force: true }) // no object, and 16 MiB
  await writeFile(join(folder, 'golden.json'), `${JSON.stringify(golden, null, 2)}\n`)
}
