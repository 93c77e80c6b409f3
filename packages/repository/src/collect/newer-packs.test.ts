// A collection that finds a page missing while it marks looks anew which packs are there. Whoever stored some since need not have
// been registered when it looked at sessions.
import { collect } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import type { RestorePoint } from '../restore-point.ts'
import {
  backUp,
  changedStorage,
  contentOf,
  noise,
  openTestRepository,
  reopenTestRepository,
  testChunkBytes as chunk,
} from '../testing.ts'

it('takes no pack for one of nobody that came while it was marking', async () => {
  const { storage } = await openTestRepository()
  const disks = new Map<string, Uint8Array>()
  const store = async (name: string) => {
    const disk = noise(2 * chunk, name)
    const { id } = await backUp(await reopenTestRepository(storage, { seed: name }), { disk })
    disks.set(id, disk)
  }
  let looks = 0
  const seen = changedStorage(storage, {
    async *list(prefix, signal) {
      const isSurvey = prefix === 'points/' && ++looks === 2 // first it looks for what is left over
      if (isSurvey) await store('page that is missing')
      yield* storage.list(prefix, signal)
      if (!isSurvey) return
      await store('late')
      for (const { key } of await collect(storage.list('index/delta/'))) await storage.delete(key) // only trailers name their pages
    },
  })
  await using collector = await reopenTestRepository(seen, { seed: 'collector' })
  expect(await collector.collect({ graceMs: 0, silentMs: 0, deadShareMax: 0 })).toMatchObject({
    outcome: 'done',
    packsDeleted: 0,
  })
  await using repository = await reopenTestRepository(storage, { seed: 'reader' })
  const points = await collect(repository.points())
  for (const { id, ...point } of points)
    expect(Buffer.compare(await contentOf(repository, (point as RestorePoint).images[0]!.image), disks.get(id)!)).toBe(
      0,
    )
  expect(points).toHaveLength(2)
})
