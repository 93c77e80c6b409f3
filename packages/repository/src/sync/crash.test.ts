// The process that copies may die at any call to either storage. Each call is tried, one after the other.
import { collect } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import type { Repository } from '../repository.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import {
  contentOf,
  copyOf,
  createTestRepository,
  createTestTwin,
  dyingTogether,
  manifestOf,
  noise,
  powerCut,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
} from '../testing.ts'

const before = noise(4 * chunk, 'before')
const after = Buffer.concat([before.subarray(0, 3 * chunk), noise(chunk, 'after')])
const all = { graceMs: 0, silentMs: 0, deadShareMax: 0.2 }

async function backUpVersion(repository: Repository, content: Uint8Array, name: string): Promise<void> {
  await using session = await repository.beginSession()
  const subject = { id: name, name, kind: 'test' }
  const notes = await session.putBlob(Buffer.from('notes'))
  const images = { disk: await storeImage(session, content) }
  await session.commit(manifestOf(images, { subject, blobs: { notes } }))
}

/** Two points in the source, the second an increment of the first; and one in the target that shares nothing. */
async function prepared(kind: 'twin' | 'stranger') {
  const source = await createTestRepository(memoryStorage(), { seed: 'source' })
  const into = memoryStorage()
  const target =
    kind === 'twin'
      ? await createTestTwin(source, { into, seed: 'target' })
      : await createTestRepository(into, { seed: 'target' })
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
    const expected = name === 'before' ? before : name === 'after' ? after : noise(chunk, 'other')
    expect(Buffer.compare(await contentOf(repository, point.images[0]!.image), expected)).toBe(0)
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
  expect(await checkAll(to)).toEqual(['after', 'before', 'other'])
  for (const collector of [to, from]) expect(await collector.collect(all)).toMatchObject({ outcome: 'done' })
  expect(await checkAll(to)).toEqual(['after', 'before', 'other'])
  for (const storage of [target, source]) {
    expect(await collect(storage.list('sessions/'))).toEqual([])
    const packs = (await collect(storage.list('packs/'))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    expect(packs).toBeLessThan(6 * chunk * 1.2 + 8192)
  }
}

describe.each(['twin', 'stranger'] as const)('to a %s', (kind) => {
  it(
    'a copy may die at every call: what is committed is whole, the next one goes on, and nothing leaks',
    { timeout: 120_000 },
    async () => {
      const start = await prepared(kind)
      for (let n = 0; ; n++) {
        const [source, target] = [copyOf(start.source), copyOf(start.target)]
        const { storages, calls } = dyingTogether(n, [source, target])
        const [from, to] = await Promise.all(
          storages.map((storage, i) => reopenTestRepository(storage, { seed: `dying ${n} ${i}` })),
        ).catch(() => [])
        const report = await to?.syncFrom(from!).catch((error: unknown) => {
          if (error !== powerCut) throw error
        })
        const died = calls() > n
        if (!died) expect(report!.points.map(({ outcome }) => outcome)).toEqual(['copied', 'copied'])
        await checkWhole(target, source)
        if (!died) return expect(n).toBeGreaterThan(60)
      }
    },
  )
})
