// versitygw, an S3 server over a folder that others wrote, judges our S3 storage: it checks every signature, holds conditional
// puts and Object Lock, and keeps what we store as plain files that we can look at behind its back.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { collect, Secret, seededRandom, systemClock } from '@vmkeep/kit'
import { brokenPromises, validateStorage } from '@vmkeep/repository'
import {
  backUp,
  contentOf,
  createTestRepository,
  createTestTwin,
  noise,
  objectLockContract,
  reopenTestRepository,
  storageContract,
} from '@vmkeep/repository/testing'
import { estimateCostUsd, openS3Storage, type S3Options, type S3Storage } from '@vmkeep/s3'
import { createLockingBucket } from '@vmkeep/s3/testing'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { findJudge } from '../../tools/find-judge.ts'
import { type S3Server, s3ServerKey, startS3Server } from '../../tools/start-s3-server.ts'
import { judgeTest, runJudge } from './judge.ts'

const MiB = 2 ** 20
const credentials = { ...s3ServerKey, secretAccessKey: new Secret(s3ServerKey.secretAccessKey) }
const root = join(import.meta.dirname, '..', '..')

let server: S3Server | undefined
let folders = 0
const program = findJudge('versitygw')
beforeAll(async () => {
  if (program === undefined) return
  server = await startS3Server(program)
  await createLockingBucket(server.endpoint, 'locked', credentials)
})
afterAll(() => server?.[Symbol.asyncDispose]())

const open = (options: S3Options = {}, prefix = `test-${folders++}`, bucket = 'backups'): Promise<S3Storage> =>
  openS3Storage(`s3://${bucket}/${prefix}`, {
    endpoint: server!.endpoint,
    credentials: async () => credentials,
    ...options,
  })

const judged = (name: string, check: () => Promise<void>) => judgeTest(name, ['versitygw'], check)
const bytes = noise(5 * MiB, 's3')

// Where the server is missing, the tests below say so.
describe.skipIf(program === undefined)('versitygw', () => {
  storageContract('S3 in versitygw', () => open())
  const openLocking = () => open({}, `test-${folders++}`, 'locked')
  storageContract('S3 in versitygw, in a bucket with versions', openLocking, { freesNames: false })
  objectLockContract('S3 in versitygw', { open: openLocking, mode: 'compliance', nowMs: Date.now })
})

judged('a real server keeps every promise', async () => {
  await using storage = await open()
  const checks = await validateStorage(storage)
  expect(brokenPromises(checks)).toEqual([])
  expect(checks.map(({ outcome }) => outcome)).toEqual(checks.map(() => 'passed'))
  expect(await collect(storage.list(''))).toEqual([])
})

judged('stores exactly the bytes it was given, in pieces, and keeps what came first', async () => {
  await using storage = await open({}, 'exactly')
  const pieces = [bytes.subarray(0, 10), bytes.subarray(10, 3 * MiB), bytes.subarray(3 * MiB)]
  const shared = new Uint8Array(new SharedArrayBuffer(MiB)) // a session's packs lie in memory that threads share
  shared.set(bytes.subarray(0, MiB))
  expect(await storage.putNew('packs/a', pieces)).toBe('created')
  expect(await storage.putNew('packs/b', [shared, bytes.subarray(0, 1)])).toBe('created')
  expect(await storage.putNew('packs/a', new Uint8Array(5))).toBe('exists')
  expect(bytes.equals(await readFile(join(server!.bucketFolder, 'exactly/packs/a')))).toBe(true)
  const b = await readFile(join(server!.bucketFolder, 'exactly/packs/b'))
  expect(b.equals(Buffer.concat([bytes.subarray(0, MiB), bytes.subarray(0, 1)]))).toBe(true)
})

