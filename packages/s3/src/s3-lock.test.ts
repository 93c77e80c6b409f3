import { collect } from '@vmkeep/kit'
import {
  backUp,
  contentOf,
  createTestRepository,
  noise,
  objectLockContract,
  reopenTestRepository,
} from '@vmkeep/repository/testing'
import { fakeClock } from '@vmkeep/kit/testing'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FakeS3, openFakeS3 } from './fake-s3.ts'
import { openTestStorage } from './testing.ts'
import { type ObjectVersion, versionAt, versionsPageOf } from './versions.ts'

let fake: FakeS3
let clockMs = Date.UTC(2026, 0, 1)
let prefixes = 0
beforeAll(async () => {
  fake = await openFakeS3({ locks: true, nowMs: () => clockMs, pageKeysMax: 7 })
})
afterAll(() => fake[Symbol.asyncDispose]())
afterEach(() => fake.faults.clear())

const open = (url = `s3://backups/lock-${prefixes++}`, asOf?: Date) =>
  openTestStorage(fake.endpoint, url, asOf === undefined ? {} : { asOf })

for (const mode of ['governance', 'compliance'] as const)
  objectLockContract(`S3 in ${mode} mode`, {
    open: async () => {
      const storage = await open()
      if (mode === 'governance') forbidBypass()
      return storage
    },
    mode,
    nowMs: () => clockMs,
  })

/** What a policy without s3:BypassGovernanceRetention does. */
const forbidBypass = () =>
  fake.faults.add({ on: 's3.delete', after: 1, then: { kind: 'refuse', status: 403, code: 'AccessDenied' } })

describe('a lock in S3', () => {
  const retention = { mode: 'governance', untilMs: Date.UTC(2027) } as const

  it('is not there in a bucket made without it, nor on a server without it', async () => {
    await using without = await openFakeS3()
    await using storage = await openTestStorage(without.endpoint, 's3://backups/x')
    expect(await storage.lock.whyNot('governance')).toContain('not enabled for the bucket')
    without.faults.add({ on: 's3.get-lock', then: { kind: 'refuse', status: 501, code: 'NotImplemented' } })
    expect(await storage.lock.whyNot('governance')).toContain('no Object Lock')
  })

  it('is seen to be none where the server ignores it', async () => {
    await using storage = await open()
    fake.faults.add({ on: 's3.put', then: { kind: 'ignore-lock' } })
    await storage.lock.putNew('a', new Uint8Array(1), retention)
    expect(await storage.lock.retentionOf('a')).toBeUndefined()
    expect(await storage.lock.breaks('a')).toContain('deleted')
  })

  it('is seen to be broken by whoever may bypass it', async () => {
    await using storage = await open()
    await storage.lock.putNew('a', new Uint8Array(1), retention)
    expect(await storage.lock.breaks('a')).toEqual(['bypassed'])
  })

  it('cannot be had of what was deleted, whatever the server calls that', async () => {
    await using storage = await open()
    fake.faults.add({ on: 's3.put-retention', then: { kind: 'refuse', status: 405, code: 'MethodNotAllowed' } })
    await expect(storage.lock.extend('a', retention)).rejects.toMatchObject({ code: 'storage.not-found' })
  })

  it('is of its own put when the reply was lost', async () => {
    await using storage = await open()
    fake.faults.add({ on: 's3.put', times: 1, then: { kind: 'lost-reply' } })
    expect(await storage.lock.putNew('a', new Uint8Array(1), retention)).toBe('created')
    expect(await storage.lock.retentionOf('a')).toEqual(retention)
  })
})

