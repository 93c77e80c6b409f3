import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collect } from '@vmkeep/kit'
import { openFolderStorage, type Repository } from '@vmkeep/repository'
import { backUp, contentOf, createTestRepository, createTestTwin, noise } from '@vmkeep/repository/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FakeS3, openFakeS3, openTestStorage } from './testing.ts'

// Copies between a folder and a bucket. A real server is asked in tests/judges/s3.test.ts.

const MiB = 2 ** 20
let fake: FakeS3
let folder: string
beforeAll(async () => {
  fake = await openFakeS3()
  folder = await mkdtemp(join(tmpdir(), 'vmkeep-s3-sync-'))
})
afterAll(async () => {
  await fake[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function imagesOf(repository: Repository): Promise<Uint8Array[]> {
  const images: Uint8Array[] = []
  for (const point of await collect(repository.points())) {
    if (point.damaged !== undefined) throw point.damaged
    images.push(await contentOf(repository, point.images[0]!.image))
  }
  return images
}

it('copies from a folder into a bucket and back into another folder, with few requests', async () => {
  const disk = noise(6 * MiB, 'disk')
  const first = await createTestRepository(await openFolderStorage(join(folder, 'first'), { create: true }))
  const bucket = await openTestStorage(fake.endpoint, 's3://backups/copies')
  const offsite = await createTestTwin(first, { into: bucket, seed: 'offsite' })
  const second = await createTestTwin(first, {
    into: await openFolderStorage(join(folder, 'second'), { create: true }),
    seed: 'second',
  })
  await backUp(first.repository, { disk })
  await offsite.repository.syncFrom(first.repository)
  first.clock.advance(1000)
  noise(MiB, 'changed').copy(disk, 2 * MiB)
  await backUp(first.repository, { disk })
  const before = bucket.requests
  const { points } = await offsite.repository.syncFrom(first.repository)
  expect(points.map(({ outcome }) => outcome)).toEqual(['there', 'copied'])
  const { put, get } = bucket.requests
  expect(put - before.put).toBeLessThan(12)
  expect(get - before.get).toBeLessThan(12)
  const back = await second.repository.syncFrom(offsite.repository)
  expect(back.points.map(({ outcome }) => outcome)).toEqual(['copied', 'copied'])
  const [old, now] = await imagesOf(second.repository)
  expect(Buffer.compare(old!, noise(6 * MiB, 'disk'))).toBe(0)
  expect(Buffer.compare(now!, disk)).toBe(0)
  for (const { repository } of [offsite, second]) expect((await repository.verify()).damaged).toEqual([])
})
