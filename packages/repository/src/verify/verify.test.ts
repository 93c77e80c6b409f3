// Verification a little at a time: what was read longest ago comes first, and what was read is remembered.
import { collect, seededRandom } from '@vmkeep/kit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fail } from '../errors.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import type { VerifyOptions } from '../repository.ts'
import type { MemoryStorage } from '../storage/memory-storage.ts'
import {
  backUp,
  changedStorage,
  copyOf,
  noise,
  openTestRepository,
  reopenTestRepository,
  testChunkBytes as chunk,
} from '../testing.ts'
import { choosePacks } from './choose-packs.ts'

const day = 86_400_000
const packBytes = 1024 * 1024
const recordsIn = async (storage: MemoryStorage) =>
  (await collect(storage.list('verify/'))).filter(({ key }) => !key.includes('census'))

/** Some eight packs of 1 MiB, and one with the map. */
async function repositoryOfPacks() {
  const test = await openTestRepository()
  await backUp(test.repository, { disk: noise(64 * chunk, 'disk') })
  const packs = [...test.storage.objects.keys()].filter((key) => key.startsWith('packs/'))
  return { ...test, packs }
}

describe('choosing packs', () => {
  const packOf = (sizeBytes: number) => ({ row: { sizeBytes } }) as IndexedPack

  it('takes those verified longest ago, as many as the budget holds, and at least one', () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ ageMinutes: fc.nat(1000), sizeBytes: fc.nat(100) }), { maxLength: 50 }),
        fc.nat(2000),
        (given, budgetBytes) => {
          const ages = new Map(given.map(({ ageMinutes, sizeBytes }) => [packOf(sizeBytes), ageMinutes * 60_000]))
          const lastMs = (pack: IndexedPack) => ages.get(pack)!
          const { chosen, left } = choosePacks([...ages.keys()], lastMs, { budgetBytes })
          expect(chosen.length + left).toBe(given.length)
          expect(chosen.map(lastMs)).toEqual(chosen.map(lastMs).toSorted((a, b) => a - b))
          const bytes = chosen.reduce((sum, { row }) => sum + row!.sizeBytes, 0)
          expect(chosen.length <= 1 || bytes <= budgetBytes).toBe(true)
          if (given.length > 0) expect(lastMs(chosen[0]!)).toBe(Math.min(...ages.values()))
        },
      ),
    ))
})

describe('verification with a budget', () => {
  it('comes round to every pack, each as often as the others, also when another process goes on', async () => {
    const { storage, packs, clock } = await repositoryOfPacks()
    const seen: number[] = []
    for (let night = 0; seen.reduce((sum, count) => sum + count, 0) < packs.length; night++) {
      await using repository = await reopenTestRepository(storage, { seed: `night ${night}`, clock })
      const { packs: read, packsLeft } = await repository.verify({
        budgetBytes: 3 * packBytes,
        olderThanMs: 30 * day,
        maps: false,
      })
      seen.push(read)
      expect(packsLeft).toBe(packs.length - seen.reduce((sum, count) => sum + count, 0))
      const { verified } = await repository.status()
      expect(verified.fullBytes < verified.totalBytes).toBe(seen.reduce((sum, count) => sum + count, 0) < packs.length)
      clock.advance(day)
    }
    expect(seen.length).toBeGreaterThan(2)
    expect(seen.reduce((sum, count) => sum + count, 0)).toBe(packs.length)
  })

  it('leaves out what was verified of late, as thoroughly', async () => {
    const { repository, clock, packs } = await repositoryOfPacks()
    const count = async (options: VerifyOptions) => (await repository.verify({ olderThanMs: day, ...options })).packs
    expect(await count({ level: 'checksum' })).toBe(packs.length)
    expect(await count({ level: 'checksum' })).toBe(0)
    expect(await count({ level: 'full' })).toBe(packs.length)
    expect(await count({ level: 'full' })).toBe(0)
    clock.advance(2 * day)
    expect(await count({ level: 'checksum' })).toBe(packs.length)
  })

  it('that is interrupted goes on where it was', async () => {
    const { storage, packs, clock } = await repositoryOfPacks()
    const controller = new AbortController()
    const reason = new Error('enough')
    await using first = await reopenTestRepository(storage, { seed: 'first', clock })
    const onProgress = ({ packsDone }: { packsDone: number }) => packsDone >= 4 && controller.abort(reason)
    await expect(first.verify({ signal: controller.signal, onProgress })).rejects.toBe(reason)
    await using second = await reopenTestRepository(storage, { seed: 'second', clock })
    const { packs: rest } = await second.verify({ olderThanMs: day })
    expect(rest).toBeGreaterThan(0)
    expect(rest).toBeLessThanOrEqual(packs.length - 4)
  })

  it('is not fooled by a clock that ran ahead', async () => {
    const { storage, clock, packs } = await repositoryOfPacks()
    const ahead = { ...clock, nowMs: () => clock.nowMs() + 365 * day }
    await using wrong = await reopenTestRepository(storage, { seed: 'ahead', clock: ahead })
    await wrong.verify()
    await using right = await reopenTestRepository(storage, { seed: 'right', clock })
    expect((await right.status()).verified.fullBytes).toBe(0)
    expect((await right.verify({ olderThanMs: day })).packs).toBe(packs.length)
  })
})

