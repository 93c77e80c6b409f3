// Every kind of object is flipped, zeroed, cut and removed: it is noticed and named, or it did not matter, and the table says which.
import { AppError, seededRandom, systemClock } from '@vmkeep/kit'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRepository } from './create-repository.ts'
import { encodeLockRecord } from './formats/lock-record.ts'
import * as names from './formats/object-names.ts'
import { encodePin } from './formats/session-signs.ts'
import { encodeValidation } from './formats/validation.ts'
import { roleKeys } from './keys/role-keys.ts'
import { unlock } from './keys/unlock.ts'
import type { RestorePoint } from './restore-point.ts'
import { ObjectStore } from './storage/object-store.ts'
import type { MemoryStorage } from './storage/memory-storage.ts'
import { memoryStorage } from './storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  copyOf,
  fastKdf,
  noise,
  reopenTestRepository,
  testChunkBytes as chunk,
  testPassphrase,
} from './testing.ts'

const disk = noise(9 * chunk, 'disk')
const everything = { graceMs: 0, silentMs: 0, deadShareMax: 1 }

/**
 * What the loss of an object means. `opening`: the repository cannot be opened, and says why. `named`: verification names it.
 * `harmless`: nothing that is needed was in it, or it is made up for at once.
 */
type Meaning = 'opening' | 'named' | 'harmless'

interface Kind {
  readonly prefix: string
  /** Which of the objects under the prefix. */
  readonly isIt?: (key: string, bytes: Uint8Array) => boolean
  readonly damaged: Meaning
  readonly removed: Meaning
  /** Repair, from a copy where it needs one, leaves nothing damaged. */
  readonly mends?: boolean
}

const kinds: Readonly<Record<string, Kind>> = {
  format: { prefix: names.formatKey, damaged: 'opening', removed: 'opening' },
  // A slot may be removed on purpose; what it says is known by the census until somebody tries its secret.
  'a key slot': { prefix: names.keysPrefix, isIt: (key) => isUnusedSlot(key), damaged: 'named', removed: 'harmless' },
  'the ring': { prefix: names.keysPrefix, isIt: (key) => key.includes('ring'), damaged: 'opening', removed: 'opening' },
  'a pack of data': {
    prefix: names.packsPrefix,
    isIt: (_, bytes) => bytes[51] === 1,
    damaged: 'named',
    removed: 'named',
    mends: true,
  },
  'a pack of maps and small files': {
    prefix: names.packsPrefix,
    isIt: (_, bytes) => bytes[51] === 2,
    damaged: 'named',
    removed: 'named',
    mends: true,
  },
  'a delta': { prefix: names.deltasPrefix, damaged: 'named', removed: 'harmless', mends: true },
  'a segment': {
    prefix: names.segmentsPrefix,
    isIt: (_, bytes) => bytes[51] === 2,
    damaged: 'named',
    removed: 'named',
    mends: true,
  },
  'a pack table': {
    prefix: names.segmentsPrefix,
    isIt: (_, bytes) => bytes[51] === 3,
    damaged: 'named',
    removed: 'named',
    mends: true,
  },
  // Without one the packs speak for themselves.
  'a root': { prefix: names.rootsPrefix, damaged: 'named', removed: 'harmless', mends: true },
  'a point': {
    prefix: names.pointsPrefix,
    isIt: (key) => key === names.pointKey(point.id),
    damaged: 'named',
    removed: 'named',
  },
  'the start of a session': {
    prefix: names.sessionsPrefix,
    isIt: (key) => key.endsWith('start'),
    damaged: 'named',
    removed: 'harmless',
  },
  'a pin of a session': {
    prefix: names.sessionsPrefix,
    isIt: (key) => key.includes('/pin-'),
    damaged: 'named',
    removed: 'harmless',
  },
  'a beat': {
    prefix: names.sessionsPrefix,
    isIt: (key) => key.includes('/beat-'),
    damaged: 'named',
    removed: 'harmless',
  },
  'a pin of a reader': { prefix: names.readersPrefix, damaged: 'named', removed: 'harmless' },
  'an entry of a fate': {
    prefix: names.trashPrefix,
    isIt: (key) => key.endsWith('/000001'),
    damaged: 'named',
    removed: 'named',
  },
  'a list': {
    prefix: names.collectionsPrefix,
    isIt: (key) => key.endsWith('1/list'),
    damaged: 'named',
    removed: 'harmless',
  },
  'a final': {
    prefix: names.collectionsPrefix,
    isIt: (key) => key.endsWith('1/final'),
    damaged: 'named',
    removed: 'harmless',
  },
  'a list without a final': {
    prefix: names.collectionsPrefix,
    isIt: (key) => key.endsWith('2/list'),
    damaged: 'named', // a repair ends the collection, and then it means nothing
    removed: 'harmless',
  },
  'a record of lost copies': { prefix: names.lostPrefix, damaged: 'named', removed: 'harmless', mends: true },
  'a record of verified packs': {
    prefix: names.verifiedPrefix,
    isIt: (key) => !key.includes('census'),
    damaged: 'named',
    removed: 'harmless',
    mends: true,
  },
  'a census': {
    prefix: names.verifiedPrefix,
    isIt: (key) => key.includes('census'),
    damaged: 'named',
    removed: 'harmless',
  },
  'the parity of a pack': { prefix: names.parityPrefix, damaged: 'named', removed: 'named', mends: true },
  'a try of the storage': { prefix: names.validationsPrefix, damaged: 'named', removed: 'harmless' },
  'a proof': { prefix: names.proofsPrefix, damaged: 'named', removed: 'harmless' },
  'a record of locks': { prefix: names.lockRecordsPrefix, damaged: 'named', removed: 'harmless' },
}

