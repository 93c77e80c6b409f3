// A repository with parity mends a few damaged places by itself, and looks after its parity.
import { collect } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { createRepository } from '../create-repository.ts'
import type { MemoryStorage } from '../storage/memory-storage.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  fastKdf,
  noise,
  reopenTestRepository,
  testChunkBytes as chunk,
  testPassphrase,
} from '../testing.ts'

const disk = noise(20 * chunk, 'disk')
const everything = { graceMs: 0, silentMs: 0, deadShareMax: 1 }
const keysUnder = async (storage: MemoryStorage, prefix: string) =>
  (await collect(storage.list(prefix))).map(({ key }) => key)

async function prepared() {
  const storage = memoryStorage()
  const options = { passphrase: testPassphrase, kdf: fastKdf, chunkSizeBytes: chunk, workersMax: 0, parity: true }
  await createRepository(storage, options)
  const repository = await reopenTestRepository(storage)
  const point = await backUp(repository, { disk }, { notes: noise(500, 'notes') })
  const packs = await keysUnder(storage, 'packs/')
  return { storage, repository, point, packs }
}

function change({ objects }: MemoryStorage, key: string, work: (bytes: Uint8Array) => void): void {
  const bytes = new Uint8Array(objects.get(key)!)
  work(bytes)
  objects.set(key, bytes)
}

it('every pack has its parity, about a sixteenth of it', async () => {
  const { storage, packs } = await prepared()
  expect(await keysUnder(storage, 'parity/')).toEqual(packs.map((key) => key.replace('packs/', 'parity/')))
  const bytes = async (prefix: string) =>
    (await collect(storage.list(prefix))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  expect(await bytes('parity/')).toBeLessThan(0.07 * (await bytes('packs/')) + 10_000)
})

it.each<[string, (bytes: Uint8Array) => void]>([
  ['a bit', (bytes) => bytes.set([bytes[70_000]! ^ 1], 70_000)],
  ['16 KiB of zeroes', (bytes) => void bytes.fill(0, 100_000, 116_384)],
])('%s in every pack is mended by parity alone', async (_, strike) => {
  const { storage, point, packs } = await prepared()
  for (const key of packs) if (storage.objects.get(key)!.length > 500_000) change(storage, key, strike)
  change(
    storage,
    packs.toSorted((a, b) => storage.objects.get(a)!.length - storage.objects.get(b)!.length)[0]!,
    (bytes) => bytes.set([bytes[200]! ^ 1], 200),
  )
  await using repository = await reopenTestRepository(storage, { seed: 'repairing' })
  expect((await repository.verify()).damaged.length).toBeGreaterThan(1)
  const report = await repository.repair()
  expect(report).toMatchObject({ left: [], repaired: { here: 0, parity: report.lost, other: 0 } })
  expect(report.lost).toBeGreaterThan(1)
  expect(await repository.collect(everything)).toMatchObject({ outcome: 'done' })
  await using after = await reopenTestRepository(storage, { seed: 'after' })
  expect((await after.verify()).damaged).toEqual([])
  expect(Buffer.compare(await contentOf(after, point.images[0]!.image), disk)).toBe(0)
  expect(await keysUnder(storage, 'parity/')).toEqual(
    (await keysUnder(storage, 'packs/')).map((key) => key.replace('packs/', 'parity/')),
  )
})

it.each<[string, (storage: MemoryStorage, key: string) => void]>([
  ['missing', ({ objects }, key) => void objects.delete(key)],
  ['cut', ({ objects }, key) => void objects.set(key, objects.get(key)!.slice(0, 100))],
  ['flipped in its table', (storage, key) => change(storage, key, (bytes) => bytes.set([bytes[110]! ^ 1], 110))],
  [
    'flipped in a shard',
    (storage, key) => change(storage, key, (bytes) => bytes.set([bytes.at(-5)! ^ 1], bytes.length - 5)),
  ],
])('parity that is %s is told, and made anew from its pack', async (_, strike) => {
  const { storage, repository } = await prepared()
  const [key] = await keysUnder(storage, 'parity/')
  const whole = storage.objects.get(key!)!
  strike(storage, key!)
  expect((await repository.verify()).damaged).toMatchObject([
    { object: key, code: 'repository.parity-remade', hits: [] },
  ])
  expect(Buffer.compare(storage.objects.get(key!)!, whole)).toBe(0)
  expect((await repository.verify()).damaged).toEqual([])
})

it('goes with its pack', async () => {
  const { storage, repository, point } = await prepared()
  await repository.forget(point.id, { reason: 'a test' })
  await repository.collect(everything)
  expect(await keysUnder(storage, 'packs/')).toEqual([])
  expect(await keysUnder(storage, 'parity/')).toEqual([])
})
