import { collect, seededRandom, systemClock, systemRandom } from '@vmkeep/kit'
import { brokenPromises, validateStorage } from '@vmkeep/repository'
import { storageContract } from '@vmkeep/repository/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FakeS3, impatientClock, openFakeS3, openTestStorage, type S3Fault } from './testing.ts'

let fake: FakeS3
let folders = 0
const open = (options = {}) => openTestStorage(fake.endpoint, `s3://backups/test-${folders++}`, options)
beforeAll(async () => {
  fake = await openFakeS3({ pageKeysMax: 7 })
})
afterAll(() => fake[Symbol.asyncDispose]())
afterEach(() => fake.faults.clear())

const bytes = seededRandom('s3').bytes(100_000)
const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 60_000), bytes.subarray(60_000)]
const rule = (on: string, then: S3Fault, times = Infinity, after = 0) => fake.faults.add({ on, times, after, then })
const refuse = (status: number, code: string, headers = {}): S3Fault => ({ kind: 'refuse', status, code, headers })

storageContract('a fake S3', () => open())

describe('a put to S3', () => {
  it.each<[string, S3Fault]>([
    ['the reply is lost', { kind: 'lost-reply' }],
    ['something on the way sends it twice', { kind: 'twice' }],
  ])('knows its own object when %s', async (_, fault) => {
    await using storage = await open()
    rule('s3.put', fault, 1)
    expect(await storage.putNew('points/a', pieces)).toBe('created')
    expect(await storage.putNew('points/a', pieces)).toBe('exists')
    expect(Buffer.from(bytes).equals((await storage.get('points/a', 100_000))!)).toBe(true)
  })

  it('does not take the same bytes of another put for its own', async () => {
    await using storage = await open()
    await storage.putNew('points/a', bytes)
    rule('s3.put', { kind: 'hang-up' }, 1)
    expect(await storage.putNew('points/a', bytes)).toBe('exists')
  })

  it('says that it does not know, where the server keeps no metadata', async () => {
    await using storage = await open()
    rule('s3.put', { kind: 'ignore-metadata' }, 1)
    await storage.putNew('points/a', bytes)
    expect(await storage.putNew('points/a', bytes)).toBe('exists')
    rule('s3.put', { kind: 'lost-reply' }, 1)
    await expect(storage.putNew('points/a', bytes)).rejects.toMatchObject({ code: 'storage.unavailable' })
  })

  it('never reports a certain refusal after a try that may have stored it', async () => {
    await using storage = await open()
    rule('s3.put', { kind: 'lost-reply' }, 1)
    rule('s3.put', refuse(403, 'AccessDenied'))
    await expect(storage.putNew('points/a', bytes)).rejects.toMatchObject({
      code: 'storage.unavailable',
      cause: { code: 'storage.no-permission' },
    })
  })

  it.each([
    [409, 'ConditionalRequestConflict'],
    [503, 'SlowDown'],
    [500, 'InternalError'],
    [400, 'RequestTimeout'],
    [400, 'BadDigest'],
  ])('is tried again after %i %s', async (status, code) => {
    await using storage = await open()
    rule('s3.put', refuse(status, code), 3)
    expect(await storage.putNew('points/a', bytes)).toBe('created')
    expect(storage.requests).toMatchObject({ put: 4, retries: 3, bytesUp: 400_000 })
  })

  it('gives up in the end', async () => {
    await using storage = await open({ attemptsMax: 3 })
    rule('s3.put', refuse(503, 'SlowDown'))
    await expect(storage.putNew('points/a', bytes)).rejects.toMatchObject({
      code: 'storage.unavailable',
      message: expect.stringContaining('503 SlowDown') as string,
    })
    expect(storage.requests.put).toBe(3)
  })
})