let whole: MemoryStorage
let point: RestorePoint
let isUnusedSlot: (key: string) => boolean
let openings = 0

/** A repository in which every kind of object is there. */
beforeAll(async () => {
  whole = memoryStorage()
  const options = { kdf: fastKdf, chunkSizeBytes: chunk, workersMax: 0, parity: true, random: seededRandom('creation') }
  await createRepository(whole, { ...options, passphrase: testPassphrase })
  await using repository = await reopen(whole)
  point = await backUp(repository, { disk }, { notes: noise(900, 'notes') })
  await repository.rebuildIndex()
  const gone = await backUp(repository, { disk: noise(3 * chunk, 'gone') })
  const second = await backUp(repository, { disk: noise(2 * chunk, 'second') })
  await repository.forget(gone.id, { reason: 'a test' })
  await repository.collect(everything)
  await repository.checkPoint(point)
  await addControlObjects()
  // One chunk was found damaged once, and brought back.
  const pack = keysUnder(names.packsPrefix).find((key) => whole.objects.get(key)!.length > chunk)!
  const bytes = whole.objects.get(pack)!
  whole.objects.set(
    pack,
    bytes.map((byte, at) => (at === 5000 ? byte ^ 1 : byte)),
  )
  await repository.verify()
  whole.objects.set(pack, bytes)
  // A collection that waits for a writer in another process, which has a pin and has answered to the one before.
  await using other = await reopen(whole)
  const session = await other.beginSession()
  await session.beginImage({
    capacityBytes: disk.length,
    base: { point: point.id, image: point.images[0]!.image },
    unwritten: 'inherit',
  })
  await repository.forget(second.id, { reason: 'a test' })
  await repository.collect({ ...everything, silentMs: Infinity, waitMsMax: 0 })
  await using answering = await reopen(whole)
  await answering.beginSession() // it finds a list without a final, and answers
  const left = copyOf(whole)
  whole = left // what the open sessions do from here on is not seen
})

/** Those that only locking storages and readers make. */
async function addControlObjects(): Promise<void> {
  const objects = new ObjectStore(whole, { clock: systemClock, random: seededRandom('objects') })
  const repositoryId = whole.objects.get('format')!.slice(16, 32)
  const { masterKey, slot } = await unlock(objects, repositoryId, testPassphrase)
  isUnusedSlot = (key) => key.includes('slot-') && key !== names.slotKey(slot.slotId)
  const sealing = { controlKey: roleKeys(masterKey, repositoryId).control, random: seededRandom('control') }
  const record = { needMs: 5, walkedAtMs: 5, keys: new Set(['format']) }
  whole.objects.set(
    names.lockRecordKey(point.id),
    encodeLockRecord({ repositoryId, pointId: point.id }, record, sealing),
  )
  const id = 'e'.repeat(32)
  const validation = { at: '2026-01-01T00:00:00.000Z', writer: 'w', checks: [] }
  whole.objects.set(names.validationKey(id), encodeValidation({ repositoryId, id }, validation, sealing))
  const readerId = 'f'.repeat(32)
  const pin = encodePin({ repositoryId, holderId: readerId }, { pointId: point.id, atMs: 5 }, sealing)
  whole.objects.set(names.readerPinKey(readerId, point.id), pin)
}

