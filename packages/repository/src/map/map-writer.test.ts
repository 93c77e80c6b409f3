import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toHex } from '../formats/hex.ts'
import { chunkBitsOf, chunksUnder, heightOf } from '../formats/map-geometry.ts'
import { MapPage, slotsPerPage } from '../formats/map-page.ts'
import { type MapBase, MapWriter, type PageStore } from './map-writer.ts'

const chunkSizeBytes = 256 * 1024

/** Pages in a Map, by the hash of their encoding. Counts what is read and written. */
function pagesInMemory() {
  const pages = new Map<string, Uint8Array>()
  const count = { reads: 0, writes: 0 }
  const store: PageStore = {
    async read(id, level, chunkBits) {
      count.reads++
      return MapPage.decode(pages.get(toHex(id))!, level, chunkBits)
    },
    async write(page) {
      const encoded = page.encode()
      const id = createHash('sha256').update(encoded).digest()
      if (!pages.has(toHex(id))) count.writes++
      pages.set(toHex(id), encoded)
      return id
    },
  }
  return { pages, store, count }
}

const idOf = (content: number) => createHash('sha256').update(String(content)).digest()

/** Chunks of a map as a plain model: chunk number → hex of id. */
async function contentOf(
  store: PageStore,
  map: MapBase,
  level = map.height - 1,
  first = 0,
): Promise<Map<number, string>> {
  const content = new Map<number, string>()
  if (map.root === null) return content
  const page = await store.read(map.root, level, chunkBitsOf(chunkSizeBytes))
  for (let slot = 0; slot < slotsPerPage; slot++) {
    const root = page.get(slot)?.slice() ?? null
    const at = first + slot * chunksUnder(level)
    if (level > 0) for (const entry of await contentOf(store, { ...map, root }, level - 1, at)) content.set(...entry)
    else if (root !== null) content.set(at, toHex(root))
  }
  return content
}

type Step = { from: number; count: number; content: number | null }

async function built(store: PageStore, chunks: number, steps: readonly Step[], base?: MapBase): Promise<MapBase> {
  const capacityBytes = chunks * chunkSizeBytes
  const writer = await MapWriter.begin(store, { capacityBytes, chunkSizeBytes, base })
  for (const { from, count, content } of steps) {
    const to = Math.min(from + count, chunks)
    if (from >= chunks) continue
    if (content === null) await writer.clear(from, to)
    else
      await writer.set(
        from,
        Array.from({ length: to - from }, (_, i) => (content === 0 ? null : idOf(content + i))),
      )
  }
  expect(writer.openPages).toBeLessThanOrEqual(256)
  return { root: await writer.finish(), height: heightOf(capacityBytes, chunkSizeBytes), capacityBytes }
}

function apply(model: Map<number, string>, chunks: number, steps: readonly Step[]): Map<number, string> {
  const result = new Map([...model].filter(([chunk]) => chunk < chunks))
  for (const { from, count, content } of steps)
    for (let chunk = from; chunk < Math.min(from + count, chunks); chunk++)
      if (content === null || content === 0) result.delete(chunk)
      else result.set(chunk, toHex(idOf(content + chunk - from)))
  return result
}

const chunksMax = 70_000 // two levels and a bit of the third
const anyStep: fc.Arbitrary<Step> = fc.record({
  from: fc.oneof(fc.nat(chunksMax), fc.constantFrom(0, 255, 256, 65_535, 65_536)),
  count: fc.oneof(fc.nat(5), fc.nat(700)),
  content: fc.oneof(fc.constant(null), fc.nat(20)),
})
const anyClear: fc.Arbitrary<Step> = fc.record({
  from: fc.nat(chunksMax),
  count: fc.nat(chunksMax),
  content: fc.constant(null),
})
const anySteps = fc.array(fc.oneof({ weight: 5, arbitrary: anyStep }, anyClear), { maxLength: 12 })
const anyChunks = fc.oneof(fc.nat(chunksMax), fc.constantFrom(0, 1, 255, 256, 257, 65_536, 65_537))

it('builds, updates, grows and shrinks as a plain table does', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(anyChunks, anySteps), { maxLength: 4 }), async (generations) => {
      const { store } = pagesInMemory()
      let base: MapBase | undefined
      let model = new Map<number, string>()
      for (const [chunks, steps] of generations) {
        base = await built(store, chunks, steps, base)
        model = apply(model, chunks, steps)
        const sorted = (content: Map<number, string>) => [...content].toSorted(([a], [b]) => a - b)
        expect(sorted(await contentOf(store, base))).toEqual(sorted(model))
      }
    }),
    { numRuns: 60 },
  ))

it('gives equal roots to equal content, however it came about', () =>
  fc.assert(
    fc.asyncProperty(anyChunks, anySteps, anyChunks, anySteps, async (chunks, steps, otherChunks, otherSteps) => {
      const { store } = pagesInMemory()
      const detour = await built(store, otherChunks, otherSteps)
      const viaDetour = await built(store, chunks, [{ from: 0, count: chunks, content: null }, ...steps], detour)
      const model = apply(new Map(), chunks, steps)
      const writer = await MapWriter.begin(store, { capacityBytes: chunks * chunkSizeBytes, chunkSizeBytes })
      for (const [chunk, hex] of [...model].toSorted(([a], [b]) => b - a))
        await writer.set(chunk, [Buffer.from(hex, 'hex')])
      const root = await writer.finish()
      expect(root && toHex(root)).toBe(viaDetour.root && toHex(viaDetour.root))
      if (model.size === 0) expect(root).toBeNull()
    }),
    { numRuns: 40 },
  ))

it('touches few pages of a 62 TB disk', async () => {
  const { store, count } = pagesInMemory()
  const chunks = Math.ceil((62 * 1024 ** 4) / chunkSizeBytes)
  const sparse = await built(store, chunks, [
    { from: 0, count: 300, content: 1 },
    { from: 100_000_000, count: 1, content: 7 },
    { from: chunks - 1, count: 1, content: 8 },
  ])
  expect(sparse.height).toBe(4)
  Object.assign(count, { reads: 0, writes: 0 })
  const next = await built(store, chunks, [{ from: 100_000_001, count: 1, content: 9 }], sparse)
  expect(count).toEqual({ reads: 4, writes: 4 })
  expect((await contentOf(store, next)).size).toBe(303)
  const cleared = await built(store, chunks, [{ from: 0, count: chunks, content: null }], next)
  expect(cleared.root).toBeNull()
})

it('keeps few pages open, whatever the order', async () => {
  const { store } = pagesInMemory()
  const places = Array.from({ length: 3_000 }, (_, i) => (i * 7_919 * 256) % (60_000 * 256))
  const steps = places.map((from, i) => ({ from, count: 1, content: 1 + (i % 50) }))
  const map = await built(store, 60_000 * 256, steps)
  expect((await contentOf(store, map)).size).toBe(new Set(places).size)
})

it('writes nothing when nothing changed', async () => {
  const { store, count } = pagesInMemory()
  const base = await built(store, 70_000, [{ from: 0, count: 70_000, content: 5 }])
  count.writes = 0
  const same = await built(store, 70_000, [{ from: 300, count: 10, content: 305 }], base)
  expect([same.root && toHex(same.root), count.writes]).toEqual([base.root && toHex(base.root), 0])
})
