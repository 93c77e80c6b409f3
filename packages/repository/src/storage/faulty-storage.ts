import { type Clock, collect, type FaultPlan, systemClock } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { ObjectLock } from './object-lock.ts'
import type { Storage } from './storage.ts'

/** What {@link faulty} can do to a call. */
export type StorageFault =
  /** Nothing happens, and an error says so. */
  | { readonly kind: 'fail-before' }
  /** It happens, and the reply is lost. */
  | { readonly kind: 'fail-after' }
  /** The storage is full: nothing happens. */
  | { readonly kind: 'full' }
  /** The storage says that we have no right to: nothing happens. */
  | { readonly kind: 'refused' }
  /** A list ends after its first half, and says nothing. */
  | { readonly kind: 'cut' }
  /** A read gives the first half only. A put stores the first half and reports success, as a disk that lies about fsync. */
  | { readonly kind: 'torn' }
  /** One bit of what is read is wrong. */
  | { readonly kind: 'flip-bit' }
  | { readonly kind: 'delay'; readonly delayMs: number }

type Spoiling = 'torn' | 'flip-bit' | 'cut' | undefined

/**
 * Makes calls of `storage` fail by rule, named `storage.putNew`, `storage.get`, `storage.getRange`, `storage.getSuffix`,
 * `storage.list`, `storage.size`, `storage.delete`, `storage.deleteMany` (the first key), `storage.lock.extend` and
 * `storage.lock.retentionOf`, on the key as object. A put with a lock is a `storage.putNew`.
 */
export function faulty(storage: Storage, plan: FaultPlan<StorageFault>, clock: Clock = systemClock): Storage {
  const { name } = storage
  const unavailable = (key: string) => fail('storage.unavailable', { storage: name, key, reason: 'a planned fault' })

  async function strike<T>(call: string, key: string, work: (how: Spoiling) => Promise<T>): Promise<T> {
    const fault = plan.next(`storage.${call}`, key)
    if (fault?.kind === 'fail-before') throw unavailable(key)
    if (fault?.kind === 'full') throw fail('storage.full', { storage: name, key })
    if (fault?.kind === 'refused') throw fail('storage.no-permission', { storage: name, key })
    if (fault?.kind === 'delay') await clock.sleep(fault.delayMs)
    const spoils = fault?.kind === 'torn' || fault?.kind === 'flip-bit' || fault?.kind === 'cut'
    const result = await work(spoils ? fault.kind : undefined)
    if (fault?.kind === 'fail-after') throw unavailable(key)
    return result
  }

  return {
    name,
    ...(storage.settleMs === undefined ? {} : { settleMs: storage.settleMs }),
    ...(storage.reserve === undefined ? {} : { reserve: storage.reserve }),
    putNew: (key, bytes, signal) =>
      strike('putNew', key, (how) => storage.putNew(key, how === 'torn' ? spoilt(joined(bytes), how) : bytes, signal)),
    get: (key, sizeBytesMax, signal) =>
      strike('get', key, async (how) => {
        const bytes = await storage.get(key, sizeBytesMax, signal)
        return bytes && spoilt(bytes, how)
      }),
    getRange: (key, offsetBytes, target, signal) =>
      strike('getRange', key, async (how) => {
        await storage.getRange(key, offsetBytes, target, signal)
        const got = spoilt(target, how)
        target.fill(0).set(got)
        const missingBytes = target.length - got.length
        if (missingBytes > 0)
          throw fail('storage.short-read', { storage: name, key, offsetBytes: offsetBytes + got.length, missingBytes })
      }),
    getSuffix: (key, lengthBytesMax, signal) =>
      strike('getSuffix', key, async (how) => {
        const found = await storage.getSuffix(key, lengthBytesMax, signal)
        return found && { ...found, bytes: spoilt(found.bytes, how) }
      }),
    async *list(prefix, signal) {
      yield* await strike('list', prefix, async (how) =>
        how === 'cut' ? firstHalf(storage.list(prefix, signal)) : storage.list(prefix, signal),
      )
    },
    size: (key, signal) => strike('size', key, () => storage.size(key, signal)),
    delete: (key, signal) => strike('delete', key, () => storage.delete(key, signal)),
    ...(storage.deleteMany === undefined
      ? {}
      : { deleteMany: (keys, signal) => strike('deleteMany', keys[0] ?? '', () => storage.deleteMany!(keys, signal)) }),
    ...(storage.lock === undefined ? {} : { lock: faultyLock(storage.lock, strike) }),
    ...(storage.isPast === undefined ? {} : { isPast: storage.isPast }),
    [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose](),
  }
}

type Strike = <T>(call: string, key: string, work: () => Promise<T>) => Promise<T>

const faultyLock = (lock: ObjectLock, strike: Strike): ObjectLock => ({
  whyNot: (mode, signal) => lock.whyNot(mode, signal),
  putNew: (key, bytes, retention, signal) => strike('putNew', key, () => lock.putNew(key, bytes, retention, signal)),
  extend: (key, retention, signal) => strike('lock.extend', key, () => lock.extend(key, retention, signal)),
  retentionOf: (key, signal) => strike('lock.retentionOf', key, () => lock.retentionOf(key, signal)),
  breaks: (key, signal) => lock.breaks(key, signal),
})

async function* firstHalf<T>(items: AsyncIterable<T>): AsyncIterable<T> {
  const all = await collect(items)
  yield* all.slice(0, Math.floor(all.length / 2))
}

const joined = (bytes: Uint8Array | readonly Uint8Array[]) =>
  bytes instanceof Uint8Array ? bytes : Buffer.concat(bytes)

function spoilt(bytes: Uint8Array, how: Spoiling): Uint8Array {
  const copy = new Uint8Array(bytes) // never a view: a Buffer's slice() is one
  if (how === 'torn') return copy.subarray(0, Math.floor(bytes.length / 2))
  if (how === 'flip-bit' && copy.length > 0) copy[Math.floor(copy.length / 2)]! ^= 1
  return copy
}
