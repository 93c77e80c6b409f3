import { bytesOf, diskReaderContract, imageOf } from '@vmkeep/disk/testing'
import { collect, seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import type { ImageWriter, Repository, WriterSession } from './repository.ts'
import type { PointManifest, RestorePoint, StoredImage } from './restore-point.ts'
import { openTestRepository } from './testing.ts'

const chunk = 128 * 1024
const emptyManifest: PointManifest = {
  subject: { id: 's', name: 'S', kind: 'test' },
  images: [],
  blobs: {},
  attributes: {},
  stats: {},
}

/** Writes `bytes` at `offsetBytes`, one lease per 4 chunks. */
async function writeRun(image: ImageWriter, offsetBytes: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += 4 * chunk) {
    const part = bytes.subarray(at, at + 4 * chunk)
    const lease = await image.lease(part.length)
    lease.set(part)
    await image.write(offsetBytes + at, lease)
  }
}

async function storeImage(session: WriterSession, bytes: Uint8Array): Promise<StoredImage> {
  const image = await session.beginImage({ capacityBytes: bytes.length, unwritten: 'zero' })
  await writeRun(image, 0, bytes)
  return await image.finish()
}

diskReaderContract('an image', async (content) => {
  const { repository } = await openTestRepository()
  const session = await repository.beginSession()
  const image = await storeImage(session, imageOf(content))
  await session.commit(emptyManifest)
  return await repository.openImage(image)
})

describe('a repository', () => {
  it('gives back what was stored', async () => {
    await using test = await openTestRepository()
    const { repository } = test
    const bytes = seededRandom('content').bytes(5 * chunk + 1000)
    await using session = await repository.beginSession()
    const image = await storeImage(session, bytes)
    const point = await session.commit({
      ...emptyManifest,
      images: [{ key: 'd', label: 'D', image, attributes: { a: 1 } }],
    })
    expect(await collect(repository.points())).toEqual([point])
    await repository.checkPoint(point)
    await using disk = await repository.openImage(image)
    expect((await bytesOf(disk, { offsetBytes: 0, lengthBytes: bytes.length })).equals(bytes)).toBe(true)
    expect(await repository.verify()).toMatchObject({ points: 1, damaged: [], chunks: 7 })
    expect(await repository.status()).toMatchObject({ points: 1, sessionsOpen: 0, packs: 2, chunks: 6 })
  })
})
export type { Repository, RestorePoint }
