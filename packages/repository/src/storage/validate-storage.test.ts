import { FaultPlan, seededRandom } from '@vmkeep/kit'
import { fakeClock } from '@vmkeep/kit/testing'
import { describe, expect, it } from 'vitest'
import { fail } from '../errors.ts'
import { faulty } from './faulty-storage.ts'
import { memoryStorage } from './memory-storage.ts'
import type { Storage } from './storage.ts'
import { brokenPromises, probePrefix, type StoragePromise, validateStorage } from './validate-storage.ts'

const random = seededRandom('validate')

/** A memory in which some methods lie. */
function lying(lies: (honest: Storage) => Partial<Storage>) {
  const memory = memoryStorage()
  const { objects } = memory
  const methods = ['putNew', 'get', 'getRange', 'getSuffix', 'list', 'size', 'delete'] as const
  const honest = Object.fromEntries(
    methods.map((method) => [method, memory[method].bind(memory)]),
  ) as unknown as Storage
  const dispose = { name: 'a liar', [Symbol.asyncDispose]: async () => {} }
  return { objects, storage: { ...honest, ...dispose, ...lies(honest) } satisfies Storage }
}

async function brokenBy(lies: (honest: Storage) => Partial<Storage>): Promise<StoragePromise[]> {
  const { storage } = lying(lies)
  const checks = await validateStorage(storage, { random })
  return checks.filter(({ outcome }) => outcome === 'failed').map(({ promise }) => promise)
}

async function* listOf(objects: Iterable<{ key: string; sizeBytes: number }>) {
  yield* objects
}

describe('validateStorage', () => {
  it('passes a storage that keeps its promises, and leaves nothing behind', async () => {
    const memory = memoryStorage()
    await memory.putNew('points/a', new Uint8Array(3))
    const checks = await validateStorage(memory, { random })
    expect(brokenPromises(checks)).toEqual([])
    expect(checks.map(({ outcome }) => outcome)).toEqual([...Array.from({ length: 7 }, () => 'passed'), 'not-offered'])
    expect([...memory.objects.keys()]).toEqual(['points/a'])
  })

  it('removes what a validation left that was broken off', async () => {
    const memory = memoryStorage()
    const clock = fakeClock()
    const [old, recent] = [25, 1].map((hours) => `${probePrefix}${clock.nowMs() - hours * 3600_000}-01-once`)
    for (const key of [old!, recent!]) await memory.putNew(key, new Uint8Array(3))
    await validateStorage(memory, { random, clock })
    expect([...memory.objects.keys()]).toEqual([recent]) // of one that may be at work
  })

  it.each<[string, (honest: Storage) => Partial<Storage>, StoragePromise]>([
    [
      'overwrites',
      (honest) => ({
        putNew: async (key, bytes) => (await honest.delete(key), await honest.putNew(key, bytes)),
      }),
      'creates-once',
    ],
    [
      'says "created" to everyone',
      (honest) => ({ putNew: async (key, bytes) => (await honest.putNew(key, bytes), 'created') }),
      'creates-once',
    ],
    [
      'lets two of a race win',
      (honest) => {
        const names = new Set<string>()
        return {
          async putNew(key, bytes) {
            const taken = names.has(key)
            await new Promise(setImmediate)
            names.add(key)
            return (await honest.putNew(key, bytes)) === 'created' || !taken ? 'created' : 'exists'
          },
        }
      },
      'creates-once-at-once',
    ],
    [
      'remembers that nothing was there',
      (honest) => {
        const absent = new Set<string>()
        return {
          async get(key, sizeBytesMax) {
            const found = absent.has(key) ? undefined : await honest.get(key, sizeBytesMax)
            if (found === undefined) absent.add(key)
            return found
          },
        }
      },
      'reads-what-was-written',
    ],
    [
      'ignores where a range begins',
      (honest) => ({ getRange: (key, _, target) => honest.getRange(key, 0, target) }),
      'reads-ranges',
    ],
    [
      'gives the first bytes for the last',
      (honest) => ({
        async getSuffix(key, lengthBytesMax) {
          const whole = await honest.get(key, 1e6)
          return whole && { bytes: whole.subarray(0, lengthBytesMax), sizeBytes: whole.length }
        },
      }),
      'reads-ranges',
    ],
    [
      'ends objects early',
      (honest) => ({
        getRange: (key, offsetBytes) => {
          throw fail('storage.short-read', { storage: honest.name, key, offsetBytes, missingBytes: 1 })
        },
      }),
      'reads-ranges',
    ],
    ['lists nothing', () => ({ list: () => listOf([]) }), 'lists-what-was-written'],
    ['removes nothing', () => ({ delete: async () => {} }), 'removes'],
    [
      'lists what is gone',
      (honest) => {
        const seen = new Map<string, { key: string; sizeBytes: number }>()
        return {
          async *list(prefix) {
            for await (const object of honest.list(prefix)) seen.set(object.key, object)
            yield* [...seen.values()]
              .filter(({ key }) => key.startsWith(prefix))
              .toSorted((a, b) => (a.key < b.key ? -1 : 1))
          },
        }
      },
      'lists-no-more-what-was-removed',
    ],
    ['stores damage', () => ({ refusesDamage: async () => false }), 'refuses-damage'],
  ])('finds a storage out that %s', async (_, lies, promise) => expect(await brokenBy(lies)).toContain(promise))

  it('says what it expected and what came', async () => {
    const { storage } = lying((honest) => ({
      putNew: async (key, bytes) => (await honest.putNew(key, bytes), 'created'),
    }))
    expect(brokenPromises(await validateStorage(storage, { random }))).toContain(
      'creates-once: the second put of the same name gave "created", not "exists"',
    )
  })

  it('gives no verdict on a storage that does not answer', async () => {
    const silent = faulty(memoryStorage(), new FaultPlan(random, [{ on: 'storage.*', then: { kind: 'fail-before' } }]))
    await expect(validateStorage(silent, { random })).rejects.toMatchObject({ code: 'storage.unavailable' })
  })

  it('stops at an aborted signal, and still cleans up', async () => {
    const memory = memoryStorage()
    const reason = new Error('enough')
    const stop = new AbortController()
    const put = memory.putNew.bind(memory)
    memory.putNew = async (key, bytes, signal) => {
      if (key.endsWith('race')) stop.abort(reason)
      return await put(key, bytes, signal)
    }
    await expect(validateStorage(memory, { random, signal: stop.signal })).rejects.toBe(reason)
    expect(memory.objects.size).toBe(0)
  })
})
