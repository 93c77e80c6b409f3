// What was found damaged is relied upon by nobody, is stored anew by the next backup, and goes with the next collection.
import { collect } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { fail } from '../errors.ts'
import type { RestorePoint } from '../restore-point.ts'
import type { MemoryStorage } from '../storage/memory-storage.ts'
import {
  backUp,
  changedStorage,
  contentOf,
  noise,
  openTestRepository,
  reopenTestRepository,
  testChunkBytes as chunk,
} from '../testing.ts'

const disk = noise(12 * chunk, 'disk')
const everything = { graceMs: 0, silentMs: 0, deadShareMax: 1 }
const firstChunk = 64

/** The largest pack of a storage: the first one with chunks. */
function largestPack({ objects }: MemoryStorage): string {
  const packs = [...objects].filter(([key]) => key.startsWith('packs/'))
  return packs.toSorted(([, a], [, b]) => b.length - a.length)[0]![0]
}

function flip({ objects }: MemoryStorage, key: string, at: number): void {
  const bytes = new Uint8Array(objects.get(key)!)
  bytes.set([bytes.at(at)! ^ 1], at < 0 ? bytes.length + at : at)
  objects.set(key, bytes)
}

const keysUnder = async (storage: MemoryStorage, prefix: string) =>
  (await collect(storage.list(prefix))).map(({ key }) => key)
const imageOf = (point: RestorePoint) => point.images[0]!.image

async function damagedRepository(at: number) {
  const test = await openTestRepository()
  const point = await backUp(test.repository, { disk })
  const pack = largestPack(test.storage)
  flip(test.storage, pack, at)
  return { ...test, point, pack }
}

it('a damaged chunk is recorded, for every process to see, and its place in the image is known', async () => {
  const { repository, storage, point } = await damagedRepository(firstChunk + 5000)
  expect(await repository.lostExtents(imageOf(point))).toEqual({ mapLost: false, extents: [] }) // nobody has looked yet
  expect(await repository.verify()).toMatchObject({ recorded: true, damaged: [{ code: 'repository.chunk-corrupt' }] })
  expect(await keysUnder(storage, 'lost/')).toHaveLength(1)
  await using other = await reopenTestRepository(storage)
  const { extents } = await other.lostExtents(imageOf(point))
  expect(extents).toMatchObject([{ lengthBytes: chunk }])
  await expect(other.checkPoint(point)).rejects.toMatchObject({ code: 'repository.chunk-corrupt' })
  await other.verify()
  expect(await keysUnder(storage, 'lost/')).toHaveLength(1) // once is enough
})

it('a copy that another process finds good again, say after a bad cable was changed, is lost no more', async () => {
  const { storage, point, pack } = await damagedRepository(firstChunk + 5000)
  await using first = await reopenTestRepository(storage, { seed: 'first' })
  await first.verify()
  flip(storage, pack, firstChunk + 5000)
  await using second = await reopenTestRepository(storage, { seed: 'second' })
  expect((await second.verify()).damaged).toEqual([])
  expect(await keysUnder(storage, 'lost/')).toEqual([])
  await second.checkPoint(point)
})

it('the next backup stores a lost chunk again and heals old points; the next collection removes the damaged pack', async () => {
  const { repository, storage, point, pack } = await damagedRepository(firstChunk + 5000)
  await repository.verify()
  await using other = await reopenTestRepository(storage)
  await backUp(other, { disk })
  for (const each of [repository, other]) {
    expect(await each.lostExtents(imageOf(point))).toEqual({ mapLost: false, extents: [] })
    await each.checkPoint(point)
    expect(Buffer.compare(await contentOf(each, imageOf(point)), disk)).toBe(0)
  }
  expect((await other.verify()).damaged).toMatchObject([{ object: pack, hits: [] }])
  expect(await other.collect(everything)).toMatchObject({ outcome: 'done', packsRepacked: 1 })
  expect(await keysUnder(storage, 'lost/')).toEqual([])
  expect(storage.objects.has(pack)).toBe(false)
  await using after = await reopenTestRepository(storage, { seed: 'after' })
  expect((await after.verify()).damaged).toEqual([])
  expect(Buffer.compare(await contentOf(after, imageOf(point)), disk)).toBe(0)
})

