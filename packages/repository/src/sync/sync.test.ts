import { collect } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fail } from '../errors.ts'
import type { Repository, SyncReport } from '../repository.ts'
import type { RestorePoint, StoredImage } from '../restore-point.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import {
  backUp,
  changedStorage,
  contentOf,
  createTestRepository,
  createTestTwin,
  manifestOf,
  noise,
  reopenTestRepository,
  storeImage,
  type TestRepository,
  testChunkBytes as chunk,
  writeRuns,
} from '../testing.ts'

const outcomes = ({ points }: SyncReport) => points.map(({ outcome }) => outcome)
const bytesOf = ({ points }: SyncReport) => points.reduce((sum, { bytes }) => sum + bytes, 0)

async function pointsOf(repository: Repository): Promise<RestorePoint[]> {
  return (await collect(repository.points())).map((point) => {
    if (point.damaged !== undefined) throw point.damaged
    return point
  })
}

/** Backs up one disk, a second after whatever was before. */
function backUpDisk({ repository, clock }: TestRepository, disk: Uint8Array): Promise<RestorePoint> {
  clock.advance(1000)
  return backUp(repository, { disk })
}

/** A source, and an empty target that shares its keys, or does not. */
async function pair(kind: 'twin' | 'stranger') {
  const source = await createTestRepository(memoryStorage(), { seed: 'source' })
  const target =
    kind === 'twin'
      ? await createTestTwin(source, { seed: 'target' })
      : await createTestRepository(memoryStorage(), { seed: 'target' })
  return { source, target }
}

/** Backs up one disk, from what it was before, as an incremental does. */
async function increment(
  { repository, clock }: TestRepository,
  content: Uint8Array,
  { base, changed }: { base?: RestorePoint; changed?: readonly number[] } = {},
): Promise<RestorePoint> {
  clock.advance(1000)
  await using session = await repository.beginSession()
  const inherit = base && { base: { point: base.id, image: base.images[0]!.image }, unwritten: 'inherit' as const }
  const image = await session.beginImage({ capacityBytes: content.length, unwritten: 'zero', ...inherit })
  const chunks = changed ?? Array.from({ length: Math.ceil(content.length / chunk) }, (_, i) => i)
  const runs = chunks.map((i) => ({ offsetBytes: i * chunk, bytes: content.subarray(i * chunk, (i + 1) * chunk) }))
  await writeRuns(image, runs)
  const config = await session.putBlob(Buffer.from(`config of ${content.length}`))
  const more = { blobs: { config }, attributes: { files: [{ blob: config }], note: 'as it was' } }
  return await session.commit(manifestOf({ disk: await image.finish() }, more))
}

const everyKind = describe.each(['twin', 'stranger'] as const)

