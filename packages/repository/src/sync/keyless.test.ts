import { codeOf, collect, Secret } from '@vmkeep/kit'
import { beforeEach, describe, expect, it } from 'vitest'
import { openKeySlots } from '../keys/key-slots.ts'
import { openRepository } from '../open-repository.ts'
import type { Repository, SyncReport } from '../repository.ts'
import { memoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import {
  backUp,
  changedStorage,
  contentOf,
  createTestRepository,
  createTestTwin,
  fastKdf,
  manifestOf,
  noise,
  reopenTestRepository,
  storeImage,
  testChunkBytes as chunk,
  testPassphrase,
  type TestRepository,
} from '../testing.ts'

const sweeper = new Secret('sweep')
const outcomes = ({ points }: SyncReport) => points.map(({ outcome }) => outcome)
const codes = ({ points }: SyncReport) => points.flatMap(({ error }) => error?.code ?? [])
const disks = [1, 2, 3].map((seed) => noise(5 * chunk, seed))

let source: TestRepository
let target: TestRepository

const addSweeper = async (storage: Storage) => {
  const slots = await openKeySlots(storage, { key: testPassphrase, kdf: fastKdf })
  await slots.addKey(sweeper, { maintenance: true })
}

beforeEach(async () => {
  source = await createTestRepository(memoryStorage(), { seed: 'source' })
  target = await createTestTwin(source, { seed: 'target' })
  for (const { storage } of [source, target]) await addSweeper(storage)
})

/** As the machine that must not read guests opens it. */
const openKeyless = (storage: Storage) =>
  openRepository(storage, { key: sweeper, workersMax: 0, memoryBytesMax: 48 * 1024 * 1024, packSizeBytes: 1024 * 1024 })

async function syncKeyless(from: Storage = source.storage, to: Storage = target.storage): Promise<SyncReport> {
  await using opened = await openKeyless(from)
  await using there = await openKeyless(to)
  return await there.syncFrom(opened)
}

function store(disk: Uint8Array) {
  source.clock.advance(1000)
  return backUp(source.repository, { disk }, { notes: Buffer.from(disk.subarray(0, 99)) })
}

async function expectWhole(repository: Repository, contents: readonly Uint8Array[]): Promise<void> {
  const points = await collect(repository.points())
  expect(points).toHaveLength(contents.length)
  for (const [i, point] of points.entries()) {
    if (point.damaged !== undefined) throw point.damaged
    expect(Buffer.compare(await contentOf(repository, point.images[0]!.image), contents[i]!)).toBe(0)
    expect(Buffer.compare(await repository.readBlob(point.blobs['notes']!), contents[i]!.subarray(0, 99))).toBe(0)
  }
  expect((await repository.verify()).damaged).toEqual([])
}

let readers = 0
const reader = () => reopenTestRepository(target.storage, { seed: `reader ${++readers}` })

describe('with keys of maintenance only', () => {
  it('points go over as they are, once somebody with all keys has copied one; who has them restores', async () => {
    await store(disks[0]!)
    await target.repository.syncFrom(source.repository)
    await store(disks[1]!)
    await store(Buffer.concat([disks[0]!.subarray(0, 2 * chunk), disks[2]!]))
    const report = await syncKeyless()
    expect(report).toMatchObject({ verbatim: true })
    expect(outcomes(report)).toEqual(['there', 'copied', 'copied'])
    expect(report.points[2]!.bytes).toBeLessThan(6 * chunk)
    expect(outcomes(await syncKeyless())).toEqual(['there', 'there', 'there'])
    await using there = await reader()
    await expectWhole(there, [disks[0]!, disks[1]!, Buffer.concat([disks[0]!.subarray(0, 2 * chunk), disks[2]!])])
  })

  it('one side is enough to make it so', async () => {
    await store(disks[0]!)
    await target.repository.syncFrom(source.repository)
    await store(disks[1]!)
    await using from = await openKeyless(source.storage)
    expect(outcomes(await target.repository.syncFrom(from))).toEqual(['there', 'copied'])
    await store(disks[2]!)
    await using to = await openKeyless(target.storage)
    expect(outcomes(await to.syncFrom(source.repository))).toEqual(['there', 'there', 'copied'])
    await using there = await reader()
    await expectWhole(there, disks)
  })

  it('nothing is copied before: not even if both have stored the same content by themselves', async () => {
    await store(disks[0]!)
    await backUp(target.repository, { disk: disks[0]! })
    const refused = await syncKeyless()
    expect([outcomes(refused), codes(refused)]).toEqual([['failed'], ['repository.generation-unproven']])
    expect(await collect(target.repository.points())).toHaveLength(1)
  })

  it('a data key that was made since then has to go over with all keys first', async () => {
    await store(disks[0]!)
    await target.repository.syncFrom(source.repository)
    await source.repository.rotateDataKey()
    await store(disks[1]!)
    const refused = await syncKeyless()
    expect([outcomes(refused), codes(refused)]).toEqual([['there', 'failed'], ['repository.generation-unproven']])
    await target.repository.syncFrom(source.repository)
    await store(disks[2]!)
    expect(outcomes(await syncKeyless())).toEqual(['there', 'there', 'copied'])
    await using there = await reader()
    await expectWhole(there, disks)
  })

  it('a point of a domain is left out, and those after it are not', async () => {
    await store(disks[0]!)
    await source.repository.createDomain('red')
    await target.repository.syncFrom(source.repository)
    source.clock.advance(1000)
    await using session = await source.repository.beginSession({ domain: 'red' })
    await session.commit(manifestOf({ disk: await storeImage(session, disks[1]!) }))
    await store(disks[2]!)
    const report = await syncKeyless()
    expect([outcomes(report), codes(report)]).toEqual([['there', 'unseen', 'copied'], ['repository.domain-unseen']])
    await using there = await reader()
    await expectWhole(there, [disks[0]!, disks[2]!])
  })

  it('what is damaged in the source is not copied', async () => {
    await store(disks[0]!)
    await target.repository.syncFrom(source.repository)
    const known = new Set(source.storage.objects.keys())
    await store(disks[1]!)
    const largest = [...source.storage.objects].filter(([key]) => key.startsWith('packs/') && !known.has(key))
    const [key, bytes] = largest.toSorted((a, b) => b[1].length - a[1].length)[0]!
    source.storage.objects.set(key, bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1))
    const report = await syncKeyless()
    expect([outcomes(report), codes(report)]).toEqual([['there', 'damaged'], ['repository.copy-damaged']])
    expect(await collect(target.repository.points())).toHaveLength(1)
  })

  it('what a collection moves meanwhile is found where it lies then', async () => {
    const shared = await store(disks[0]!)
    await target.repository.syncFrom(source.repository)
    const gone = await store(Buffer.concat([disks[1]!, disks[2]!]))
    await store(disks[1]!)
    let moved = false
    const moving = changedStorage(source.storage, {
      async getRange(key, offsetBytes, into, signal) {
        if (!moved && key.startsWith('packs/') && into.length > chunk) {
          moved = true
          for (const { id } of [shared, gone]) await source.repository.forget(id, { reason: 'a test' })
          const now = { graceMs: 0, silentMs: 0, deadShareMax: 0 }
          expect(await source.repository.collect(now)).toMatchObject({ outcome: 'done' })
        }
        return await source.storage.getRange(key, offsetBytes, into, signal)
      },
    })
    await syncKeyless(moving)
    expect(moved).toBe(true)
    expect(outcomes(await syncKeyless())).toEqual(['there'])
    await using there = await reader()
    expect((await there.verify()).damaged).toEqual([])
  })

  it('what a collection takes while it proves a data key is no damage of what is copied: it lies elsewhere then', async () => {
    const both = await store(Buffer.concat([disks[0]!, disks[2]!]))
    await target.repository.syncFrom(source.repository)
    const proving = [...source.storage.objects.keys()].filter((key) => key.startsWith('packs/'))
    await store(disks[0]!)
    await store(disks[1]!)
    await source.repository.forget(both.id, { reason: 'a test' })
    let moved = false
    const moving = changedStorage(source.storage, {
      async getRange(key, offsetBytes, into, signal) {
        if (!moved && proving.includes(key) && into.length > chunk) {
          moved = true
          const now = { graceMs: 0, silentMs: 0, deadShareMax: 0 }
          expect(await source.repository.collect(now)).toMatchObject({ outcome: 'done' })
          expect(source.storage.objects.has(key)).toBe(false)
        }
        return await source.storage.getRange(key, offsetBytes, into, signal)
      },
    })
    const report = await syncKeyless(moving)
    expect([outcomes(report), codes(report)]).toEqual([['copied', 'copied'], []])
    expect(moved).toBe(true)
  })

  it('repositories with different keys are refused', async () => {
    const stranger = await createTestRepository(memoryStorage(), { seed: 'stranger' })
    await addSweeper(stranger.storage)
    await store(disks[0]!)
    expect(await syncKeyless(source.storage, stranger.storage).catch(codeOf)).toBe('repository.needs-data-keys')
  })
})
