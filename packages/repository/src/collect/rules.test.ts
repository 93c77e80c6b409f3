// Every rule of the protocol (docs/formats/repository.md §9) in one story: with the rule nothing is lost, without it something is.
import { codeOf, collect } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { decodeCondemnedPacks, encodeCondemnedPacks } from '../formats/condemned-packs.ts'
import { collectionOf } from '../formats/object-names.ts'
import { peekFormat } from '../formats/format-object.ts'
import { roleKeys } from '../keys/role-keys.ts'
import { unlock } from '../keys/unlock.ts'
import type { CollectOptions, Repository } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import { ObjectStore } from '../storage/object-store.ts'
import type { Storage, StoredObject } from '../storage/storage.ts'
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
  testPassphrase,
} from '../testing.ts'

const disk = noise(3 * chunk, 'disk')
const patient: CollectOptions = { graceMs: 0, silentMs: Infinity, deadShareMax: 1 }
const hasty: CollectOptions = { ...patient, silentMs: 0 }

/** Some calls of a storage, changed. */
type Change = (storage: Storage) => Partial<Storage>
const changed = (inner: Storage, change: Change | undefined): Storage => changedStorage(inner, change?.(inner) ?? {})

const dropsPuts =
  (pattern: RegExp): Change =>
  (storage) => ({
    putNew: async (key, bytes, signal) => (pattern.test(key) ? 'created' : await storage.putNew(key, bytes, signal)),
  })

const overwrites =
  (memory: MemoryStorage, pattern: RegExp): Change =>
  (storage) => ({
    async putNew(key, bytes, signal) {
      if (pattern.test(key)) memory.objects.delete(key)
      return await storage.putNew(key, bytes, signal)
    },
  })

/** Lists nothing below a prefix, the first `times` times. */
const blindTo = (prefix: string, times = Infinity): Change => {
  let left = times
  return (storage) => ({
    async *list(wanted, signal) {
      if (!wanted.startsWith(prefix) || left-- <= 0) yield* storage.list(wanted, signal)
    },
  })
}

/** The first two times it is asked for sessions, one of them has ended. */
const takesForEnded = (session: string): Change => {
  let left = 2
  return (storage) => ({
    async *list(wanted, signal) {
      if (wanted === 'sessions/' && left-- > 0) return
      const listed = await collect(storage.list(wanted, signal))
      if (wanted === 'points/') listed.push({ key: `points/${session}`, sizeBytes: 0 })
      yield* listed.sort((a, b) => (a.key < b.key ? -1 : 1))
    },
  })
}

const remembers =
  (prefix: string): Change =>
  (storage) => {
    let first: StoredObject[] | undefined
    return {
      async *list(wanted, signal) {
        if (wanted === prefix) yield* (first ??= await collect(storage.list(wanted, signal)))
        else yield* storage.list(wanted, signal)
      },
    }
  }

/** Reads lists as if they condemned nothing. */
async function ignoresLists(memory: MemoryStorage): Promise<Change> {
  const { repositoryId } = peekFormat(memory.objects.get('format')!)
  const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: async () => {} }
  const random = { bytes: (sizeBytes: number) => noise(sizeBytes, 'list'), fraction: () => 0 }
  const { masterKey } = await unlock(new ObjectStore(memory, { clock, random }), repositoryId, testPassphrase)
  const { control: controlKey } = roleKeys(masterKey, repositoryId)
  return (storage) => ({
    async get(key, max, signal) {
      const source = await storage.get(key, max, signal)
      const name = collectionOf(key)
      if (source === undefined || name === undefined) return source
      const read = decodeCondemnedPacks(source, { repositoryId, ...name }, controlKey)
      return encodeCondemnedPacks(repositoryId, { ...read, packs: [] }, { controlKey, random })
    },
  })
}

class Story {
  readonly memory: MemoryStorage
  readonly base: RestorePoint
  #seeds = 0

  constructor(memory: MemoryStorage, base: RestorePoint) {
    this.memory = memory
    this.base = base
  }

  /** A repository with one point, of `disk`. */
  static async begin(): Promise<Story> {
    const { repository, storage } = await createTestRepository(memoryStorage())
    return new Story(storage, await backUp(repository, { disk }))
  }

  open(change?: Change): Promise<Repository> {
    return reopenTestRepository(changed(this.memory, change), { seed: `${++this.#seeds}` })
  }

  async forget(): Promise<void> {
    await (await this.open()).forget(this.base.id, { reason: 'a test' })
  }

  /** A writer that can be told to beat. */
  async writer(change?: Change) {
    const beats: (() => void)[] = []
    const every = (_: number, work: () => void) => {
      beats.push(work)
      return { [Symbol.dispose]: () => {} }
    }
    const storage = changed(this.memory, change)
    const repository = await reopenTestRepository(storage, { seed: `${++this.#seeds}`, every })
    const session = await repository.beginSession()
    return {
      repository,
      session,
      beat: () => beats[0]!(),
      ended: (outcome: Promise<unknown>) => outcome.catch(isRefusal),
    }
  }

