import { AppError } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import { fail } from '../errors.ts'
import type { Repository } from '../repository.ts'
import type { RestorePoint } from '../restore-point.ts'
import { LockingMemoryStorage } from '../storage/locking-memory-storage.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import type { Storage } from '../storage/storage.ts'
import { changedStorage, createTestRepository, manifestOf, noise, reopenTestRepository, writeRuns } from '../testing.ts'

const chunk = 4096
const leafBytes = 256 * chunk
const leaves = 300 // more than a page of the level above has slots
const capacityBytes = leaves * leafBytes
const dayMs = 86_400_000

/** A backup with one chunk new under each of these leaves; with `base` an increment of it. */
async function backUp(repository: Repository, places: Iterable<number>, seed: string, base?: RestorePoint) {
  await using session = await repository.beginSession()
  const of = base && { point: base.id, image: base.images[0]!.image }
  const inherits = of === undefined ? ({ unwritten: 'zero' } as const) : ({ base: of, unwritten: 'inherit' } as const)
  const image = await session.beginImage({ capacityBytes, chunkSizeBytes: chunk, ...inherits })
  const runs = [...places].map((leaf) => ({ offsetBytes: leaf * leafBytes, bytes: noise(chunk, `${seed} ${leaf}`) }))
  await writeRuns(image, runs)
  return { point: await session.commit(manifestOf({ disk: await image.finish() })), since: session.held }
}

const everyLeaf = () => Array.from({ length: leaves }, (_, i) => i)

/** Counts what is read of packs, and asked of them. */
function counted(storage: MemoryStorage) {
  const calls = { reads: 0, looks: 0, lists: 0 }
  const watched: Storage = changedStorage(storage, {
    getRange(key, ...rest) {
      if (key.startsWith('packs/')) calls.reads++
      return storage.getRange(key, ...rest)
    },
    size(key, signal) {
      if (key.startsWith('packs/')) calls.looks++
      return storage.size(key, signal)
    },
    list(prefix, signal) {
      if (prefix === 'packs/') calls.lists++
      return storage.list(prefix, signal)
    },
  })
  return { storage: watched, calls, reset: () => void Object.assign(calls, { reads: 0, looks: 0, lists: 0 }) }
}

async function story({ checked = true } = {}) {
  const clock = fakeClock()
  const inner = memoryStorage()
  const first = await createTestRepository(inner, { clock })
  const { point: base } = await backUp(first.repository, everyLeaf(), 'base')
  if (checked) await first.repository.checkPoint(base)
  await first[Symbol.asyncDispose]()
  const watch = counted(inner)
  const reopen = (seed: string) => reopenTestRepository(watch.storage, { clock, seed })
  return { ...watch, clock, inner, base, reopen }
}

const packsOf = (storage: MemoryStorage) => [...storage.objects.keys()].filter((key) => key.startsWith('packs/'))

const outcome = async (work: Promise<void>) => {
  try {
    await work
    return 'good'
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.code
  }
}

