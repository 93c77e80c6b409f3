// The process that copies may die at any call to either storage. Each call is tried, one after the other.
import { collect, Secret } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import { openKeySlots } from '../keys/key-slots.ts'
import type { Repository } from '../repository.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import {
  contentOf,
  copyOf,
  createTestRepository,
  createTestTwin,
  dyingTogether,
  fastKdf,
  manifestOf,
  noise,
  powerCut,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
  testPassphrase,
} from '../testing.ts'

const before = noise(4 * chunk, 'before')
const first = before.subarray(0, chunk)
const after = Buffer.concat([before.subarray(0, 3 * chunk), noise(chunk, 'after')])
const contents: Readonly<Record<string, Buffer>> = { first, before, after, other: noise(chunk, 'other') }
const all = { graceMs: 0, silentMs: 0, deadShareMax: 0.2 }

async function backUpVersion(repository: Repository, content: Uint8Array, name: string): Promise<void> {
  await using session = await repository.beginSession()
  const subject = { id: name, name, kind: 'test' }
  const notes = await session.putBlob(Buffer.from('notes'))
  const images = { disk: await storeImage(session, content) }
  await session.commit(manifestOf(images, { subject, blobs: { notes } }))
}

/** `keyless`: a twin, copied to with keys of maintenance only. */
type Kind = 'twin' | 'stranger' | 'keyless'
const sweeper = new Secret('sweep')

/**
 * Two points in the source, the second an increment of the first; and one in the target that shares nothing. What is copied without data keys
 * comes behind something that was copied with them.
 */
async function prepared(kind: Kind) {
  const source = await createTestRepository(memoryStorage(), { seed: 'source' })
  const into = memoryStorage()
  const target =
    kind === 'stranger'
      ? await createTestRepository(into, { seed: 'target' })
      : await createTestTwin(source, { into, seed: 'target' })
  if (kind === 'keyless') {
    await backUpVersion(source.repository, first, 'first')
    await target.repository.syncFrom(source.repository)
    for (const storage of [source.storage, into]) {
      const slots = await openKeySlots(storage, { key: testPassphrase, kdf: fastKdf })
      await slots.addKey(sweeper, { maintenance: true })
    }
  }
  await backUpVersion(source.repository, before, 'before')
  source.clock.advance(1000)
  await backUpVersion(source.repository, after, 'after')
  await backUpVersion(target.repository, noise(chunk, 'other'), 'other')
  return { source: source.storage, target: into }
}

async function checkAll(repository: Repository): Promise<string[]> {
  const names: string[] = []
  for await (const point of repository.points()) {
    if (point.damaged !== undefined) throw point.damaged
    await repository.checkPoint(point)
    const { name } = point.subject
    names.push(name)
    expect(Buffer.compare(await contentOf(repository, point.images[0]!.image), contents[name]!)).toBe(0)
    expect(Buffer.from(await repository.readBlob(point.blobs['notes']!)).toString()).toBe('notes')
  }
  expect((await repository.verify({ samplePercent: 0 })).damaged).toEqual([])
  return names.toSorted()
}

/** Copies what is left, forgets all but the other point, and looks that nothing of the copies stays. */
async function checkWhole(target: MemoryStorage, source: MemoryStorage): Promise<void> {
  const clock = fakeClock(Date.UTC(2026, 5, 1))
  await using to = await reopenTestRepository(target, { seed: 'after', clock })
  await using from = await reopenTestRepository(source, { seed: 'from after', clock })
  await checkAll(to)
  const { points } = await to.syncFrom(from)
  expect(points.every(({ outcome }) => outcome === 'copied' || outcome === 'there')).toBe(true)
  const names = [...(await checkAll(from)), 'other'].toSorted()
  expect(await checkAll(to)).toEqual(names)
  for (const collector of [to, from]) expect(await collector.collect(all)).toMatchObject({ outcome: 'done' })
  expect(await checkAll(to)).toEqual(names)
  for (const storage of [target, source]) {
    expect(await collect(storage.list('sessions/'))).toEqual([])
    const packs = (await collect(storage.list('packs/'))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    expect(packs).toBeLessThan(6 * chunk * 1.2 + 8192)
  }
}

describe.each<Kind>(['twin', 'stranger', 'keyless'])('to a %s', (kind) => {
  it(
    'a copy may die at every call: what is committed is whole, the next one goes on, and nothing leaks',
    { timeout: 120_000 },
    async () => {
      const start = await prepared(kind)
      const copied = kind === 'keyless' ? ['there', 'copied', 'copied'] : ['copied', 'copied']
      for (let n = 0; ; n++) {
        const [source, target] = [copyOf(start.source), copyOf(start.target)]
        const { storages, calls } = dyingTogether(n, [source, target])
        const [from, to] = await Promise.all(
          storages.map((storage, i) =>
            reopenTestRepository(storage, { seed: `dying ${n} ${i}`, ...(kind === 'keyless' && { key: sweeper }) }),
          ),
        ).catch(() => [])
        const report = await to?.syncFrom(from!).catch((error: unknown) => {
          if (error !== powerCut) throw error
        })
        const died = calls() > n
        if (!died) expect(report!.points.map(({ outcome }) => outcome)).toEqual(copied)
        await checkWhole(target, source)
        if (!died) return expect(n).toBeGreaterThan(60)
      }
    },
  )
})