describe('levels', () => {
  const flipped = (storage: MemoryStorage, key: string, at: number) => {
    const bytes = new Uint8Array(storage.objects.get(key)!)
    bytes.set([bytes.at(at)! ^ 1], at)
    storage.objects.set(key, bytes)
  }

  it('presence sees what is absent or of another size, and reads nothing', async () => {
    const { storage, packs } = await repositoryOfPacks()
    storage.objects.delete(packs[0]!)
    storage.objects.set(packs[1]!, storage.objects.get(packs[1]!)!.slice(0, -1))
    flipped(storage, packs[2]!, 5000)
    const counted = changedStorage(storage, {
      getRange: (key, at, target, signal) => {
        expect(key).not.toBe(packs[2])
        return storage.getRange(key, at, target, signal)
      },
    })
    await using repository = await reopenTestRepository(counted)
    const { damaged } = await repository.verify({ level: 'presence', maps: false })
    expect(damaged.map(({ object, kind }) => [object, kind])).toEqual(
      expect.arrayContaining([
        [packs[0], 'absent'],
        [packs[1], 'bad'],
      ]),
    )
    expect(damaged.some(({ object }) => object === packs[2])).toBe(false)
  })

  it('checksum sees every flipped bit, and then says which chunk it is', async () => {
    const { storage, packs } = await repositoryOfPacks()
    const [pack] = packs.toSorted((a, b) => storage.objects.get(b)!.length - storage.objects.get(a)!.length)
    const random = seededRandom('places')
    const size = storage.objects.get(pack!)!.length
    const places = [0, 70, 5000, size - 100, size - 30, size - 1, Math.floor(random.fraction() * size)]
    for (const [i, at] of places.entries()) {
      const copy = copyOf(storage)
      flipped(copy, pack!, at)
      await using repository = await reopenTestRepository(copy, { seed: `flip ${i}` })
      const { damaged } = await repository.verify({ level: 'checksum', maps: false })
      expect(damaged.map(({ object, kind }) => [object, kind])).toEqual([[pack, 'bad']])
      expect(damaged[0]!.chunkId !== undefined).toBe(at >= 64 && at < size - 2000)
    }
  })
})

it('the journal stays small: it is written anew when it has many more records than it takes', async () => {
  const { storage, clock, packs } = await repositoryOfPacks()
  await using repository = await reopenTestRepository(storage, { clock })
  for (let night = 0; night < 40; night++) {
    await repository.verify({ budgetBytes: 1, maps: false })
    expect((await recordsIn(storage)).length).toBeLessThanOrEqual(18)
    clock.advance(60_000)
  }
  const { verified } = await repository.status()
  expect(verified.fullBytes).toBe(verified.totalBytes)
  expect(packs.length).toBeLessThan(40)
})

it('the absence of a pack is believed on the word of two calls', async () => {
  const { storage, packs } = await repositoryOfPacks()
  const forgetful = changedStorage(storage, {
    size: (key, signal) => (key === packs[0] ? Promise.resolve(undefined) : storage.size(key, signal)),
  })
  await using repository = await reopenTestRepository(forgetful)
  const { damaged } = await repository.verify()
  expect(damaged).toMatchObject([{ object: packs[0], kind: 'unreadable', code: 'repository.object-unsteady' }])
})

it('what was found damaged and is brought back is relied upon again', async () => {
  const { storage, packs } = await repositoryOfPacks()
  const whole = storage.objects.get(packs[0]!)!
  storage.objects.set(
    packs[0]!,
    whole.map((byte, at) => (at === 5000 ? byte ^ 1 : byte)),
  )
  await using repository = await reopenTestRepository(storage)
  expect((await repository.verify()).damaged).toHaveLength(1)
  expect(await collect(storage.list('lost/'))).toHaveLength(1)
  storage.objects.set(packs[0]!, whole)
  expect((await repository.verify()).damaged).toEqual([])
  expect(await collect(storage.list('lost/'))).toEqual([])
})

it('can be done where nothing can be written', async () => {
  const { storage, packs } = await repositoryOfPacks()
  const readOnly = changedStorage(storage, {
    putNew: (key) => Promise.reject(fail('storage.read-only', { storage: 'memory', key })),
  })
  await using repository = await reopenTestRepository(readOnly)
  expect(await repository.verify()).toMatchObject({ damaged: [], packs: packs.length, recorded: false })
})