everyKind('to a %s', (kind) => {
  it('copies points with all that belongs to them, and the target alone restores them', async () => {
    const { source, target } = await pair(kind)
    const content = noise(5 * chunk + 1000, 'disk')
    const point = await increment(source, content)
    target.clock.advance(1e9)
    const report = await target.repository.syncFrom(source.repository)
    expect(report).toMatchObject({
      verbatim: kind === 'twin',
      points: [{ point: point.id, outcome: 'copied', subject: point.subject, createdAt: point.createdAt }],
    })
    source.storage.objects.clear()
    await using alone = await reopenTestRepository(target.storage, { seed: 'alone' })
    const [copy] = await pointsOf(alone)
    const { createdAt, subject, stats } = point
    expect(copy).toMatchObject({ createdAt, subject, stats, id: report.points[0]!.copy })
    expect(copy!.origin).toEqual({
      repository: source.repository.id,
      point: point.id,
      committedAt: point.committedAt,
    })
    expect(Buffer.compare(await contentOf(alone, copy!.images[0]!.image), content)).toBe(0)
    const config = copy!.blobs['config']!
    expect(copy!.attributes).toEqual({ files: [{ blob: config }], note: 'as it was' })
    expect(Buffer.from(await alone.readBlob(config)).toString()).toBe(`config of ${content.length}`)
    expect((await alone.verify()).damaged).toEqual([])
  })

  it('brings what is new only, and nothing the second time', async () => {
    const { source, target } = await pair(kind)
    const content = noise(40 * chunk, 'disk')
    const first = await increment(source, content)
    expect(bytesOf(await target.repository.syncFrom(source.repository))).toBeGreaterThan(40 * chunk)
    noise(chunk, 'changed').copy(content, 7 * chunk)
    await increment(source, content, { base: first, changed: [7] })
    let read = 0
    const counted = changedStorage(source.storage, {
      getRange: (key, at, into, signal) => {
        if (key.startsWith('packs/')) read += into.length
        return source.storage.getRange(key, at, into, signal)
      },
    })
    await using reader = await reopenTestRepository(counted, { seed: 'reader' })
    const planned = await target.repository.syncFrom(reader, { dryRun: true })
    expect(outcomes(planned)).toEqual(['there', 'would-copy'])
    expect(bytesOf(planned)).toBeLessThan(1.1 * chunk)
    expect(await pointsOf(target.repository)).toHaveLength(1)
    const report = await target.repository.syncFrom(reader)
    expect(outcomes(report)).toEqual(['there', 'copied'])
    expect(bytesOf(report)).toBeLessThan(1.1 * chunk)
    expect(read).toBeLessThan(1.5 * chunk)
    const again = await target.repository.syncFrom(reader)
    expect(outcomes(again)).toEqual(['there', 'there'])
    expect(bytesOf(again)).toBe(0)
  })

  it('does not bring back what was forgotten in the target, unless asked to; and forgets nothing there', async () => {
    const { source, target } = await pair(kind)
    const first = await backUpDisk(source, noise(3 * chunk, 1))
    await backUpDisk(source, noise(3 * chunk, 2))
    const report = await target.repository.syncFrom(source.repository)
    await target.repository.forget(report.points[0]!.copy!, { reason: 'retention' })
    expect(outcomes(await target.repository.syncFrom(source.repository))).toEqual(['forgotten', 'there'])
    await target.repository.collect({ graceMs: 0 })
    expect(outcomes(await target.repository.syncFrom(source.repository))).toEqual(['forgotten', 'there'])
    await using later = await reopenTestRepository(target.storage, { seed: 'later' })
    expect(outcomes(await later.syncFrom(source.repository))).toEqual(['forgotten', 'there'])
    await source.repository.forget(first.id, { reason: 'retention' })
    expect(outcomes(await later.syncFrom(source.repository))).toEqual(['there'])
    await source.repository.restoreForgotten(first.id)
    expect(outcomes(await later.syncFrom(source.repository, { again: true }))).toEqual(['copied', 'there'])
    expect((await pointsOf(later)).map(({ origin }) => origin!.point)[0]).toBe(first.id)
    expect((await later.verify()).damaged).toEqual([])
  })

  it('copies the others when one is damaged, and says which', async () => {
    const { source, target } = await pair(kind)
    await backUpDisk(source, noise(3 * chunk, 1))
    const keys = new Set(source.storage.objects.keys())
    await backUpDisk(source, noise(3 * chunk, 2))
    const pack = [...source.storage.objects.keys()].find(
      (key) => key.startsWith('packs/') && !keys.has(key) && source.storage.objects.get(key)!.length > 2 * chunk,
    )!
    source.storage.objects.get(pack)![chunk]! ^= 1
    await backUpDisk(source, noise(3 * chunk, 3))
    const report = await target.repository.syncFrom(source.repository)
    expect(outcomes(report)).toEqual(['copied', 'damaged', 'copied'])
    expect(report.points[1]!.error).toMatchObject({ code: 'repository.copy-damaged' })
    expect((await target.repository.verify()).damaged).toEqual([])
  })

  it('tells the target’s own trouble as such, stops, and goes on when it is over, storing nothing twice', async () => {
    const { source, target } = await pair(kind)
    const content = noise(40 * chunk, 'disk')
    await backUpDisk(source, content)
    await backUpDisk(source, noise(chunk, 2))
    let room = 20 * chunk
    const full = changedStorage(target.storage, {
      async putNew(key, bytes, signal) {
        const pieces = bytes instanceof Uint8Array ? [bytes] : bytes
        room -= pieces.reduce((sum, piece) => sum + piece.length, 0)
        if (room < 0 && key.startsWith('packs/')) throw fail('storage.full', { storage: 'target', key })
        return await target.storage.putNew(key, bytes, signal)
      },
    })
    {
      await using small = await reopenTestRepository(full, { seed: 'small' })
      const report = await small.syncFrom(source.repository)
      expect(outcomes(report)).toEqual(['failed', 'pending'])
      expect(report.points[0]!.error).toMatchObject({ code: 'storage.full' })
    }
    const stored = async () =>
      (await collect(target.storage.list('packs/'))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    expect(await stored()).toBeGreaterThan(4 * chunk)
    await using large = await reopenTestRepository(target.storage, { seed: 'large' })
    expect(outcomes(await large.syncFrom(source.repository))).toEqual(['copied', 'copied'])
    expect(await stored()).toBeLessThan(41 * chunk * 1.02)
    expect((await large.verify()).damaged).toEqual([])
  })

  it('makes one copy when two copy at the same time', async () => {
    const { source, target } = await pair(kind)
    await backUpDisk(source, noise(3 * chunk, 1))
    await using another = await reopenTestRepository(target.storage, { seed: 'another' })
    let other: Promise<SyncReport> | undefined
    const report = await target.repository.syncFrom(source.repository, {
      onProgress: ({ bytesDone }) => void (bytesDone > 0 && (other ??= another.syncFrom(source.repository))),
    })
    const all = [...outcomes(report), ...outcomes(await other!)]
    expect(all.filter((outcome) => outcome === 'copied').length).toBe((await pointsOf(another)).length)
    expect(all).toContain('copied')
  })

  it('keeps to a rate, stops when told, and reads a point back first if asked to', async () => {
    const { source, target } = await pair(kind)
    const content = noise(20 * chunk, 'disk')
    await backUpDisk(source, content)
    const startMs = target.clock.nowMs()
    const stop = new AbortController()
    const reason = new Error('enough')
    const stopping = target.repository.syncFrom(source.repository, {
      signal: stop.signal,
      onProgress: ({ bytesDone }) => bytesDone > 4 * chunk && stop.abort(reason),
    })
    await expect(stopping).rejects.toBe(reason)
    expect(await collect(target.storage.list('sessions/'))).toEqual([])
    const limited = await target.repository.syncFrom(source.repository, {
      bytesPerSecondMax: chunk,
      verifiedOnly: true,
    })
    expect(outcomes(limited)).toEqual(['copied'])
    const seconds = (target.clock.nowMs() - startMs) / 1000
    expect(seconds).toBeGreaterThan(bytesOf(limited) / chunk - 20)
    const pack = [...source.storage.objects].find(
      ([key, { length }]) => key.startsWith('packs/') && length > 2 * chunk,
    )!
    pack[1][chunk]! ^= 1
    await backUpDisk(source, content) // all of it is in the target already
    expect(outcomes(await target.repository.syncFrom(source.repository, { verifiedOnly: true }))).toEqual([
      'there',
      'damaged',
    ])
    expect(outcomes(await target.repository.syncFrom(source.repository))).toEqual(['there', 'copied'])
  })

  it('goes on while the source is collected and its packs are copied elsewhere', async () => {
    const { source, target } = await pair(kind)
    const content = noise(24 * chunk, 'disk')
    const old = await increment(source, content)
    for (let i = 0; i < 24; i += 2) noise(chunk, `new ${i}`).copy(content, i * chunk)
    const kept = await increment(source, content)
    await source.repository.forget(old.id, { reason: 'a test' })
    await using collector = await reopenTestRepository(source.storage, { seed: 'collector', clock: source.clock })
    let collecting: Promise<unknown> | undefined
    const slow = changedStorage(source.storage, {
      async getRange(key, at, into, signal) {
        if (key.startsWith('packs/')) await (collecting ??= collector.collect({ graceMs: 0, deadShareMax: 0 }))
        await source.storage.getRange(key, at, into, signal)
      },
    })
    await using reader = await reopenTestRepository(slow, { seed: 'reader' })
    const report = await target.repository.syncFrom(reader)
    expect(await collecting).toMatchObject({ outcome: 'done' })
    expect(((await collecting) as { packsRepacked: number }).packsRepacked).toBeGreaterThan(0)
    expect(outcomes(report)).toEqual(['copied'])
    const [copy] = await pointsOf(target.repository)
    expect(copy!.origin!.point).toBe(kept.id)
    expect(Buffer.compare(await contentOf(target.repository, copy!.images[0]!.image), content)).toBe(0)
  })

  it('goes on while the target is collected', async () => {
    const { source, target } = await pair(kind)
    const content = noise(12 * chunk, 'disk')
    const first = await increment(source, content)
    const report = await target.repository.syncFrom(source.repository)
    noise(chunk, 'changed').copy(content, 3 * chunk)
    await increment(source, content, { base: first, changed: [3] })
    await target.repository.forget(report.points[0]!.copy!, { reason: 'a test' })
    await using collector = await reopenTestRepository(target.storage, { seed: 'collector' })
    let collecting: Promise<unknown> | undefined
    const slow = changedStorage(target.storage, {
      async putNew(key, bytes, signal) {
        if (key.startsWith('points/'))
          await (collecting ??= collector.collect({ graceMs: 0, silentMs: 0, deadShareMax: 0 }))
        return await target.storage.putNew(key, bytes, signal)
      },
    })
    await using writer = await reopenTestRepository(slow, { seed: 'writer' })
    expect(outcomes(await writer.syncFrom(source.repository))).toEqual(['forgotten', 'copied'])
    expect(collecting).toBeDefined()
    await using after = await reopenTestRepository(target.storage, { seed: 'after' })
    const [copy] = await pointsOf(after)
    expect(Buffer.compare(await contentOf(after, copy!.images[0]!.image), content)).toBe(0)
    await after.collect({ graceMs: 0 })
    expect((await after.verify()).damaged).toEqual([])
  })

  it('does without a base that is collected just before it begins', async () => {
    const { source, target } = await pair(kind)
    const content = noise(12 * chunk, 'disk')
    const first = await increment(source, content)
    const [base] = (await target.repository.syncFrom(source.repository)).points
    noise(chunk, 'changed').copy(content, 3 * chunk)
    await increment(source, content, { base: first, changed: [3] })
    let collected: Promise<unknown> | undefined
    const collect = async () => {
      await using collector = await reopenTestRepository(target.storage, { seed: 'collector', clock: target.clock })
      await collector.forget(base!.copy!, { reason: 'a test' })
      return await collector.collect({ graceMs: 0, deadShareMax: 0 })
    }
    const slow = changedStorage(target.storage, {
      async putNew(key, bytes, signal) {
        if (key.endsWith('/start')) await (collected ??= collect())
        return await target.storage.putNew(key, bytes, signal)
      },
    })
    await using writer = await reopenTestRepository(slow, { seed: 'writer' })
    expect(outcomes(await writer.syncFrom(source.repository))).toEqual(['there', 'copied'])
    expect(((await collected) as { packsDeleted: number }).packsDeleted).toBeGreaterThan(0)
    await using after = await reopenTestRepository(target.storage, { seed: 'after' })
    const [copy] = await pointsOf(after)
    expect(Buffer.compare(await contentOf(after, copy!.images[0]!.image), content)).toBe(0)
  })

  it('copies any history so that every point reads the same, also backwards in time and in parts', () =>
    fc.assert(
      fc.asyncProperty(anyHistory, async (history) => {
        const { source, target } = await pair(kind)
        const contents = new Map<string, Uint8Array>()
        const made: RestorePoint[] = []
        for (const { vm, chunks, tail, base, select } of history) {
          source.clock.advance(1000)
          const capacityBytes = Math.max(...chunks.map(([at]) => at + 1), 1) * chunk - tail
          const content = Buffer.alloc(capacityBytes)
          for (const [at, value] of chunks) if (value > 0) noise(chunk, value).copy(content, at * chunk)
          const previous = base ? made.findLast(({ subject }) => subject.id === vm) : undefined
          await using session = await source.repository.beginSession()
          const image = await storeImage(session, content, {
            ...(previous && { base: { point: previous.id, image: previous.images[0]!.image } }),
            unwritten: previous === undefined ? 'zero' : 'inherit',
          })
          const subject = { id: vm, name: vm, kind: 'test' }
          const point = await session.commit(manifestOf({ disk: image as StoredImage }, { subject }))
          made.push(point)
          contents.set(point.id, content)
          if (select !== undefined) {
            const points = made.filter((_, i) => (select >> i) & 1).map(({ id }) => id)
            await target.repository.syncFrom(source.repository, { points })
          }
        }
        await target.repository.syncFrom(source.repository)
        const copies = await pointsOf(target.repository)
        expect(copies.map(({ createdAt }) => createdAt)).toEqual(made.map(({ createdAt }) => createdAt))
        expect(copies.map(({ origin }) => origin!.point)).toEqual(made.map(({ id }) => id))
        for (const copy of copies) {
          const content = await contentOf(target.repository, copy.images[0]!.image)
          expect(Buffer.compare(content, contents.get(copy.origin!.point)!)).toBe(0)
        }
        expect((await target.repository.verify()).damaged).toEqual([])
      }),
      { numRuns: 6 },
    ))
})

const anyHistory = fc.array(
  fc.record({
    vm: fc.constantFrom('a', 'b'),
    chunks: fc.array(fc.tuple(fc.oneof(fc.nat(6), fc.constantFrom(255, 256, 300)), fc.nat(4)), { maxLength: 6 }),
    tail: fc.constantFrom(0, 0, 512),
    base: fc.boolean(),
    select: fc.option(fc.nat(63), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 5 },
)

it('does not take a page for what was below it: its chunks may be collected', async () => {
  const { source, target } = await pair('twin')
  const [gone, kept] = [noise(20 * chunk, 'gone'), noise(3 * chunk, 'kept')]
  const both = await backUp(target.repository, { gone, kept })
  await backUp(target.repository, { kept })
  await target.repository.forget(both.id, { reason: 'a test' })
  await target.repository.collect({ graceMs: 0, deadShareMax: 1 })
  await backUp(source.repository, { gone })
  await using writer = await reopenTestRepository(target.storage, { seed: 'writer' })
  expect(bytesOf(await writer.syncFrom(source.repository))).toBeGreaterThan(20 * chunk)
  const copy = (await pointsOf(writer)).find(({ origin }) => origin !== undefined)!
  await writer.checkPoint(copy)
  expect(Buffer.compare(await contentOf(writer, copy.images[0]!.image), gone)).toBe(0)
})

it('knows a point again by its origin, through a third repository and back', async () => {
  const a = await createTestRepository(memoryStorage(), { seed: 'a' })
  const b = await createTestTwin(a, { seed: 'b' })
  const c = await createTestRepository(memoryStorage(), { seed: 'c' })
  const point = await backUp(a.repository, { disk: noise(3 * chunk, 1) })
  await b.repository.syncFrom(a.repository)
  expect(outcomes(await c.repository.syncFrom(b.repository))).toEqual(['copied'])
  expect((await pointsOf(c.repository))[0]!.origin).toMatchObject({ repository: a.repository.id, point: point.id })
  expect(outcomes(await c.repository.syncFrom(a.repository))).toEqual(['there'])
  expect(outcomes(await a.repository.syncFrom(c.repository))).toEqual(['there'])
  expect(outcomes(await b.repository.syncFrom(c.repository))).toEqual(['there'])
})

it('refuses to copy a repository into itself', async () => {
  const { repository, storage } = await createTestRepository(memoryStorage())
  await using again = await reopenTestRepository(storage)
  for (const source of [repository, again])
    await expect(repository.syncFrom(source)).rejects.toMatchObject({ code: 'repository.copy-to-itself' })
})

it('copies from where nothing can be written, and reports a point that cannot be understood', async () => {
  const { source, target } = await pair('twin')
  const broken = await backUpDisk(source, noise(chunk, 1))
  await backUpDisk(source, noise(chunk, 2))
  source.storage.objects.get(`points/${broken.id}`)![100]! ^= 1
  const readOnly = changedStorage(source.storage, {
    putNew: (key) => Promise.reject(fail('storage.read-only', { storage: 'source', key })),
  })
  await using reader = await reopenTestRepository(readOnly, { seed: 'reader' })
  const report = await target.repository.syncFrom(reader)
  expect(outcomes(report)).toEqual(['damaged', 'copied'])
  expect(report.points[0]!.error).toMatchObject({ code: 'repository.point-corrupt' })
})

it('holds the point in the source for longer than one pin counts', async () => {
  const beats: (() => void)[] = []
  const clock = fakeClock()
  const { source, target } = await pair('twin')
  await backUpDisk(source, noise(3 * chunk, 1))
  const every = (_: number, work: () => void) => {
    beats.push(work)
    return { [Symbol.dispose]: () => {} }
  }
  await using reader = await reopenTestRepository(source.storage, { seed: 'reader', every, clock })
  const pins: string[][] = []
  await target.repository.syncFrom(reader, {
    onProgress: ({ bytesDone }) => {
      if (bytesDone === 0) return
      clock.advance(9 * 3_600_000)
      beats[0]!()
      pins.push([...source.storage.objects.keys()].filter((key) => key.startsWith('readers/')))
    },
  })
  expect(new Set(pins.flat()).size).toBeGreaterThan(1)
  expect(pins.every((each) => each.length > 0)).toBe(true)
  expect([...source.storage.objects.keys()].filter((key) => key.startsWith('readers/'))).toEqual([])
})