  holds(prefix: string): boolean {
    return [...this.memory.objects.keys()].some((key) => key.startsWith(prefix))
  }

  /** Whether everything that is listed is there. */
  async isWhole(): Promise<boolean> {
    const repository = await this.open()
    for (const point of await collect(repository.points())) {
      if (point.damaged !== undefined) return false
      for (const { image } of point.images) {
        const bytes = await contentOf(repository, image).catch(() => undefined)
        if (bytes === undefined || !Buffer.from(bytes).equals(disk)) return false
      }
    }
    return true
  }
}

const isRefusal = (error: unknown) => {
  expect(codeOf(error)).toMatch(/^repository\.(session-fenced|dependency-lost|point-buried|point-not-found)$/)
}

type Tale = (broken: boolean) => Promise<Story>

const tales: Record<string, Tale> = {
  'commit and fence want the same name': async (broken) => {
    const story = await Story.begin()
    const writer = await story.writer(broken ? overwrites(story.memory, /^points\//) : undefined)
    const image = await storeImage(writer.session, disk)
    await story.forget()
    await (await story.open()).collect(hasty)
    await writer.ended(writer.session.commit(manifestOf({ disk: image })))
    return story
  },

  'a session is registered before it relies on anything': async (broken) => {
    const story = await Story.begin()
    const writer = await story.writer(broken ? dropsPuts(/\/start$/) : undefined)
    const image = await storeImage(writer.session, disk)
    await story.forget()
    await (await story.open()).collect({ ...patient, waitMsMax: 0 })
    await writer.ended(writer.session.commit(manifestOf({ disk: image })))
    return story
  },

  'a collector waits for sessions': async (broken) => {
    const story = await Story.begin()
    const writer = await story.writer()
    const image = await storeImage(writer.session, disk)
    await story.forget()
    await (await story.open(broken ? blindTo('sessions/') : undefined)).collect({ ...patient, waitMsMax: 0 })
    await writer.ended(writer.session.commit(manifestOf({ disk: image })))
    return story
  },

  'a collector leaves the packs of open sessions alone': async (broken) => {
    const story = await Story.begin()
    await story.forget()
    await (await story.open()).collect(patient) // nothing is known any more: all that follows is the writer's own
    const writer = await story.writer()
    const image = await storeImage(writer.session, disk)
    while (!story.holds('packs/')) await new Promise(setImmediate)
    const onProgress: CollectOptions['onProgress'] = ({ phase }) => phase === 'wait' && writer.beat()
    const collector = await story.open(broken ? takesForEnded(writer.session.id) : undefined)
    await collector.collect({ ...patient, onProgress })
    await writer.ended(writer.session.commit(manifestOf({ disk: image })))
    return story
  },

  'a session that begins under an unfinished list relies on nothing in it': async (broken) => {
    const story = await Story.begin()
    const earlier = await story.writer()
    await story.forget()
    const collector = await story.open()
    expect(await collector.collect({ ...patient, waitMsMax: 0 })).toMatchObject({ outcome: 'waiting' })
    const writer = await story.writer(broken ? await ignoresLists(story.memory) : undefined)
    const image = await storeImage(writer.session, disk)
    await earlier.session.abandon()
    expect(await collector.collect(patient)).toMatchObject({ outcome: 'done' })
    await writer.ended(writer.session.commit(manifestOf({ disk: image })))
    return story
  },

  'a session leaves what is condemned before it says so': async (broken) => {
    const story = await Story.begin()
    const writer = await story.writer(broken ? await ignoresLists(story.memory) : undefined)
    const image = await storeImage(writer.session, disk)
    await story.forget()
    const onProgress: CollectOptions['onProgress'] = ({ phase }) => phase === 'wait' && writer.beat()
    const report = await (await story.open()).collect({ ...patient, onProgress })
    expect(report).toMatchObject({ outcome: 'done', sessionsFenced: [] })
    expect(report.packsDeleted).toBeGreaterThan(0)
    await writer.ended(writer.session.commit(manifestOf({ disk: image })))
    return story
  },

  'a collector looks again before the final': async (broken) => {
    const story = await Story.begin()
    const writer = await story.writer()
    const image = await storeImage(writer.session, disk)
    await story.forget()
    let committed: Promise<unknown> | undefined
    const onProgress: CollectOptions['onProgress'] = ({ phase }) => {
      if (phase === 'wait') committed ??= writer.session.commit(manifestOf({ disk: image }))
    }
    await (await story.open(broken ? remembers('points/') : undefined)).collect({ ...patient, onProgress })
    await committed
    return story
  },

  'an inherited point is pinned': async (broken) => {
    const story = await Story.begin()
    const writer = await story.writer(broken ? dropsPuts(/\/pin-/) : undefined)
    const base = { point: story.base.id, image: story.base.images[0]!.image }
    const image = await writer.session.beginImage({ capacityBytes: disk.length, base, unwritten: 'inherit' })
    await story.forget()
    const onProgress: CollectOptions['onProgress'] = ({ phase }) => phase === 'wait' && writer.beat()
    await (await story.open()).collect({ ...patient, onProgress })
    await writer.ended(image.finish().then((stored) => writer.session.commit(manifestOf({ disk: stored }))))
    return story
  },

  'whoever pins looks then whether the point is buried': async (broken) => {
    const story = await Story.begin()
    const writer = await story.writer(broken ? blindTo('trash/') : undefined)
    await writer.repository.checkPoint(story.base) // its map stays in memory
    await story.forget()
    const onProgress: CollectOptions['onProgress'] = ({ phase }) => phase === 'wait' && writer.beat()
    await (await story.open()).collect({ ...patient, onProgress })
    const base = { point: story.base.id, image: story.base.images[0]!.image }
    const begun = writer.session.beginImage({ capacityBytes: disk.length, base, unwritten: 'inherit' })
    const finish = begun.then((image) => image.finish())
    await writer.ended(finish.then((stored) => writer.session.commit(manifestOf({ disk: stored }))))
    return story
  },

  'of two who append to a fate one wins': async (broken) => {
    const story = await Story.begin()
    await story.forget()
    const collector = await story.open()
    const late: Change = (storage) => ({
      async putNew(key, bytes, signal) {
        if (key.startsWith('trash/')) await collector.collect(patient)
        if (broken) story.memory.objects.delete(key)
        return await storage.putNew(key, bytes, signal)
      },
    })
    await (await story.open(late)).restoreForgotten(story.base.id).catch(isRefusal)
    return story
  },
}

it.each(Object.entries(tales))('%s', async (_, tale) => {
  expect(await (await tale(false)).isWhole()).toBe(true)
  expect(await (await tale(true)).isWhole()).toBe(false)
})

it('a list of points that lacks one which the last collection saw stops the collection', async () => {
  const story = await Story.begin()
  const repository = await story.open()
  const other = await backUp(repository, { disk: noise(3 * chunk, 'other') })
  await repository.forget(other.id, { reason: 'a test' })
  const lacking: Change = (storage) => ({
    async *list(prefix, signal) {
      for await (const object of storage.list(prefix, signal)) if (!object.key.endsWith(story.base.id)) yield object
    },
  })
  await repository.collect(patient)
  const before = story.memory.objects.size
  const lied = (await story.open(lacking)).collect(patient)
  await expect(lied).rejects.toMatchObject({ code: 'repository.listing-incomplete', details: { point: story.base.id } })
  expect(story.memory.objects.size).toBe(before)
  for (const key of story.memory.objects.keys()) if (key.startsWith('gc/')) story.memory.objects.delete(key)
  const unknown = (await story.open(lacking)).collect(patient) // no collection ever saw it: but who stored its packs?
  await expect(unknown).rejects.toMatchObject({ code: 'repository.session-not-listed' })
  expect(await story.isWhole()).toBe(true)
})

it('a point that cannot be understood, or whose map cannot be read, stops the collection', async () => {
  for (const [prefix, at] of [
    ['points/', 100],
    ['packs/', 70],
  ] as const) {
    const story = await Story.begin()
    const packs = [...story.memory.objects].filter(([key]) => key.startsWith(prefix))
    const [, smallest] = packs.toSorted(([, a], [, b]) => a.length - b.length)[0]!
    smallest[at]! ^= 1
    const before = story.memory.objects.size
    const collected = (await story.open()).collect(patient)
    await expect(collected).rejects.toMatchObject({
      code: 'repository.collect-unsafe',
      details: { point: story.base.id },
    })
    expect(story.memory.objects.size).toBe(before)
  }
})

it('of two copies one goes, and only if the other was read back', async () => {
  const rotten = async (which: number) => {
    const story = await Story.begin()
    const sessions = [await story.writer(), await story.writer()]
    const content = noise(3 * chunk, 'twice')
    const images = []
    for (const { session } of sessions) images.push(await storeImage(session, content))
    for (const [i, { session }] of sessions.entries()) await session.commit(manifestOf({ disk: images[i]! }))
    const copies = [...story.memory.objects].filter(
      ([key]) => key.startsWith('packs/') && !key.endsWith(story.base.id.slice(16)),
    )
    const large = copies.filter(([, bytes]) => bytes.length > chunk)
    expect(large).toHaveLength(2)
    if (which >= 0) large[which]![1][200]! ^= 1
    const repository = await story.open()
    await repository.collect(patient)
    const left = large.filter(([key]) => story.memory.objects.has(key)).length
    const readers = await Promise.all(
      images.map(async (image) =>
        contentOf(await story.open(), image).then(
          (bytes) => Buffer.from(bytes).equals(content),
          () => false,
        ),
      ),
    )
    return { left, readable: readers.every(Boolean) }
  }
  expect(await rotten(-1)).toEqual({ left: 1, readable: true })
  const lefts = [(await rotten(0)).left, (await rotten(1)).left]
  expect(new Set(lefts)).toEqual(new Set([1, 2])) // the one the index finds is checked before the other goes
})
