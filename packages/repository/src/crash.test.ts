// The process may die at any storage call. Each call is tried, one after the other.
import { collect, Secret } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { createRepository } from './create-repository.ts'
import { openRepository } from './open-repository.ts'
import type { BaseImage, Repository } from './repository.ts'
import { memoryStorage } from './storage/memory-storage.ts'
import {
  backUp,
  contentOf,
  copyOf,
  createTestRepository,
  dyingAfter,
  fastKdf,
  manifestOf,
  noise,
  powerCut,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
  testPassphrase,
  writeRuns,
} from './testing.ts'

const before = noise(20 * chunk, 'before')
const after = Buffer.from(before)
noise(9 * chunk, 'changed').copy(after, 3 * chunk)
const second = noise(10 * chunk, 'second disk')

/** An incremental backup of two disks and a file. */
async function incremental(repository: Repository, base: BaseImage) {
  await using session = await repository.beginSession()
  const image = await session.beginImage({ capacityBytes: after.length, base, unwritten: 'inherit' })
  await writeRuns(image, [{ offsetBytes: 3 * chunk, bytes: after.subarray(3 * chunk, 12 * chunk) }])
  const images = { first: await image.finish(), second: await storeImage(session, second) }
  const point = await session.commit(
    manifestOf(images, { blobs: { notes: await session.putBlob(Buffer.from('notes')) } }),
  )
  return { point, newBytes: image.progress.newBytes }
}

// Hundreds of openings: on a busy machine that takes long.
it(
  'a backup may die at every storage call: what was committed stays whole, and the next backup succeeds',
  { timeout: 120_000 },
  async () => {
    const { repository, storage: start } = await createTestRepository(memoryStorage())
    const first = await backUp(repository, { first: before })
    const base = { point: first.id, image: first.images[0]!.image }
    let committed = 0
    for (let n = 0, done = false; !done; n++) {
      const storage = copyOf(start)
      const dying = dyingAfter(n, storage)
      try {
        await incremental(await reopenTestRepository(dying.storage, { seed: `dying ${n}` }), base)
        done = dying.calls() <= n // it never noticed: all calls are tried
      } catch (error) {
        expect(error).toSatisfy((reason: unknown) => reason === powerCut || (reason as Error).cause === powerCut)
      }
      await using survivor = await reopenTestRepository(storage, { seed: `survivor ${n}` })
      const points = await collect(survivor.points())
      expect(points[0]).toEqual(first)
      expect(points.length).toBeLessThanOrEqual(2)
      committed += points.length - 1
      await checkContents(survivor)
      const next = await incremental(survivor, base)
      await survivor.checkPoint(next.point)
      if (points.length === 2) expect(next.newBytes).toBe(0)
      await checkContents(survivor)
      expect((await survivor.verify({ samplePercent: 0 })).damaged).toEqual([])
    }
    expect(committed).toBeGreaterThan(1) // it died after the commit, too
  },
)

async function checkContents(repository: Repository): Promise<void> {
  for await (const point of repository.points()) {
    if (point.damaged !== undefined) throw point.damaged
    await repository.checkPoint(point)
    for (const { key, image } of point.images) {
      const expected = key === 'second' ? second : point.images.length === 2 ? after : before
      expect(Buffer.compare(await contentOf(repository, image), expected)).toBe(0)
    }
  }
}

it('a backup that died stores nothing twice when it is started again', async () => {
  const { storage: start } = await createTestRepository(memoryStorage())
  const disk = noise(80 * chunk, 'large disk')
  const calls = await (async () => {
    const whole = dyingAfter(Infinity, copyOf(start))
    await backUp(await reopenTestRepository(whole.storage), { disk })
    return whole.calls()
  })()
  for (let n = 10; n < calls - 3; n += 3) {
    // the last calls only tidy up
    const storage = copyOf(start)
    const dying = dyingAfter(n, storage)
    await expect(
      reopenTestRepository(dying.storage, { seed: n.toString() }).then((repository) => backUp(repository, { disk })),
    ).rejects.toThrow()
    const packs = (await collect(storage.list('packs/'))).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    await using again = await reopenTestRepository(storage, { seed: `again ${n}` })
    await using session = await again.beginSession()
    const image = await session.beginImage({ capacityBytes: disk.length, unwritten: 'zero' })
    await writeRuns(image, [{ offsetBytes: 0, bytes: disk }])
    await image.finish()
    expect(image.progress.storedBytes + packs).toBeLessThan(1.02 * disk.length)
  }
})

it('a creation may die at every storage call: either it opens, or it says that it is unfinished', async () => {
  const outcomes = new Set<string>()
  for (let n = 0; ; n++) {
    const storage = memoryStorage()
    const dying = dyingAfter(n, storage)
    const options = { passphrase: testPassphrase, kdf: fastKdf, workersMax: 0 }
    const created = await createRepository(dying.storage, options).then(
      () => true,
      () => false,
    )
    const codeOf = (work: Promise<unknown>) =>
      work.then(
        () => 'fine',
        (error: { code?: string }) => String(error.code),
      )
    const opened = await codeOf(openRepository(storage, { key: testPassphrase, workersMax: 0 }))
    const again = await codeOf(createRepository(storage, { ...options, passphrase: new Secret('other') }))
    outcomes.add(`${opened}, ${again}`)
    if (created) break
  }
  expect(outcomes).toEqual(
    new Set([
      'repository.missing, fine',
      'repository.missing, repository.creation-unfinished',
      'fine, repository.exists',
    ]),
  )
})