describe('a bucket as of a time', () => {
  const minute = 60_000

  it('shows what was there then, and refuses every change', async () => {
    const url = `s3://backups/past-${prefixes++}`
    await using now = await open(url)
    const bytes = noise(1000, 1)
    const keys = Array.from({ length: 20 }, (_, i) => `packs/${i}`).toSorted()
    for (const key of keys) await now.putNew(key, bytes)
    for (let i = 0; i < 9; i++) {
      await now.putNew('gone/a', bytes) // more versions than fit on a page
      clockMs += 1000
      await now.delete('gone/a')
      clockMs += 1000
    }
    clockMs += minute
    const before = new Date(clockMs)
    clockMs += minute
    await now.deleteMany(keys)
    await now.putNew('late', bytes)
    expect(await collect(now.list(''))).toMatchObject([{ key: 'late' }])
    await using past = await open(url, before)
    expect(past.isPast).toBe(true)
    expect((await collect(past.list(''))).map(({ key }) => key)).toEqual(keys)
    expect((await collect(past.list('packs/'))).map(({ sizeBytes }) => sizeBytes)).toEqual(keys.map(() => 1000))
    expect(bytes.equals((await past.get('packs/3', 1000))!)).toBe(true)
    expect(await past.get('late', 1000)).toBeUndefined()
    expect(await past.size('packs/1')).toBe(1000) // and not packs/10 to packs/19
    const range = new Uint8Array(10)
    await past.getRange('packs/5', 20, range)
    expect(bytes.subarray(20, 30).equals(range)).toBe(true)
    for (const change of [past.putNew('x', bytes), past.delete('packs/1'), past.deleteMany(['packs/1'])])
      await expect(change).rejects.toMatchObject({ code: 'storage.past' })
  })

  it('restores from a repository after somebody deleted everything', async () => {
    const url = `s3://backups/attack-${prefixes++}`
    const clock = fakeClock(clockMs)
    await using storage = await open(url)
    const disk = noise(300_000, 2)
    {
      const lock = { days: 7, mode: 'compliance' } as const
      await using test = await createTestRepository(storage, { lock, clock })
      const point = await backUp(test.repository, { disk })
      expect(point.lockedUntil).toBeDefined()
    }
    const before = new Date(clockMs)
    clockMs += minute
    for (const { key } of await collect(storage.list(''))) await storage.delete(key)
    await expect(reopenTestRepository(storage)).rejects.toMatchObject({ code: 'repository.missing' })
    await using past = await open(url, before)
    await using repository = await reopenTestRepository(past)
    const [point] = await collect(repository.points())
    await using _held = await repository.holdPoint(point!.id) // the past cannot go away
    const { images } = await repository.point(point!.id)
    expect(disk.equals(await contentOf(repository, images[0]!.image))).toBe(true)
    expect((await repository.verify()).damaged).toEqual([])
    await expect(repository.beginSession()).rejects.toMatchObject({ code: 'storage.past' })
  })

  it('takes the oldest of several versions: names are used once, so that every other is a forgery', () => {
    const version = (id: string | undefined, modifiedAtMs: number): ObjectVersion => ({
      key: 'a',
      content: id === undefined ? undefined : { version: id, sizeBytes: 1, modifiedAtMs },
      modifiedAtMs,
    })
    const history = [version('forged', 30), version('true', 10), version(undefined, 20)]
    expect(versionAt(history, 9)).toBeUndefined()
    expect(versionAt(history, 15)?.version).toBe('true')
    expect(versionAt(history, 25)).toBeUndefined()
    expect(versionAt(history, 35)?.version).toBe('true')
    expect(versionAt([version('a', 10), version(undefined, 10)], 10)?.version).toBe('a')
    expect(versionAt([version('forged', 10), version('true', 10)], 10)?.version).toBe('true')
    const histories = fc.array(fc.record({ id: fc.option(fc.string({ minLength: 1 })), at: fc.nat(50) }))
    fc.assert(
      fc.property(histories, fc.nat(60), (entries, atMs) => {
        const found = versionAt(
          entries.map(({ id, at }) => version(id ?? undefined, at)),
          atMs,
        )
        if (found !== undefined) expect(found.modifiedAtMs).toBeLessThanOrEqual(atMs)
      }),
    )
  })

  it('is not read from a list of versions that makes no sense', () => {
    const read = (answer: object) =>
      versionsPageOf({ $metadata: {}, ...answer }, { root: 'r/', prefix: 'p/', after: { key: 'p/b', version: '1' } })
    const [VersionId, LastModified, Size] = ['v', new Date(), 1]
    for (const [answer, words] of [
      [{}, 'whether there is more'],
      [{ IsTruncated: true }, 'where it goes on'],
      [{ IsTruncated: false, Versions: [{ Key: 'x' }] }, 'without id or size'],
      [{ IsTruncated: false, Versions: [{ Key: 'x', VersionId, Size, LastModified }] }, 'that names "x"'],
      [{ IsTruncated: false, Versions: [{ Key: 'r/p/c', VersionId, Size }] }, 'without its time'],
      [{ IsTruncated: false, DeleteMarkers: [{ Key: 'r/p/a', LastModified }] }, 'out of order'],
      [
        {
          IsTruncated: true,
          DeleteMarkers: [{ Key: 'r/p/c', LastModified }],
          NextKeyMarker: 'r/p/b',
          NextVersionIdMarker: '1',
        },
        'stands still',
      ],
    ] as const)
      expect(() => read(answer)).toThrow(words)
  })
})