judged('lists more objects than fit on a page, and removes them with few requests', async () => {
  await using storage = await open()
  const keys = Array.from({ length: 1_050 }, (_, i) => `packs/${i % 16}/${i}`)
  await Promise.all(keys.map((key, i) => storage.putNew(key, bytes.subarray(0, i % 3))))
  const before = storage.requests
  const listed = await collect(storage.list(''))
  expect(listed.map(({ key }) => key)).toEqual(keys.toSorted())
  await storage.deleteMany(keys)
  expect(await collect(storage.list(''))).toEqual([])
  expect(storage.requests).toMatchObject({ list: before.list + 3, delete: before.delete + 2, retries: 0 })
})

judged('refuses whoever has no right, in words an admin understands', async () => {
  const attempt = (options: S3Options, url = 's3://backups') =>
    openS3Storage(url, { endpoint: server!.endpoint, credentials: async () => credentials, attemptsMax: 2, ...options })
  const wrongKey = { ...credentials, accessKeyId: 'nobody' }
  const wrongSecret = { ...credentials, secretAccessKey: new Secret('wrong') }
  for (const wrong of [wrongKey, wrongSecret])
    await expect(attempt({ credentials: async () => wrong })).rejects.toMatchObject({ code: 's3.credentials-refused' })
  await expect(attempt({}, 's3://no-such-bucket')).rejects.toMatchObject({ code: 'storage.missing' })
  await expect(attempt({ region: 'eu-central-1' })).rejects.toMatchObject({ code: 's3.wrong-region' })
})

judged('backs up, verifies and restores a repository, opened again by another', async () => {
  const prefix = `test-${folders++}`
  const [first, second] = [noise(3 * MiB, 1), noise(3 * MiB, 2)]
  second.set(first.subarray(0, MiB)) // known already
  await using storage = await open({}, prefix)
  {
    await using created = await createTestRepository(storage, { random: seededRandom('s3 create') })
    const point = await backUp(created.repository, { disk: first }, { vmx: Buffer.from('config') })
    await created.repository.checkPoint(point)
  }
  await using again = await open({}, prefix)
  {
    await using repository = await reopenTestRepository(again, { seed: 's3 again' })
    await backUp(repository, { disk: second })
  }
  await using reader = await open({}, prefix)
  await using repository = await reopenTestRepository(reader, { seed: 's3 read' })
  expect((await repository.verify()).damaged).toEqual([])
  const points = await collect(repository.points())
  expect(points).toHaveLength(2)
  const disks: Uint8Array[] = []
  for (const point of points) {
    if (!('images' in point)) throw new Error(`point ${point.id} is damaged`)
    disks.push(await contentOf(repository, point.images[0]!.image))
  }
  for (const expected of [first, second]) expect(disks.some((disk) => expected.equals(disk))).toBe(true)
  const { requests } = reader
  expect(requests).toMatchObject({ put: 2, delete: 0, retries: 0 }) // what was verified, and what there was
  expect(estimateCostUsd(requests)).toBeLessThan(0.001)
})

judged(
  'keeps what is locked from everybody, and shows the bucket as it was before everything was deleted',
  async () => {
    const prefix = `test-${folders++}`
    const disk = noise(3 * MiB, 7)
    await using storage = await open({}, prefix, 'locked')
    const lock = { days: 1, mode: 'compliance' } as const
    await using test = await createTestRepository(storage, { lock, clock: systemClock })
    const point = await backUp(test.repository, { disk })
    const lockedMs = Date.parse(point.lockedUntil!) - Date.parse(point.committedAt)
    expect(Math.abs(lockedMs - 24 * 3600_000)).toBeLessThan(10_000)
    const all = (await collect(storage.list(''))).map(({ key }) => key)
    for (const key of all.filter((name) => /^(format|keys|packs|index|points)/.test(name)))
      expect(await storage.lock.breaks(key), key).toEqual([]) // every attack, with the rights of root
    await storage.deleteMany(all)
    expect(await collect(storage.list(''))).toEqual([])
    await using past = await open({ asOf: new Date(Date.now() + 1000) }, prefix, 'locked')
    expect((await collect(past.list(''))).map(({ key }) => key)).toEqual(expect.arrayContaining(all))
    await using repository = await reopenTestRepository(past, { seed: 's3 past' })
    const found = await repository.point(point.id)
    expect(disk.equals(await contentOf(repository, found.images[0]!.image))).toBe(true)
    expect((await repository.verify()).damaged).toEqual([])
  },
)

