// The index over memory and runs, against a Map.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../formats/hex.ts'
import { type MemoryStorage, memoryStorage } from '../storage/memory-storage.ts'
import { idOf, indexOf } from './index-testing.ts'

const blobsMax = 400

describe('the index', () => {
  const anyStep = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('put' as const),
        blobs: fc.uniqueArray(fc.nat(blobsMax), { minLength: 1, maxLength: 60 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('fold' as const), whole: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('doom' as const), which: fc.nat() }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  )

  it('finds what a Map finds, however it is folded, merged and opened', () =>
    fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 30 }), async (steps) => {
        const storage = memoryStorage()
        const doomed = new Set<string>()
        let opened = 0
        const writer = indexOf(storage, 'writer', doomed)
        let reader = indexOf(storage, `reader ${opened++}`, doomed)
        const packs: { name: string; blobs: readonly number[] }[] = []
        for (const step of steps) {
          if (step.kind === 'put') packs.push(await writer.put(step.blobs))
          if (step.kind === 'fold') await writer.compactor.compact(writer.session, step.whole ? { whole: 'all' } : {})
          if (step.kind === 'doom' && packs.length > 0) doomed.add(packs[step.which % packs.length]!.name)
          if (step.kind === 'reopen') reader = indexOf(storage, `reader ${opened++}`, doomed)
          await reader.indexStore.refresh()
          for (let blob = 0; blob <= blobsMax; blob += 3) {
            const holders = packs.filter(({ blobs }) => blobs.includes(blob)).map(({ name }) => name)
            const good = holders.filter((name) => !doomed.has(name))
            const found = reader.index.find(idOf(blob))
            if (good.length > 0) expect(good).toContain(toHex(found!.pack.name))
            else if (found !== undefined) expect(holders).toContain(toHex(found.pack.name))
            if (found !== undefined)
              expect(found).toMatchObject({ offsetBytes: 64 + 100 * blob, storedBytes: 100, type: 1 })
          }
        }
        expect(reader.indexStore.damaged.size).toBe(0)
      }),
      { numRuns: 60 },
    ))

  it('keeps every copy of a blob: what one pack loses, another has', async () => {
    const storage = memoryStorage()
    const { put, compactor, session, index, indexStore } = indexOf(storage, 'copies')
    const packs = [await put([1, 2]), await put([2, 3]), await put([2])]
    await compactor.compact(session)
    expect(indexStore.deltas.size).toBe(0)
    expect(index.entries.size).toBe(0)
    const found = new Set<string>()
    for (const _ of packs) {
      const { pack } = index.find(idOf(2))!
      found.add(toHex(pack.name))
      pack.state = 'gone'
    }
    expect([...found].toSorted()).toEqual(packs.map(({ name }) => name).toSorted())
    expect(index.find(idOf(2))).toBeUndefined()
    expect(index.recall(idOf(2))).toBeDefined()
  })

  it('marks the same whatever is folded meanwhile, and then lets go of what it held', async () => {
    const storage = memoryStorage()
    const here = indexOf(storage, 'here')
    const there = indexOf(storage, 'there')
    const all = [...Array(120).keys()]
    await here.put(all.slice(0, 60))
    await here.compactor.compact(here.session)
    await here.put(all.slice(60))
    await here.indexStore.refresh()
    const marks = here.index.marks()
    for (const blob of all.filter((i) => i % 3 === 0)) expect(marks.add(idOf(blob))).toBe('new')
    await there.compactor.compact(there.session, { whole: 'all' })
    await here.indexStore.refresh()
    for (const blob of all) expect(marks.has(idOf(blob))).toBe(blob % 3 === 0)
    expect(marks.add(idOf(3))).toBe('known')
    expect(marks.add(idOf(4))).toBe('new')
    expect(marks.add(idOf(399))).toBe('unknown')
    let bytes = 0
    marks.forEach((_, storedBytes) => (bytes += storedBytes))
    expect(bytes).toBe(100 * 41)
    marks[Symbol.dispose]()
    expect(here.index.entries.size).toBe(0)
    expect(here.index.runs).toHaveLength(1)
  })

  it('has few runs, however many deltas are folded one by one', async () => {
    const storage = memoryStorage()
    const { put, compactor, session, indexStore, index } = indexOf(storage, 'tiers')
    for (let i = 0; i < 200; i++) {
      await put([2 * i, 2 * i + 1])
      await compactor.compact(session)
      expect(index.runs.length).toBeLessThanOrEqual(4)
    }
    expect(indexStore.root.runs.reduce((sum, { entries }) => sum + entries, 0)).toBe(400)
    const left = [...storage.objects.keys()]
    expect(left.filter((key) => key.startsWith('index/delta/'))).toEqual([])
    expect(left.filter((key) => key.startsWith('index/root/')).length).toBeLessThanOrEqual(8)
    expect(left.filter((key) => key.startsWith('index/seg/')).length).toBe(2 * index.runs.length)
  })

  it('drops what is condemned for good, and its packs', async () => {
    const doomed = new Set<string>()
    const storage = memoryStorage()
    const { put, compactor, session, indexStore } = indexOf(storage, 'doomed', doomed)
    const [goes] = [await put([1, 2, 3]), await put([4, 5])]
    await compactor.compact(session)
    doomed.add(goes.name)
    expect(compactor.isDue).toBe(true)
    await compactor.compact(session)
    expect(indexStore.root.runs).toMatchObject([{ entries: 2, packs: 1 }])
  })

  it('takes memory for what is not folded, and no more', async () => {
    const { put, compactor, session, index } = indexOf(memoryStorage(), 'memory')
    for (let i = 0; i < 5; i++) await put([...Array(2000).keys()].map((k) => i * 2000 + k))
    await compactor.compact(session)
    expect(index.entries.bytes).toBeLessThan(200_000)
  })
})

