// A storage whose lists end too early, and say nothing: what stands stays whole, whichever list it is and wherever it ends.
import { collect, hasCode } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { memoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import {
  backUp,
  changedStorage,
  contentOf,
  copyOf,
  createTestRepository,
  manifestOf,
  noise,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
} from '../testing.ts'

const disks = ['one', 'two', 'three'].map((name) => noise(2 * chunk, name))

/** Three points, of which one was forgotten and one taken back, and no collection yet. */
async function begun() {
  const { repository, storage } = await createTestRepository(memoryStorage())
  const points = []
  for (const disk of disks) points.push(await backUp(repository, { disk }))
  await repository.forget(points[0]!.id, { reason: 'a test' })
  await repository.forget(points[1]!.id, { reason: 'a test' })
  await repository.restoreForgotten(points[1]!.id)
  return { storage, standing: points.slice(1) }
}

/** Lists below `prefix` end after `count` objects. */
const cutShort = (storage: Storage, prefix: string, count: number): Storage =>
  changedStorage(storage, {
    async *list(wanted, signal) {
      let left = wanted.startsWith(prefix) ? count : Infinity
      for await (const object of storage.list(wanted, signal)) if (left-- > 0) yield object
    },
  })

const all = { graceMs: 0, silentMs: 0, deadShareMax: 0 }

it.each(['packs/', 'index/delta/', 'points/', 'trash/', 'sessions/', 'gc/'])(
  'a list of %s that ends too early loses nothing that stands',
  async (prefix) => {
    const { storage: start, standing } = await begun()
    for (let count = 0; count <= 6; count++) {
      const storage = copyOf(start)
      const writer = await reopenTestRepository(storage, { seed: `writer ${count}` })
      const session = await writer.beginSession()
      const image = await storeImage(session, disks[2]!)
      const lied = await reopenTestRepository(cutShort(storage, prefix, count), { seed: `collector ${count}` })
      for (let i = 0; i < 2; i++)
        await lied.collect(all).catch((error: unknown) => {
          const seen = ['listing-incomplete', 'session-not-listed', 'collect-unsafe', 'fate-unreadable'] as const
          if (!hasCode(error, ...seen.map((code) => `repository.${code}`))) throw error
        })
      const late = await session.commit(manifestOf({ disk: image })).catch((error: unknown) => {
        if (!hasCode(error, 'repository.session-fenced', 'repository.dependency-lost')) throw error
      })
      const fresh = await reopenTestRepository(storage, { seed: `fresh ${count}` })
      const listed = (await collect(fresh.points())).map(({ id }) => id)
      for (const { id } of [...standing, ...(late === undefined ? [] : [late])]) expect(listed).toContain(id)
      for (const [i, { images }] of standing.entries())
        expect(disks[i + 1]!.equals(await contentOf(fresh, images[0]!.image))).toBe(true)
      if (late !== undefined) expect(disks[2]!.equals(await contentOf(fresh, late.images[0]!.image))).toBe(true)
    }
  },
)
