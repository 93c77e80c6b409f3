// What is lost comes back from wherever it can be had, and nothing is made worse by trying.
import { collect } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { createRepository } from '../create-repository.ts'
import { openKeySlots } from '../keys/key-slots.ts'
import type { Repository } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import type { MemoryStorage } from '../storage/memory-storage.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  copyOf,
  createTestRepository,
  dyingAfter,
  fastKdf,
  noise,
  powerCut,
  reopenTestRepository,
  testChunkBytes as chunk,
  testPassphrase,
} from '../testing.ts'

const disk = noise(10 * chunk, 'disk')
const notes = noise(700, 'notes')
const everything = { graceMs: 0, silentMs: 0, deadShareMax: 1 }

async function prepared() {
  const { repository, storage, clock } = await createTestRepository(memoryStorage())
  const point = await backUp(repository, { disk }, { notes })
  const packs = [...storage.objects].filter(([key]) => key.startsWith('packs/'))
  const keyOf = (kind: number) => packs.find(([, bytes]) => bytes[51] === kind)![0]
  return { storage, point, data: keyOf(1), metadata: keyOf(2), clock }
}

function flip({ objects }: MemoryStorage, key: string, ...places: number[]): void {
  const bytes = new Uint8Array(objects.get(key)!)
  for (const at of places) bytes.set([bytes.at(at)! ^ 1], at < 0 ? bytes.length + at : at)
  objects.set(key, bytes)
}

async function expectWhole(storage: MemoryStorage, point: RestorePoint, seed: string): Promise<void> {
  await using repository = await reopenTestRepository(storage, { seed })
  await repository.checkPoint(point)
  expect(Buffer.compare(await contentOf(repository, point.images[0]!.image), disk)).toBe(0)
  expect(Buffer.compare(await repository.readBlob(point.blobs['notes']!), notes)).toBe(0)
  expect(await repository.collect(everything)).toMatchObject({ outcome: 'done' })
  expect((await repository.verify()).damaged).toEqual([])
  expect(await collect(storage.list('lost/'))).toEqual([])
  expect(await collect(storage.list('sessions/'))).toEqual([])
  expect(Buffer.compare(await contentOf(repository, point.images[0]!.image), disk)).toBe(0)
}

/** Another repository with the same content. */
const others: [string, (storage: MemoryStorage) => Promise<Repository>][] = [
  ['a copy of its storage, as a twin', (storage) => reopenTestRepository(copyOf(storage), { seed: 'copy' })],
  [
    'a twin that was backed up to as well',
    async (storage) => {
      const keysOf = await openKeySlots(storage, { key: testPassphrase })
      const target = memoryStorage()
      await createRepository(target, { keysOf, passphrase: testPassphrase, kdf: fastKdf, workersMax: 0 })
      const twin = await reopenTestRepository(target, { seed: 'twin' })
      await backUp(twin, { disk }, { notes })
      return twin
    },
  ],
  [
    'a repository with keys of its own, into which the same machine was backed up',
    async () => {
      const { repository } = await createTestRepository(memoryStorage(), { seed: 'stranger' })
      await backUp(repository, { disk: noise(10 * chunk, 'other day') }, { notes })
      await backUp(repository, { disk }, { notes })
      return repository
    },
  ],
]

describe.each(others)('from %s', (name, open) => {
  const isStranger = name.includes('keys of its own')

  it.each<[string, (storage: MemoryStorage, packs: { data: string; metadata: string }) => void, boolean]>([
    ['two chunks', (storage, { data }) => flip(storage, data, 5000, 3 * chunk), true],
    ['a pack', ({ objects }, { data }) => void objects.delete(data), true],
    [
      'a pack that is all zeroes',
      ({ objects }, { data }) => void objects.set(data, new Uint8Array(objects.get(data)!.length)),
      true,
    ],
    ['the maps and small files', ({ objects }, { metadata }) => void objects.delete(metadata), !isStranger],
  ])('%s', async (_, strike, canBeHad) => {
    const { storage, point, data, metadata } = await prepared()
    const other = await open(storage)
    strike(storage, { data, metadata })
    await using repository = await reopenTestRepository(storage, { seed: 'repairing' })
    await repository.verify()
    const looked = await repository.repair({ from: other, dryRun: true })
    expect(looked).toMatchObject({ dryRun: true, repaired: { here: 0 } })
    const before = storage.objects.size
    expect(looked.repaired.other > 0).toBe(true)
    expect(storage.objects.size).toBe(before)
    const report = await repository.repair({ from: other })
    expect(report.lost).toBeGreaterThan(0)
    if (!canBeHad) {
      expect(report.left).toEqual([
        { point: point.id, image: 'disk', extents: [{ offsetBytes: 0, lengthBytes: disk.length }] },
      ])
      return
    }
    expect(report).toMatchObject({ left: [], repaired: { here: 0, parity: 0, other: report.lost } })
    await expectWhole(storage, point, 'after')
    expect(await repository.repair()).toMatchObject({ lost: 0, left: [], bytesStored: 0 })
  })
})

