// The contract every storage with a lock passes. Run it from a test file: `objectLockContract('a bucket', open)`.
import { seededRandom } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import type { LockMode, ObjectLock } from './object-lock.ts'
import type { Storage } from './storage.ts'

// oxlint-disable max-lines-per-function -- a suite, not a function

interface Locking {
  /** A fresh, empty storage that can lock. */
  readonly open: () => Promise<Storage & { readonly lock?: ObjectLock }>
  readonly mode: LockMode
  readonly nowMs: () => number
}

export function objectLockContract(name: string, { open, mode, nowMs }: Locking): void {
  describe(`${name} keeps the contract of locks`, () => {
    const bytes = seededRandom(name).bytes(5_000)
    const second = 1000
    const inMs = (ms: number) => ({ mode, untilMs: Math.ceil((nowMs() + ms) / second) * second })

    it('says that it can', async () => {
      await using storage = await open()
      expect(await storage.lock!.whyNot(mode)).toBeUndefined()
    })

    it('creates once and locked, and whoever comes second changes nothing', async () => {
      await using storage = await open()
      const retention = inMs(60_000)
      expect(await storage.lock!.putNew('packs/a', bytes, retention)).toBe('created')
      expect(await storage.lock!.putNew('packs/a', new Uint8Array(3), inMs(120_000))).toBe('exists')
      expect(await storage.lock!.retentionOf('packs/a')).toEqual(retention)
      expect(Buffer.from(bytes).equals((await storage.get('packs/a', 5_000))!)).toBe(true)
    })

    it('tells what has no lock from what has one', async () => {
      await using storage = await open()
      await storage.putNew('free', bytes)
      expect(await storage.lock!.retentionOf('free')).toBeUndefined()
      expect(await storage.lock!.retentionOf('absent')).toBeUndefined()
    })

    it('locks for longer, and what was not locked', async () => {
      await using storage = await open()
      const [first, second] = [inMs(60_000), inMs(120_000)]
      await storage.lock!.putNew('a', bytes, first)
      await storage.lock!.extend('a', second)
      expect(await storage.lock!.retentionOf('a')).toEqual(second)
      await storage.putNew('b', bytes)
      await storage.lock!.extend('b', first)
      expect(await storage.lock!.retentionOf('b')).toEqual(first)
      await expect(storage.lock!.extend('absent', first)).rejects.toMatchObject({ code: 'storage.not-found' })
    })

    it('never gets shorter', async () => {
      await using storage = await open()
      const retention = inMs(120_000)
      await storage.lock!.putNew('a', bytes, retention)
      await storage.lock!.extend('a', inMs(60_000)).catch(() => {}) // refused or ignored
      expect(await storage.lock!.retentionOf('a')).toEqual(retention)
    })

    it('withstands every try to break it', async () => {
      await using storage = await open()
      await storage.lock!.putNew('a', bytes, inMs(120_000))
      expect(await storage.lock!.breaks('a')).toEqual([])
    })

    it('says so where there is no lock to withstand', async () => {
      await using storage = await open()
      await storage.putNew('a', bytes)
      expect(await storage.lock!.breaks('a')).toContain('deleted')
    })
  })
}
