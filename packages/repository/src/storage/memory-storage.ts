import type { Clock } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { namesOf, prefixNamesOf } from './keys.ts'
import type { Storage, StoredObject } from './storage.ts'

/** A storage in memory: for tests. What it holds outlives closing, so that it can be opened again. */
export class MemoryStorage implements Storage {
  readonly name = 'memory'
  /** The objects themselves, for tests that damage them. */
  readonly objects = new Map<string, Uint8Array>()
  readonly #clock: Clock | undefined
  readonly #modifiedAtMs = new Map<string, number>()

  /** Without a clock it does not say when what was stored. */
  constructor(clock?: Clock) {
    this.#clock = clock
  }

  async putNew(
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'> {
    signal?.throwIfAborted()
    namesOf(key)
    if (this.objects.has(key)) return 'exists'
    this.objects.set(key, new Uint8Array(bytes instanceof Uint8Array ? bytes : Buffer.concat(bytes)))
    if (this.#clock !== undefined) this.#modifiedAtMs.set(key, Math.floor(this.#clock.nowMs()))
    return 'created'
  }

  async get(key: string, sizeBytesMax: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    signal?.throwIfAborted()
    const object = this.#find(key)
    if (object !== undefined && object.length > sizeBytesMax)
      throw fail('storage.too-large', { storage: this.name, key, sizeBytes: object.length, sizeBytesMax })
    return object && new Uint8Array(object)
  }

  async getRange(key: string, offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const object = this.#find(key)
    if (object === undefined) throw fail('storage.not-found', { storage: this.name, key })
    const run = object.subarray(offsetBytes, offsetBytes + target.length)
    target.set(run)
    const missingBytes = target.length - run.length
    if (missingBytes > 0)
      throw fail('storage.short-read', { storage: this.name, key, offsetBytes: offsetBytes + run.length, missingBytes })
  }

  async getSuffix(
    key: string,
    lengthBytesMax: number,
    signal?: AbortSignal,
  ): Promise<{ bytes: Uint8Array; sizeBytes: number } | undefined> {
    signal?.throwIfAborted()
    const object = this.#find(key)
    return (
      object && {
        bytes: new Uint8Array(object.subarray(Math.max(0, object.length - lengthBytesMax))),
        sizeBytes: object.length,
      }
    )
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject> {
    prefixNamesOf(prefix)
    signal?.throwIfAborted()
    for (const key of [...this.objects.keys()].filter((name) => name.startsWith(prefix)).toSorted()) {
      signal?.throwIfAborted()
      const object = this.objects.get(key)
      const modifiedAtMs = this.#modifiedAtMs.get(key)
      if (object !== undefined)
        yield { key, sizeBytes: object.length, ...(modifiedAtMs === undefined ? {} : { modifiedAtMs }) }
    }
  }

  async size(key: string, signal?: AbortSignal): Promise<number | undefined> {
    signal?.throwIfAborted()
    return this.#find(key)?.length
  }

  async delete(key: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    namesOf(key)
    this.objects.delete(key)
    this.#modifiedAtMs.delete(key)
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #find(key: string): Uint8Array | undefined {
    namesOf(key)
    return this.objects.get(key)
  }
}

export const memoryStorage = (clock?: Clock): MemoryStorage => new MemoryStorage(clock)
