import { collect } from '@vmkeep/kit'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toHex } from '../formats/hex.ts'
import { chunkBytesMin, heightOf } from '../formats/map-geometry.ts'
import type { MapPage } from '../formats/map-page.ts'
import { hmac } from '../formats/aead.ts'
import type { StoredImage } from '../restore-point.ts'
import { type Difference, mapDifferences } from './map-difference.ts'
import { MapWriter } from './map-writer.ts'

const key = new Uint8Array(32)

/** Pages by their content, in memory, which count how often they are read. */
class Pages {
  readonly stored = new Map<string, MapPage>()
  reads = 0

  async read(id: Uint8Array): Promise<MapPage> {
    this.reads++
    return this.stored.get(toHex(id))!
  }

  async write(page: MapPage): Promise<Uint8Array> {
    const id = hmac(key, page.encode())
    this.stored.set(toHex(id), page.copy())
    return id
  }
}

type Content = ReadonlyMap<number, number>

const idOf = (value: number) => hmac(key, new Uint8Array(Float64Array.of(value).buffer))

async function imageOf(pages: Pages, chunks: number, content: Content): Promise<StoredImage> {
  const capacityBytes = chunks * chunkBytesMin
  const writer = await MapWriter.begin(pages, { capacityBytes, chunkSizeBytes: chunkBytesMin })
  for (const [chunk, value] of content) if (chunk < chunks) await writer.set(chunk, [idOf(value)])
  const root = await writer.finish()
  const height = heightOf(capacityBytes, chunkBytesMin)
  return { capacityBytes, chunkSizeBytes: chunkBytesMin, height, root: root && toHex(root) }
}

const differencesOf = async (pages: Pages, image: StoredImage, base?: StoredImage): Promise<Difference[]> =>
  (await collect(mapDifferences({ image, pages }, base && { image: base, pages }))).flat()

/** Few chunks, but far apart: trees of one to three levels. */
const anyChunk = fc.oneof(fc.nat(5), fc.integer({ min: 250, max: 260 }), fc.integer({ min: 65_530, max: 65_600 }))
const anyContent = fc.array(fc.tuple(anyChunk, fc.nat(3))).map((entries) => new Map(entries))
const anySize = fc.constantFrom(1, 4, 256, 257, 65_536, 65_700)

it('tells exactly the chunks that differ, whatever the sizes of the two', () =>
  fc.assert(
    fc.asyncProperty(anySize, anyContent, anySize, anyContent, async (chunks, content, baseChunks, baseContent) => {
      const pages = new Pages()
      const image = await imageOf(pages, chunks, content)
      const base = await imageOf(pages, baseChunks, baseContent)
      const told = new Map<number, string | null>()
      let last = -1
      for (const { id, kind, firstChunk, chunks: count } of await differencesOf(pages, image, base)) {
        if (id !== null && kind === 'page') continue
        expect(firstChunk).toBeGreaterThan(last)
        last = firstChunk + count - 1
        for (const chunk of [...content.keys(), ...baseContent.keys()])
          if (chunk >= firstChunk && chunk <= last) told.set(chunk, id && toHex(id))
      }
      const at = (of: Content, size: number, chunk: number) => (chunk < size ? of.get(chunk) : undefined)
      for (const chunk of new Set([...content.keys(), ...baseContent.keys()])) {
        const [now, before] = [at(content, chunks, chunk), at(baseContent, baseChunks, chunk)]
        if (now !== undefined) expect(told.get(chunk)).toBe(now === before ? undefined : toHex(idOf(now)))
        else if (before !== undefined && chunk < chunks) expect(told.get(chunk)).toBeNull()
        else expect(told.get(chunk) ?? null).toBeNull() // zeroes in both: told with what is around it, or not
      }
    }),
    { numRuns: 60 },
  ))

it('names every page of an image without a base, and none of an equal one', async () => {
  const pages = new Pages()
  const image = await imageOf(pages, 65_700, new Map([0, 300, 65_600].map((chunk) => [chunk, chunk])))
  const all = await differencesOf(pages, image)
  expect(new Set(all.flatMap(({ id, kind }) => (kind === 'page' ? [toHex(id!)] : [])))).toEqual(
    new Set(pages.stored.keys()),
  )
  pages.reads = 0
  expect(await differencesOf(pages, image, image)).toEqual([])
  expect(pages.reads).toBe(0)
})

it('reads only the pages on the way to a difference', async () => {
  const pages = new Pages()
  const content = new Map(Array.from({ length: 2560 }, (_, i) => [i * 25, i] as const))
  const base = await imageOf(pages, 65_536, content)
  const image = await imageOf(pages, 65_536, new Map([...content, [30_000, -1]]))
  pages.reads = 0
  expect((await differencesOf(pages, image, base)).filter(({ kind }) => kind === 'chunk')).toHaveLength(1)
  expect(pages.reads).toBe(4)
})
