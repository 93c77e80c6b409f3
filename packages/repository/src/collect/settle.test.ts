// A network file system shows each machine folders as they were a while ago. A collection waits until everybody sees the same.
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import { fileSystemSettleMs } from '../storage/file-system-settle.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import { staleViews } from '../storage/stale-view.ts'
import type { Storage } from '../storage/storage.ts'
import {
  backUp,
  changedStorage,
  contentOf,
  createTestRepository,
  manifestOf,
  noise,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
} from '../testing.ts'

const minute = 60_000
const content = noise(3 * chunk, 'disk')

/** A repository with one forgotten point, on three machines that see it as it was a minute ago. */
async function begun(settleMs: number) {
  const memory = memoryStorage()
  const clock = fakeClock()
  const { repository } = await createTestRepository(memory, { clock })
  const point = await backUp(repository, { disk: content })
  await repository.forget(point.id, { reason: 'a test' })
  const machine = staleViews(memory, clock, settleMs)
  const open = (storage: Storage, seed: string) => reopenTestRepository(storage, { seed, clock })
  /** Whether all that is listed can be read, by somebody who sees it as it is. */
  const isWhole = async () => {
    clock.advance(60 * minute)
    const fresh = await open(memory, 'check')
    for await (const { damaged, ...listed } of fresh.points()) {
      if (damaged !== undefined || !('images' in listed)) return false
      const bytes = await contentOf(fresh, listed.images[0]!.image).catch(() => undefined)
      if (bytes === undefined || !content.equals(bytes)) return false
    }
    return true
  }
  return { memory, machine, open, isWhole }
}

/** Calls `work` when an object of such a name has been put. */
const after = (storage: Storage, pattern: RegExp, work: () => Promise<void>): Storage =>
  changedStorage(storage, {
    async putNew(key, bytes, signal) {
      const outcome = await storage.putNew(key, bytes, signal)
      if (pattern.test(key)) await work()
      return outcome
    },
  })

const all = { graceMs: 0, silentMs: 0, deadShareMax: 1 }
const isRefusal = (error: unknown) =>
  expect((error as { code?: string }).code).toMatch(/^repository\.(session-fenced|dependency-lost)$/)

/** A writer begins right after the list was published: neither sees the other. */
async function beginsAfterTheList(settleMs: number): Promise<boolean> {
  const { machine, open, isWhole } = await begun(settleMs)
  const writer = await open(machine(minute), 'writer')
  const begin = async () => {
    const session = await writer.beginSession()
    return { session, image: await storeImage(session, content) }
  }
  let writing: Awaited<ReturnType<typeof begin>> | undefined
  const storage = after(machine(minute), /^gc\/\d+\/list$/, async () => void (writing = await begin()))
  await (await open(storage, 'collector')).collect(all)
  await writing!.session.commit(manifestOf({ disk: writing!.image })).catch(isRefusal)
  return await isWhole()
}

/** A writer commits right after the list was published: its session is gone, and its point not seen yet. */
async function commitsAfterTheList(settleMs: number): Promise<boolean> {
  const { memory, machine, open, isWhole } = await begun(settleMs)
  const session = await (await open(machine(0), 'writer')).beginSession()
  const image = await storeImage(session, content)
  const seesNoPoints = machine(minute)
  const lagging = changedStorage(memory, {
    settleMs,
    list: (prefix, signal) => (prefix === 'points/' ? seesNoPoints : memory).list(prefix, signal), // each folder has its own age
  })
  const commit = async () => void (await session.commit(manifestOf({ disk: image })))
  await (await open(after(lagging, /^gc\/\d+\/list$/, commit), 'collector')).collect(all)
  return await isWhole()
}

describe.each([
  ['a writer that begins', beginsAfterTheList],
  ['a writer that commits', commitsAfterTheList],
])('%s while a collector does not see it', (_, story) => {
  it('loses nothing where the collector waits', async () => expect(await story(5 * minute)).toBe(true))
  it('would lose its data where it does not', async () => expect(await story(0)).toBe(false))
})

it('is waited for on network file systems only', () => {
  const [nfs, cifs, ext4, tmpfs] = [0x6969, -11317950, 0xef53, 0x01021994] // as a signed number, too
  expect([nfs, cifs, ext4, tmpfs].map(fileSystemSettleMs)).toEqual([5 * minute, 5 * minute, 0, 0])
})