judged('a lock that its own maker may bypass is seen to be none', async () => {
  await using storage = await open({}, `test-${folders++}`, 'locked')
  await storage.lock.putNew('a', new Uint8Array(1), {
    mode: 'governance',
    untilMs: Math.ceil(Date.now() / 1000 + 60) * 1000,
  })
  expect(await storage.lock.breaks('a')).toEqual(['bypassed'])
  await using without = await open()
  expect(await without.lock.whyNot('compliance')).toContain('not enabled for the bucket')
})

judged(
  'copies go from one bucket into another that locks them, as they are, and on into one with other keys',
  async () => {
    const disk = noise(3 * MiB, 'copied')
    await using storage = await open()
    await using source = await createTestRepository(storage, { random: seededRandom('s3 source'), clock: systemClock })
    await backUp(source.repository, { disk }, { vmx: Buffer.from('config') })
    await using locked = await open({}, `test-${folders++}`, 'locked')
    const policy = { days: 1, mode: 'governance' as const }
    const twin = await createTestTwin(source, { into: locked, seed: 's3 twin', lock: policy, clock: systemClock })
    const there = await twin.repository.syncFrom(source.repository)
    expect(there).toMatchObject({ verbatim: true, points: [{ outcome: 'copied' }] })
    expect(there.points[0]!.error).toBeUndefined()
    const [copy] = await collect(twin.repository.points())
    expect(copy).toMatchObject({ lockedUntil: expect.any(String) as string })
    await using another = await open()
    await using stranger = await createTestRepository(another, {
      random: seededRandom('s3 stranger'),
      clock: systemClock,
    })
    expect(await stranger.repository.syncFrom(twin.repository)).toMatchObject({
      verbatim: false,
      points: [{ outcome: 'copied' }],
    })
    for (const { repository } of [twin, stranger]) {
      const [point] = await collect(repository.points())
      if (!('images' in point!)) throw new Error('the copy is damaged')
      expect(disk.equals(await contentOf(repository, point.images[0]!.image))).toBe(true)
    }
  },
)

judged('finds what was damaged behind its back', async () => {
  const prefix = `test-${folders++}`
  await using storage = await open({}, prefix)
  await using created = await createTestRepository(storage, { random: seededRandom('s3 damage') })
  await backUp(created.repository, { disk: noise(MiB, 3) })
  const [pack] = (await collect(storage.list('packs/'))).toSorted((a, b) => b.sizeBytes - a.sizeBytes)
  const path = join(server!.bucketFolder, prefix, pack!.key)
  const content = await readFile(path)
  content[content.length >> 1]! ^= 1
  await writeFile(path, content)
  expect((await created.repository.verify()).damaged).not.toEqual([])
})

judged('the command line makes, tries and shows a repository in a bucket', async () => {
  const env = {
    VMKEEP_REPO: `s3://backups/test-${folders++}`,
    VMKEEP_S3_ENDPOINT: server!.endpoint,
    VMKEEP_REPO_KEY: 'open sesame',
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey.reveal(),
  }
  const vmkeep = (...args: string[]) =>
    runJudge(process.execPath, ['apps/cli/src/main.ts', ...args], { cwd: root, env })
  const code = join(server!.bucketFolder, '..', 'recovery-code')
  for (const args of [
    ['repo', 'validate'],
    ['repo', 'init', '--recovery-code-file', code],
    ['repo', 'status', '-o', 'json'],
    ['verify'],
  ])
    expect(await vmkeep(...args), args.join(' ')).toMatchObject({ exitCode: 0 })
  expect(await vmkeep('repo', 'init', '--recovery-code-file', `${code}-2`)).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('exists') as string,
  })
})