it('a collection leaves a damaged pack alone while what is lost in it has no other copy', async () => {
  const { repository, storage, pack } = await damagedRepository(firstChunk + 5000)
  await repository.verify()
  const before = (await keysUnder(storage, 'packs/')).length
  for (let i = 0; i < 2; i++)
    expect(await repository.collect(everything)).toMatchObject({ outcome: 'done', packsRepacked: 0, bytesCopied: 0 })
  expect(await keysUnder(storage, 'packs/')).toHaveLength(before)
  expect(storage.objects.has(pack)).toBe(true)
  expect(await keysUnder(storage, 'lost/')).toHaveLength(1)
})

it.each([
  ['its trailer is damaged', (storage: MemoryStorage, pack: string) => flip(storage, pack, -100)],
  [
    'its end was cut off, after its last chunk',
    ({ objects }: MemoryStorage, pack: string) => void objects.set(pack, objects.get(pack)!.slice(0, -10)),
  ],
])('a collection copies what is good out of a pack when %s', async (_, damage) => {
  const { repository, storage } = await openTestRepository()
  const point = await backUp(repository, { disk })
  const pack = largestPack(storage)
  damage(storage, pack)
  await using other = await reopenTestRepository(storage)
  expect((await other.verify()).damaged).toMatchObject([{ object: pack }])
  expect(await other.collect(everything)).toMatchObject({ outcome: 'done', packsRepacked: 1 })
  expect(storage.objects.has(pack)).toBe(false)
  expect((await other.verify()).damaged).toEqual([])
  expect(Buffer.compare(await contentOf(other, imageOf(point)), disk)).toBe(0)
})

it('a pack that vanished and is needed no longer is forgotten by the next collection', async () => {
  const { repository, storage } = await openTestRepository()
  const point = await backUp(repository, { disk })
  storage.objects.delete(largestPack(storage))
  await using other = await reopenTestRepository(storage)
  expect((await other.verify()).damaged).toMatchObject([{ kind: 'absent' }])
  expect(await other.collect(everything)).toMatchObject({ outcome: 'done' })
  expect((await other.verify()).damaged).toMatchObject([{ kind: 'absent' }]) // it is still needed
  await backUp(other, { disk })
  expect(await other.collect(everything)).toMatchObject({ outcome: 'done' })
  await using after = await reopenTestRepository(storage, { seed: 'after' })
  expect((await after.verify()).damaged).toEqual([])
  expect(Buffer.compare(await contentOf(after, imageOf(point)), disk)).toBe(0)
})

it('what could merely not be read now is never recorded as lost', async () => {
  const { repository, storage } = await openTestRepository()
  await backUp(repository, { disk })
  const pack = largestPack(storage)
  const deaf = changedStorage(storage, {
    getRange: (key, at, target, signal) =>
      key === pack && at > 0
        ? Promise.reject(fail('storage.unavailable', { storage: 'memory', key, reason: 'a test' }))
        : storage.getRange(key, at, target, signal),
  })
  await using other = await reopenTestRepository(deaf)
  const { damaged } = await other.verify()
  expect(new Set(damaged.map(({ kind }) => kind))).toEqual(new Set(['unreadable']))
  expect(await keysUnder(storage, 'lost/')).toEqual([])
})

it.each(['storage.read-only', 'storage.past'] as const)(
  'where nothing can be written (%s), verification says that it recorded nothing',
  async (code) => {
    const { storage } = await damagedRepository(firstChunk + 5000)
    const readOnly = changedStorage(storage, {
      putNew: (key) => Promise.reject(fail(code, { storage: 'memory', key })),
    })
    await using other = await reopenTestRepository(readOnly)
    expect(await other.verify()).toMatchObject({ recorded: false, damaged: [{ code: 'repository.chunk-corrupt' }] })
  },
)