describe('a request to S3', () => {
  it('waits as long as the server asked for', async () => {
    const clock = impatientClock(1e8)
    const random = { ...systemRandom, fraction: () => 0.99 }
    await using storage = await open({ clock, random })
    rule('s3.get', refuse(503, 'SlowDown', { 'retry-after': '17' }), 1)
    await storage.get('points/a', 10)
    expect(clock.waitsMs).toEqual([17_000])
    rule('s3.get', refuse(503, 'SlowDown'), 5)
    await storage.get('points/a', 10)
    // Full jitter: chance may take all but nothing off.
    expect(clock.waitsMs.slice(1).map(Math.round)).toEqual([2, 4, 8, 16, 32])
  })

  it('is given up when no answer comes, and asked again', async () => {
    await using storage = await open({ clock: systemClock, timeoutMs: 100 })
    await storage.putNew('points/a', bytes.subarray(0, 10))
    rule('s3.get', { kind: 'silence' }, 1)
    rule('s3.get', { kind: 'stalled-body' }, 1)
    expect(await storage.get('points/a', 10)).toHaveLength(10)
    expect(storage.requests).toMatchObject({ get: 3, retries: 2 })
  })

  it('stops in the middle of an answer that does not come, with the reason given', async () => {
    await using storage = await open()
    rule('s3.*', { kind: 'silence' })
    for (const call of [
      (signal: AbortSignal) => storage.get('points/a', 10, signal),
      (signal: AbortSignal) => storage.putNew('points/a', pieces, signal),
      (signal: AbortSignal) => storage.delete('points/a', signal),
      (signal: AbortSignal) => collect(storage.list('', signal)),
    ]) {
      const stop = new AbortController()
      const reason = new Error('enough')
      const asked = fake.log.length
      const outcome = expect(call(stop.signal)).rejects.toBe(reason)
      while (fake.log.length === asked) await new Promise(setImmediate)
      stop.abort(reason)
      await outcome
    }
  })

  it('keeps to its connections', async () => {
    const before = fake.connections()
    await using storage = await open({ connectionsMax: 2 })
    await Promise.all(Array.from({ length: 30 }, (_, i) => storage.putNew(`points/${i}`, bytes.subarray(0, i))))
    expect(storage.requests.put).toBe(30)
    expect(fake.connections() - before).toBeLessThanOrEqual(2)
  })

  it.each([
    [403, 'AccessDenied', 'storage.no-permission'],
    [403, 'InvalidAccessKeyId', 's3.credentials-refused'],
    [403, 'SignatureDoesNotMatch', 's3.credentials-refused'],
    [403, 'RequestTimeTooSkewed', 's3.clock-wrong'],
    [404, 'XAdminUserNotFound', 's3.credentials-refused'],
    [404, 'NoSuchUpload', 's3.refused'],
    [404, 'NoSuchBucket', 'storage.missing'],
    [301, 'PermanentRedirect', 's3.wrong-region'],
    [400, 'AuthorizationHeaderMalformed', 's3.wrong-region'],
    [507, 'InsufficientStorage', 'storage.full'],
    [403, 'QuotaExceeded', 'storage.full'],
    [501, 'NotImplemented', 's3.not-supported'],
    [400, 'InvalidArgument', 's3.refused'],
    [503, 'SlowDown', 'storage.unavailable'],
    [429, 'TooManyRequests', 'storage.unavailable'],
    [502, 'BadGateway', 'storage.unavailable'],
  ])('turns %i %s into %s', async (status, code, expected) => {
    await using storage = await open({ attemptsMax: 1 })
    rule('s3.*', refuse(status, code))
    const failures = [
      () => storage.putNew('points/a', bytes),
      () => storage.get('points/a', 10),
      () => storage.getSuffix('points/a', 10),
      () => storage.delete('points/a'),
      () => collect(storage.list('points/')),
    ]
    for (const call of failures) await expect(call()).rejects.toMatchObject({ code: expected })
    const error = (await storage.get('points/a', 10).catch((thrown: unknown) => thrown)) as Error
    expect(error.message).toContain('s3://backups/test-')
    expect(JSON.stringify([error.message, error.cause, String((error.cause as Error).stack)])).not.toMatch(/test-s/)
  })

  it('says what stands in the way of the first one', async () => {
    const attempt = (url: string) => openTestStorage(fake.endpoint, url, { attemptsMax: 1 })
    await expect(attempt('s3://elsewhere')).rejects.toMatchObject({ code: 'storage.missing' })
    await expect(openTestStorage('http://127.0.0.1:1', 's3://backups', { attemptsMax: 1 })).rejects.toMatchObject({
      code: 'storage.unavailable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
    rule('s3.*', refuse(403, 'InvalidAccessKeyId'))
    await expect(attempt('s3://backups')).rejects.toMatchObject({ code: 's3.credentials-refused' })
  })

  it('takes a bucket that vanished for no empty repository', async () => {
    await using storage = await open()
    rule('s3.head*', refuse(404, 'NoSuchBucket'))
    await expect(storage.size('points/a')).rejects.toMatchObject({ code: 'storage.missing' })
  })

  it('is closed with its storage', async () => {
    const storage = await open()
    await storage[Symbol.asyncDispose]()
    await expect(storage.get('points/a', 10)).rejects.toMatchObject({ code: 'storage.closed' })
  })
})

describe('a read from S3', () => {
  const reads = {
    get: async (storage: Awaited<ReturnType<typeof open>>) => storage.get('packs/a', 100_000),
    getRange: async (storage: Awaited<ReturnType<typeof open>>) => {
      const target = new Uint8Array(70_000)
      await storage.getRange('packs/a', 20_000, target)
      return target
    },
    getSuffix: async (storage: Awaited<ReturnType<typeof open>>) => (await storage.getSuffix('packs/a', 50_000))?.bytes,
  }
  const expected = { get: bytes, getRange: bytes.subarray(20_000, 90_000), getSuffix: bytes.subarray(50_000) }
  const cases = (['get', 'getRange', 'getSuffix'] as const).flatMap((read) =>
    (['short-body', 'half-body', 'empty-body', 'ignore-range', 'lost-reply', 'hang-up'] as const)
      .filter((kind) => kind !== 'half-body' || read !== 'get') // the whole of what is said to be the whole: the repository finds out
      .filter((kind) => kind !== 'empty-body' || read !== 'get')
      .filter((kind) => kind !== 'ignore-range' || read !== 'get')
      .map((kind) => [read, kind] as const),
  )

  it.each(cases)('%s asks again after %s, and never gives less', async (read, kind) => {
    await using storage = await open()
    await storage.putNew('packs/a', pieces)
    rule('s3.get', { kind }, 2)
    expect(Buffer.from(expected[read]).equals((await reads[read](storage))!)).toBe(true)
    expect(storage.requests).toMatchObject({ get: 3, retries: 2 })
    expect(storage.requests.bytesDown).toBeGreaterThanOrEqual(expected[read].length) // what broke off came, and is billed
  })

  it('gives an empty object whole, and its last bytes', async () => {
    await using storage = await open()
    await storage.putNew('empty', [])
    expect(await storage.get('empty', 0)).toHaveLength(0)
    expect(await storage.getSuffix('empty', 64)).toEqual({ bytes: new Uint8Array(), sizeBytes: 0 })
    await storage.getRange('empty', 0, new Uint8Array())
    await storage.putNew('full', bytes)
    expect(await storage.getSuffix('full', 0)).toEqual({ bytes: new Uint8Array(), sizeBytes: 100_000 })
  })

  it('does not read what is too large', async () => {
    await using storage = await open()
    await storage.putNew('packs/a', bytes)
    await expect(storage.get('packs/a', 99_999)).rejects.toMatchObject({ code: 'storage.too-large' })
    expect(storage.requests.bytesDown).toBe(0)
  })
})

describe('a list from S3', () => {
  const keys = Array.from({ length: 20 }, (_, i) => `packs/${i + 10}`)
  const filled = async (options = {}) => {
    const storage = await open(options)
    await Promise.all(keys.map((key) => storage.putNew(key, bytes.subarray(0, 1))))
    return storage
  }
  const listed = async (storage: Awaited<ReturnType<typeof open>>) =>
    (await collect(storage.list('packs/'))).map(({ key }) => key)

  it('comes page by page', async () => {
    await using storage = await filled()
    expect(await listed(storage)).toEqual(keys)
    expect(storage.requests.list).toBe(1 + 3)
  })

  const nonsense = [
    'list-loses-key',
    'list-loses-token',
    'list-backwards',
    'half-body',
    'short-body',
    'empty-body',
    'endless-body',
  ] as const

  it.each(nonsense)('is asked for again after %s', async (kind) => {
    await using storage = await filled()
    rule('s3.list', { kind }, 2, 1)
    expect(await listed(storage)).toEqual(keys)
    expect(storage.requests).toMatchObject({ list: 1 + 3 + 2, retries: 2 })
  })

  it.each(nonsense)('is refused where it never comes but with %s', async (kind) => {
    await using storage = await filled({ attemptsMax: 2 })
    rule('s3.list', { kind }, Infinity, 1)
    await expect(listed(storage)).rejects.toMatchObject({ code: 'storage.unavailable' })
  })

  it('leaves out what is no object of ours', async () => {
    await using storage = await filled()
    const root = [...fake.objects.keys()].at(-1)!.replace(/packs.*/, '')
    for (const key of ['', 'packs/', 'packs/UPPER', '.tmp'])
      fake.objects.set(root + key, { bytes: Buffer.alloc(0), metadata: {}, modifiedAt: new Date(0).toISOString() })
    expect((await collect(storage.list(''))).map(({ key }) => key)).toEqual(keys)
  })
})

describe('many deletes in S3', () => {
  const keys = Array.from({ length: 2_345 }, (_, i) => `packs/${i}`)

  it('are few requests', async () => {
    await using storage = await open()
    await storage.putNew('packs/0', bytes)
    await storage.putNew('packs/2344', bytes)
    await storage.deleteMany(keys)
    expect(await collect(storage.list(''))).toEqual([])
    expect(storage.requests.delete).toBe(3)
  })

  it.each([
    [501, 'NotImplemented'],
    [405, 'MethodNotAllowed'],
    [400, 'MissingContentMD5'],
  ])('are single ones where the server says %i %s, from then on', async (status, code) => {
    await using storage = await open()
    const few = keys.slice(0, 5)
    for (const key of few) await storage.putNew(key, bytes.subarray(0, 1))
    rule('s3.delete-many', refuse(status, code))
    await storage.deleteMany(few)
    await storage.deleteMany(few)
    expect(await collect(storage.list(''))).toEqual([])
    expect(storage.requests.delete).toBe(1 + 5 + 5)
  })

  it.each(['half-body', 'empty-body', 'lost-reply'] as const)('are not believed after %s', async (kind) => {
    await using storage = await open()
    const few = keys.slice(0, 5)
    for (const key of few) await storage.putNew(key, bytes.subarray(0, 1))
    rule('s3.delete-many', { kind }, 1)
    await storage.deleteMany(few)
    expect(await collect(storage.list(''))).toEqual([])
  })
})

describe('validateStorage, asked of S3', () => {
  it('passes an honest server', async () => {
    await using storage = await open()
    const checks = await validateStorage(storage)
    expect(brokenPromises(checks)).toEqual([])
    expect(checks.every(({ outcome }) => outcome === 'passed')).toBe(true)
  })

  it.each([
    ['s3.put', 'ignore-condition', 'creates-once'],
    ['s3.put', 'ignore-condition', 'creates-once-at-once'],
    ['s3.put', 'ignore-checksum', 'refuses-damage'],
  ] as const)('fails a server whose %s does %s: %s', async (on, kind, promise) => {
    await using storage = await open()
    rule(on, { kind })
    const failed = (await validateStorage(storage)).filter(({ outcome }) => outcome === 'failed')
    expect(failed.map((check) => check.promise)).toContain(promise)
  })
})