it('from copies in the same repository that turn out to be readable', async () => {
  const { storage, point, data } = await prepared()
  const whole = storage.objects.get(data)!
  storage.objects.set(data, new Uint8Array(whole.length))
  await using repository = await reopenTestRepository(storage)
  await repository.verify()
  storage.objects.set(data, whole) // somebody brought it back
  expect((await repository.lostExtents(point.images[0]!.image)).extents.length).toBeGreaterThan(0)
  expect(await repository.repair()).toMatchObject({ left: [], repaired: { other: 0 } })
  await expectWhole(storage, point, 'after')
})

it('nothing can be done without a source, and what is left is named by disk and place', async () => {
  const { storage, point, data } = await prepared()
  flip(storage, data, 5000)
  await using repository = await reopenTestRepository(storage)
  await repository.verify()
  const { extents } = await repository.lostExtents(point.images[0]!.image)
  expect(await repository.repair()).toMatchObject({
    lost: 1,
    repaired: { here: 0, parity: 0, other: 0 },
    left: [{ point: point.id, image: 'disk', extents }],
  })
})

it('a damaged delta is made up for and removed, also when the trailer of its pack is damaged too', async () => {
  const { storage, point, data } = await prepared()
  for (const key of [...storage.objects.keys()].filter((each) => each.startsWith('index/'))) flip(storage, key, 90)
  flip(storage, data, -100)
  await using repository = await reopenTestRepository(storage)
  expect((await repository.verify()).damaged.length).toBeGreaterThan(0)
  const { objectsMended, left } = await repository.repair()
  expect(left).toEqual([])
  expect(objectsMended.every((key) => key.startsWith('index/delta/'))).toBe(true)
  await expectWhole(storage, point, 'after')
})

it('a list of a collection that cannot be read keeps nobody from writing for ever', async () => {
  const { storage, point } = await prepared()
  {
    await using collector = await reopenTestRepository(storage, { seed: 'collector' })
    await using writer = await reopenTestRepository(storage, { seed: 'writer' })
    const second = await backUp(writer, { disk: noise(4 * chunk, 'second') })
    await writer.forget(second.id, { reason: 'a test' })
    await using session = await writer.beginSession()
    expect((await collector.collect({ ...everything, silentMs: Infinity, waitMsMax: 0 })).outcome).toBe('waiting')
    await session.abandon()
  }
  flip(storage, 'gc/00000001/list', 150)
  await using repository = await reopenTestRepository(storage, { seed: 'repairing' })
  expect((await repository.verify()).damaged).toMatchObject([{ object: 'gc/00000001/list', kind: 'bad' }])
  await expect(repository.beginSession()).rejects.toMatchObject({ code: 'repository.object-corrupt' })
  expect((await repository.repair()).objectsMended).toEqual(['gc/00000001/list'])
  await backUp(repository, { disk })
  expect(await repository.collect(everything)).toMatchObject({ outcome: 'done', packsDeleted: 2 })
  expect(Buffer.compare(await contentOf(repository, point.images[0]!.image), disk)).toBe(0)
})

it('a repair may die at every storage call: what was whole stays whole, the next one ends the work, and nothing is left behind', async () => {
  const { storage: start, point, data, metadata } = await prepared()
  const copy = copyOf(start)
  flip(start, data, 5000, 3 * chunk)
  flip(start, metadata, 200)
  for (const key of [...start.objects.keys()].filter((each) => each.startsWith('index/')).slice(0, 1))
    flip(start, key, 90)
  {
    await using repository = await reopenTestRepository(start, { seed: 'verifying' })
    await repository.verify()
  }
  for (let n = 0, calls = Infinity; n < calls; n++) {
    const storage = copyOf(start)
    const dying = dyingAfter(n, storage)
    const other = await reopenTestRepository(copyOf(copy), { seed: 'copy' })
    const repaired = reopenTestRepository(dying.storage, { seed: `dying ${n}` }).then((repository) =>
      repository.repair({ from: other }),
    )
    await repaired.catch((error: unknown) => {
      if (error !== powerCut && (error as Error).cause !== powerCut) throw error
    })
    if (dying.calls() <= n) calls = n
    await using survivor = await reopenTestRepository(storage, { seed: `survivor ${n}` })
    await survivor.repair({ from: other })
    await expectWhole(storage, point, `after ${n}`)
    const bytes = (await collect(storage.list('packs/'))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    expect(bytes).toBeLessThan(1.1 * disk.length + 20_000)
  }
}, 120_000)