describe('the check of an increment', () => {
  it('reads the pages that changed and asks for the packs of what is new, whatever there is besides', async () => {
    const { reopen, base, calls, reset } = await story()
    await using repository = await reopen('second')
    const { point, since } = await backUp(repository, [3, 290], 'x', base)
    reset()
    await repository.checkPoint(point, { since })
    expect(calls.lists).toBe(0)
    expect(calls.reads).toBeLessThan(12)
    expect(calls.looks).toBeLessThan(4)
    reset()
    await repository.checkPoint(point)
    expect(calls.lists).toBe(1)
    expect(calls.reads + calls.looks).toBeGreaterThan(290) // every page
  })

  it('walks everything where the base was never checked, and the next one need not', async () => {
    const { reopen, base, calls, reset } = await story({ checked: false })
    await using repository = await reopen('second')
    const second = await backUp(repository, [3], 'x', base)
    await repository.checkPoint(second.point, { since: second.since })
    expect(calls.reads).toBeGreaterThan(290)
    const third = await backUp(repository, [4], 'y', second.point)
    reset()
    await repository.checkPoint(third.point, { since: third.since })
    expect(calls.reads).toBeLessThan(12)
  })

  it('walks everything again 30 days after that was done last, however many increments there were between', async () => {
    const { reopen, base, calls, reset, clock } = await story()
    let before = base
    const reads: number[] = []
    clock.advance(28 * dayMs)
    for (let day = 29; day <= 32; day++) {
      clock.advance(dayMs)
      await using repository = await reopen(`day ${day}`)
      const { point, since } = await backUp(repository, [day], 'x', before)
      reset()
      await repository.checkPoint(point, { since })
      reads.push(calls.reads)
      before = point
    }
    expect(reads.flatMap((count, i) => (count > 200 ? [29 + i] : []))).toEqual([31])
  })

  it('finds a new pack that is not there any more', async () => {
    const { reopen, base, inner } = await story()
    const before = new Set(packsOf(inner))
    await using repository = await reopen('second')
    const { point, since } = await backUp(repository, [3], 'x', base)
    for (const key of packsOf(inner)) if (!before.has(key)) inner.objects.delete(key)
    expect(await outcome(repository.checkPoint(point, { since }))).toBe('repository.pack-missing')
    expect(await outcome((await reopen('third')).checkPoint(point))).toMatch(/pack-missing|chunk-missing/)
  })

  it.each([
    'a pack vanished',
    'a pack was cut',
    'a delta is damaged',
    'the proof is damaged',
    'the proof is for another point',
  ])('looks at everything when %s, and says what a look at everything says', async (what) => {
    const { reopen, base, inner, calls, reset } = await story()
    const [pack] = packsOf(inner).toSorted((a, b) => inner.objects.get(b)!.length - inner.objects.get(a)!.length)
    const [delta] = [...inner.objects.keys()].filter((key) => key.startsWith('index/delta/'))
    const proof = `proofs/${base.id}`
    if (what === 'a pack vanished') inner.objects.delete(pack!)
    if (what === 'a pack was cut') inner.objects.set(pack!, inner.objects.get(pack!)!.slice(0, -1))
    if (what === 'a delta is damaged')
      inner.objects.set(
        delta!,
        inner.objects.get(delta!)!.map((byte) => byte ^ 1),
      )
    if (what === 'the proof is damaged') inner.objects.set(proof, inner.objects.get(proof)!.slice(0, -1))
    await using repository = await reopen('second')
    if (what === 'the proof is for another point') {
      const other = await backUp(repository, [9], 'other')
      await repository.checkPoint(other.point)
      inner.objects.set(proof, inner.objects.get(`proofs/${other.point.id}`)!)
    }
    const { point, since } = await backUp(repository, [3], 'x', base)
    reset()
    const found = await outcome(repository.checkPoint(point, { since }))
    expect(found === 'good' ? calls.reads > 200 : found).toBe(what.startsWith('a pack') ? found : true)
    expect(found).toBe(await outcome((await reopen('third')).checkPoint(point)))
    if (what.startsWith('a pack')) expect(found).not.toBe('good')
  })

  it('looks at everything after the index was made anew, which may know less than the check of the base did', async () => {
    const { reopen, base, inner } = await story()
    const before = await reopen('second')
    await before.rebuildIndex()
    await before[Symbol.asyncDispose]()
    const [pack] = packsOf(inner).toSorted((a, b) => inner.objects.get(b)!.length - inner.objects.get(a)!.length)
    inner.objects.delete(pack!)
    for (const key of inner.objects.keys()) if (key.startsWith('index/')) inner.objects.delete(key)
    const mending = await reopen('third')
    await mending.rebuildIndex() // nothing names the pack any more
    await mending[Symbol.asyncDispose]()
    await using repository = await reopen('fourth')
    const { point, since } = await backUp(repository, [3], 'x', base)
    expect(await outcome(repository.checkPoint(point, { since }))).toBe('repository.chunk-missing')
  })

  it('succeeds where nothing can be written', async () => {
    const { base, inner, clock } = await story({ checked: false })
    const readOnly = changedStorage(inner, {
      putNew: (key) => Promise.reject(fail('storage.read-only', { storage: 'memory', key })),
    })
    await using repository = await reopenTestRepository(readOnly, { clock })
    await repository.checkPoint(base)
  })
})

it('proofs go with their points, and those of points that stand when they say nothing any more', async () => {
  const { reopen, base, inner, clock } = await story()
  await using repository = await reopen('second')
  const gone = await backUp(repository, [3], 'x', base)
  await repository.checkPoint(gone.point, { since: gone.since })
  await repository.forget(gone.point.id, { reason: 'a test' })
  const proofs = () => [...inner.objects.keys()].filter((key) => key.startsWith('proofs/'))
  clock.advance(31 * dayMs)
  await repository.collect()
  expect(proofs()).toEqual([`proofs/${base.id}`])
  clock.advance(31 * dayMs)
  await repository.collect()
  expect(proofs()).toEqual([])
})

it('a locked increment reads the pages that changed, and a week later all of them: what is needed no more is locked no longer', async () => {
  const clock = fakeClock()
  const storage = new LockingMemoryStorage(clock)
  const lock = { days: 14, mode: 'compliance' } as const
  await using test = await createTestRepository(storage, { lock, clock })
  const { repository } = test
  let { point } = await backUp(repository, everyLeaf(), 'base')
  const original = storage.getRange.bind(storage)
  let reads = 0
  storage.getRange = (key, ...rest) => {
    if (key.startsWith('packs/')) reads++
    return original(key, ...rest)
  }
  const walks: number[] = []
  for (let day = 1; day <= 10; day++) {
    clock.advance(dayMs)
    await using again = await reopenTestRepository(storage, { clock, seed: `day ${day}` })
    reads = 0
    ;({ point } = await backUp(again, [day], 'x', point))
    expect(point.lockedUntil).toBeDefined()
    if (reads > 200) walks.push(day)
  }
  expect(walks).toEqual([8])
})