describe('what is damaged or missing', () => {
  const prepared = async () => {
    const storage = memoryStorage()
    const writer = indexOf(storage, 'writer')
    await writer.put([1, 2, 3])
    await writer.compactor.compact(writer.session)
    return { storage, writer }
  }
  const keysOf = (storage: MemoryStorage, prefix: string) =>
    [...storage.objects.keys()].filter((key) => key.startsWith(prefix))

  it.each(['index/seg/', 'index/root/'])(
    'of %s is named, and its packs are as if nothing named them',
    async (prefix) => {
      for (const change of ['flip', 'remove'] as const)
        for (const key of keysOf((await prepared()).storage, prefix)) {
          const { storage } = await prepared()
          if (change === 'remove' && prefix === 'index/root/') continue // then there is none: nothing says that there was
          if (change === 'remove') storage.objects.delete(key)
          else
            storage.objects.set(
              key,
              storage.objects.get(key)!.map((byte, i) => (i === 100 ? byte ^ 1 : byte)),
            )
          const { indexStore, index } = indexOf(storage, 'reader')
          await indexStore.refresh()
          expect([...indexStore.damaged.keys()]).toEqual([key])
          expect(index.find(idOf(1))).toBeUndefined()
          expect(index.packs).toEqual([])
        }
    },
  )

  it('keeps a damaged root from being replaced by one that knows less, but for a rebuild', async () => {
    const { storage } = await prepared()
    storage.objects.set('index/root/00000001', storage.objects.get('index/root/00000001')!.fill(0, 90))
    const { compactor, session, put, indexStore } = indexOf(storage, 'next')
    await put([7])
    await expect(compactor.compact(session)).rejects.toMatchObject({ code: 'repository.object-corrupt' })
    await compactor.compact(session, { whole: 'rebuild' })
    expect(indexStore.root.number).toBe(2)
    expect(indexStore.damaged.size).toBe(0)
  })

  it('is never an error of another kind', async () => {
    const { storage } = await prepared()
    const [key] = keysOf(storage, 'index/seg/')
    const source = storage.objects.get(key!)!
    for (let at = 0; at < source.length; at += 97) {
      storage.objects.set(
        key!,
        source.map((byte, i) => (i === at ? byte ^ 255 : byte)),
      )
      const { indexStore } = indexOf(storage, `reader ${at}`)
      await expect(indexStore.refresh()).resolves.toBeUndefined()
      expect(indexStore.damaged.size).toBe(1)
    }
  })
})
