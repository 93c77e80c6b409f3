// The contract every storage passes. Run it from a test file: `storageContract('a folder', open)`.
import { AppError, collect, seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import type { Storage } from './storage.ts'

// oxlint-disable max-lines-per-function -- a suite, not a function

interface ContractOptions {
  /** A name whose object was removed can be used again. No repository does that, and not every server with versions can. */
  readonly freesNames?: boolean
}

/** `open` gives a fresh, empty storage each time; it is disposed here. */
export function storageContract(
  name: string,
  open: () => Promise<Storage>,
  { freesNames = true }: ContractOptions = {},
): void {
  describe(`${name} keeps the storage contract`, () => {
    const bytes = seededRandom(name).bytes(10_000)
    const keysOf = async (storage: Storage, prefix: string) =>
      (await collect(storage.list(prefix))).map(({ key }) => key)

    it('gives back what was put, whole, in ranges and from its end', async () => {
      await using storage = await open()
      expect(await storage.putNew('packs/ab/one', bytes)).toBe('created')
      expect(await storage.size('packs/ab/one')).toBe(10_000)
      expect(Buffer.from(bytes).equals((await storage.get('packs/ab/one', 10_000))!)).toBe(true)
      const range = new Uint8Array(777)
      await storage.getRange('packs/ab/one', 9_223, range)
      expect(Buffer.from(bytes).subarray(9_223).equals(range)).toBe(true)
      const suffix = await storage.getSuffix('packs/ab/one', 64)
      expect(suffix?.sizeBytes).toBe(10_000)
      expect(Buffer.from(bytes).subarray(-64).equals(suffix!.bytes)).toBe(true)
      expect((await storage.getSuffix('packs/ab/one', 20_000))?.bytes).toHaveLength(10_000)
    })

    it('joins the pieces of a put', async () => {
      await using storage = await open()
      const pieces = Array.from({ length: 3_000 }, (_, i) => bytes.subarray(i, i + (i % 3)))
      await storage.putNew('pieces', pieces)
      expect(Buffer.concat(pieces).equals((await storage.get('pieces', 10_000))!)).toBe(true)
    })

    it('stores an empty object', async () => {
      await using storage = await open()
      await storage.putNew('empty', new Uint8Array())
      expect(await storage.get('empty', 0)).toHaveLength(0)
      expect(await storage.size('empty')).toBe(0)
    })

    it('creates once, and keeps what was first', async () => {
      await using storage = await open()
      expect(await storage.putNew('points/a', bytes)).toBe('created')
      expect(await storage.putNew('points/a', new Uint8Array(5))).toBe('exists')
      expect(await storage.size('points/a')).toBe(10_000)
    })

    it('lets exactly one of many win', async () => {
      await using storage = await open()
      const contents = Array.from({ length: 20 }, (_, i) => new Uint8Array(100).fill(i))
      const outcomes = await Promise.all(contents.map((content) => storage.putNew('points/race', content)))
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
      const winner = contents[outcomes.indexOf('created')]!
      expect(Buffer.from(winner).equals((await storage.get('points/race', 100))!)).toBe(true)
    })

    it('lists a prefix in byte order, with sizes, whatever the nesting', async () => {
      await using storage = await open()
      const keys = ['a/b', 'a-b', 'a.b', 'a/b.c', 'a/b-c/d', 'a/c', 'ab', 'b/x/y/z', 'b/x/y0', '_'].toSorted()
      for (const [i, key] of keys.entries()) await storage.putNew(key, bytes.subarray(0, i))
      expect(await keysOf(storage, '')).toEqual(keys)
      expect(await keysOf(storage, 'a/')).toEqual(keys.filter((key) => key.startsWith('a/')))
      expect(await keysOf(storage, 'b/x/')).toEqual(['b/x/y/z', 'b/x/y0'])
      expect(await keysOf(storage, 'nowhere/')).toEqual([])
      const sizes = new Map((await collect(storage.list(''))).map(({ key, sizeBytes }) => [key, sizeBytes]))
      keys.forEach((key, i) => expect(sizes.get(key)).toBe(i))
    })

    it('says when an object was stored, by one clock for all', async () => {
      await using storage = await open()
      for (const key of ['times/a', 'times/b', 'times/c']) await storage.putNew(key, bytes)
      const times = (await collect(storage.list('times/'))).map(({ modifiedAtMs }) => modifiedAtMs)
      expect(times).toEqual(times.map(() => expect.any(Number)))
      expect(times.every(Number.isSafeInteger)).toBe(true)
      expect(times).toEqual(times.toSorted((a, b) => a! - b!))
      expect(times[0]).toBeGreaterThan(Date.UTC(2020, 0)) // a clock, not a counter
    })

    it('says plainly what is not there', async () => {
      await using storage = await open()
      await storage.putNew('there/x', bytes)
      for (const key of ['absent', 'there/y', 'nowhere/at/all']) {
        expect(await storage.get(key, 100)).toBeUndefined()
        expect(await storage.getSuffix(key, 100)).toBeUndefined()
        expect(await storage.size(key)).toBeUndefined()
        await expect(storage.getRange(key, 0, new Uint8Array(1))).rejects.toMatchObject({ code: 'storage.not-found' })
        await storage.delete(key)
      }
    })

    it(freesNames ? 'deletes, and the key is free again' : 'deletes', async () => {
      await using storage = await open()
      await storage.putNew('gone/x', bytes)
      await storage.delete('gone/x')
      expect(await storage.size('gone/x')).toBeUndefined()
      expect(await keysOf(storage, '')).toEqual([])
      if (freesNames) expect(await storage.putNew('gone/x', bytes)).toBe('created')
    })

    it('never reads more than it was allowed, and never less than it was asked', async () => {
      await using storage = await open()
      await storage.putNew('x', bytes)
      await expect(storage.get('x', 9_999)).rejects.toMatchObject({ code: 'storage.too-large' })
      await expect(storage.getRange('x', 9_999, new Uint8Array(2))).rejects.toMatchObject({
        code: 'storage.short-read',
      })
      await expect(storage.getRange('x', 20_000, new Uint8Array(2))).rejects.toMatchObject({
        code: 'storage.short-read',
      })
    })

    it('refuses keys that are none', async () => {
      await using storage = await open()
      for (const key of [
        '',
        '/',
        'a//b',
        '../a',
        'a/..',
        '.tmp',
        'A',
        'a/',
        '/a',
        'a b',
        `a/${'x'.repeat(121)}`,
        'a\0',
      ]) {
        const refusal = async (work: () => Promise<unknown>) =>
          expect(
            await Promise.resolve()
              .then(work)
              .catch((error: unknown) => error),
          ).toBeInstanceOf(AppError)
        await refusal(() => storage.putNew(key, bytes))
        await refusal(() => storage.get(key, 10))
        await refusal(() => storage.delete(key))
      }
    })

    it('stops at an aborted signal', async () => {
      await using storage = await open()
      const reason = new Error('enough')
      const signal = AbortSignal.abort(reason)
      await expect(storage.putNew('x', bytes, signal)).rejects.toBe(reason)
      await expect(storage.get('x', 10, signal)).rejects.toBe(reason)
      await expect(collect(storage.list('', signal))).rejects.toBe(reason)
    })

    it('does many things at once', async () => {
      await using storage = await open()
      const keys = Array.from({ length: 200 }, (_, i) => `packs/${(i % 7).toString(16)}/${i}`)
      await Promise.all(keys.map((key, i) => storage.putNew(key, bytes.subarray(0, i))))
      const back = await Promise.all(keys.map((key) => storage.get(key, 1_000)))
      back.forEach((got, i) => expect(got).toHaveLength(i))
    })
  })
}
