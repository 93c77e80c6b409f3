// A restore beside the real collector: what it reads is forgotten, copied elsewhere and deleted while it reads.
import { codeOf, collect, type Random, seededRandom } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import type { Repository } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import {
  changedStorage,
  createTestRepository,
  manifestOf,
  noise,
  reopenTestRepository,
  testChunkBytes as chunk,
  writeRuns,
} from '../testing.ts'

const chunks = 128 // more than is read ahead
const seeds = 5

/** Answers storage calls one at a time, whose is next by chance. */
class Turns {
  readonly #random: Random
  readonly #waiting: (() => void)[] = []

  constructor(random: Random) {
    this.#random = random
  }

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** `inner`, as a process sees it that has to wait for its turns. `onLost` hears of packs that were not there. */
  seenBy(inner: Storage, onLost: () => void = () => {}): Storage {
    const turn = () => this.next()
    return changedStorage(inner, {
      putNew: async (...call) => (await turn(), await inner.putNew(...call)),
      get: async (...call) => (await turn(), await inner.get(...call)),
      getSuffix: async (...call) => (await turn(), await inner.getSuffix(...call)),
      delete: async (...call) => (await turn(), await inner.delete(...call)),
      getRange: async (...call) => {
        await turn()
        await inner.getRange(...call).catch((error: unknown) => {
          if (codeOf(error) === 'storage.not-found') onLost()
          throw error
        })
      },
    })
  }

  async until(done: Promise<unknown>): Promise<void> {
    let isDone = false
    void done.finally(() => (isDone = true))
    while (!isDone) {
      await new Promise(setImmediate)
      this.#waiting.splice(Math.floor(this.#random.fraction() * this.#waiting.length), 1)[0]?.()
    }
  }
}

/** Three days of a disk, a third of which changes each day: what a day leaves behind lies in the packs of all. */
async function threeDays(storage: Storage) {
  await using test = await createTestRepository(storage)
  const days: { point: RestorePoint; content: Buffer }[] = []
  for (let day = 0; day < 3; day++) {
    const before = days.at(-1)
    const content = Buffer.from(before?.content ?? Buffer.alloc(chunks * chunk))
    await using session = await test.repository.beginSession()
    const base = before && { point: before.point.id, image: before.point.images[0]!.image }
    const image = await session.beginImage({
      capacityBytes: content.length,
      unwritten: 'inherit',
      ...(base && { base }),
    })
    for (let i = 0; i < chunks; i++) {
      if (day > 0 && i % 3 !== day) continue
      const bytes = Buffer.alloc(chunk, noise(chunk / 4, `day ${day}, chunk ${i}`))
      bytes.copy(content, i * chunk)
      await writeRuns(image, [{ offsetBytes: i * chunk, bytes }])
    }
    const stored = await image.finish()
    days.push({ point: await session.commit(manifestOf({ disk: stored })), content })
  }
  return days
}

/** `write` is how long the target takes for a run. */
async function restored(
  repository: Repository,
  { images: [first] }: RestorePoint,
  write: () => Promise<void>,
): Promise<Buffer> {
  await using image = await repository.openImage(first!.image)
  const content = Buffer.alloc(image.capacityBytes)
  for await (using run of image.runs()) {
    content.set(run.bytes, run.offsetBytes)
    await write()
  }
  return content
}

/** Forgets all but the latest and collects, twice. Gives how many packs went. */
async function cleanUp(repository: Repository): Promise<number> {
  const points = await collect(repository.points())
  for (const { id } of points.slice(0, -1)) await repository.forget(id, { reason: 'too old' })
  const options = { graceMs: 0, deadShareMax: 0 }
  const first = await repository.collect(options)
  const second = await repository.collect(options)
  return first.packsDeleted + second.packsDeleted
}

async function restoreBesideCollector(seed: number): Promise<{ lost: number; packsDeleted: number }> {
  const random = seededRandom(`meanwhile ${seed}`)
  const memory = memoryStorage()
  const days = await threeDays(memory)
  const { point, content } = days[1 + (seed % 2)]! // the second is forgotten while it is held; the third stays
  const turns = new Turns(random)
  let lost = 0
  const seenByReader = turns.seenBy(memory, () => lost++)
  const work = (async () => {
    await using reader = await reopenTestRepository(seenByReader, { seed: `reader ${seed}`, readsInFlightMax: 4 })
    await using collector = await reopenTestRepository(turns.seenBy(memory), { seed: `collector ${seed}` })
    await using _hold = await reader.holdPoint(point.id)
    await reader.status() // from here on it trusts its index
    const turnsOfWrite = Math.floor(random.fraction() * 300)
    const write = async () => {
      for (let i = 0; i < turnsOfWrite; i++) await turns.next()
    }
    const [read, packsDeleted] = await Promise.all([restored(reader, point, write), cleanUp(collector)])
    expect(read.equals(content)).toBe(true)
    return packsDeleted
  })()
  await turns.until(work)
  return { lost, packsDeleted: await work }
}

it('a restore brings every byte back, whatever a collector moves and deletes under its feet', async () => {
  const totals = { lost: 0, packsDeleted: 0 }
  for (let seed = 1; seed <= seeds; seed++) {
    const { lost, packsDeleted } = await restoreBesideCollector(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}`, { cause: error })
    })
    totals.lost += lost
    totals.packsDeleted += packsDeleted
  }
  expect(totals.packsDeleted).toBeGreaterThan(seeds) // else nothing was moved
  expect(totals.lost).toBeGreaterThan(seeds) // else the collector never came first
})