const reopen = (storage: MemoryStorage) => reopenTestRepository(storage, { seed: `opening ${openings++}` })
const keysUnder = (prefix: string) => [...whole.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted()
const objectOf = ({ prefix, isIt = () => true }: Kind): string =>
  keysUnder(prefix).find((key) => isIt(key, whole.objects.get(key)!))!

/** Flips at both ends, in every header field's neighbourhood, and here and there. */
function* damages(bytes: Uint8Array): Iterable<[string, Uint8Array]> {
  const places = [0, 9, 20, 40, 61, 66, 120, -1, -20, -60, -110, Math.floor(bytes.length / 2)]
  for (const place of places) {
    const at = place < 0 ? bytes.length + place : place
    if (at >= 0 && at < bytes.length) yield [`flipped at ${at}`, bytes.map((byte, i) => (i === at ? byte ^ 4 : byte))]
  }
  yield ['zeroed', new Uint8Array(bytes.length)]
  yield ['cut', bytes.slice(0, Math.floor(bytes.length / 2))]
  yield ['cut by a byte', bytes.slice(0, -1)]
  yield ['empty', new Uint8Array()]
}

/** What becomes of a repository: the objects it names as damaged. */
async function namedBy(storage: MemoryStorage): Promise<readonly string[] | 'opening'> {
  try {
    await using repository = await reopen(storage)
    return (await repository.verify()).damaged.map(({ object }) => object)
  } catch (error) {
    if (!(error instanceof AppError) || !/^repository\.(object-corrupt|missing)$/.test(error.code)) throw error
    return 'opening'
  }
}

async function expectMeaning(storage: MemoryStorage, key: string, meaning: Meaning): Promise<void> {
  const named = await namedBy(storage)
  if (meaning === 'opening') expect(named).toBe('opening')
  else if (meaning === 'named') expect(named).toContain(key)
  else expect(named).toEqual([])
}

it('the table has every kind of object: whoever adds one adds it here', () => {
  const known = new Set(Object.values(kinds).map(({ prefix }) => prefix))
  const prefixes = Object.entries(names).flatMap(([name, value]) =>
    name === 'formatKey' || (name.endsWith('Prefix') && typeof value === 'string') ? [value] : [],
  )
  expect(known).toEqual(new Set(prefixes))
  expect(Object.values(kinds).map(objectOf)).not.toContain(undefined)
})

it('nothing is wrong before anything was damaged', async () => {
  expect(await namedBy(copyOf(whole))).toEqual([])
})

const changed = (key: string, bytes: Uint8Array | undefined) => {
  const storage = copyOf(whole)
  if (bytes === undefined) storage.objects.delete(key)
  else storage.objects.set(key, bytes)
  return storage
}

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  it(`damaged in any way is ${kind.damaged}`, async () => {
    const key = objectOf(kind)
    for (const [how, bytes] of damages(whole.objects.get(key)!))
      await expectMeaning(changed(key, bytes), key, kind.damaged).catch((error: unknown) => {
        throw new Error(`${key} ${how}`, { cause: error })
      })
  })

  it(`removed is ${kind.removed}`, async () => {
    const key = objectOf(kind)
    await expectMeaning(changed(key, undefined), key, kind.removed)
  })
})

it.each(Object.entries(kinds).filter(([, { mends }]) => mends))('%s is mended', async (_, kind) => {
  const key = objectOf(kind)
  const bytes = whole.objects.get(key)!
  for (const damaged of [new Uint8Array(bytes.length), bytes.map((byte, at) => (at === 150 ? byte ^ 1 : byte))]) {
    const storage = changed(key, damaged)
    {
      await using repository = await reopen(storage)
      await using copy = await reopen(copyOf(whole))
      await repository.verify()
      await repository.repair({ from: copy })
      await repository.collect(everything)
    }
    await using after = await reopen(storage)
    expect((await after.verify()).damaged).toEqual([])
    expect(Buffer.compare(await contentOf(after, point.images[0]!.image), disk)).toBe(0)
  }
})
