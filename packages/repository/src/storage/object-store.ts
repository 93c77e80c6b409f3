import { AppError, type Clock, forEachConcurrent, hasCode, type Random, retry } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { sameBytes } from '../formats/hex.ts'
import type { LockRule } from '../lock/lock-rule.ts'
import type { ObjectLock, Retention } from './object-lock.ts'
import type { Storage, StoredObject } from './storage.ts'

const attemptsMax = 4
const delayMs = 250
/** Every object of the format ends in a MAC, a tag or a checksummed footer of at most this many bytes. */
const signatureBytes = 64
const deletesAtOnce = 8

/** A storage that is asked again when it stumbles. What the rest of the repository talks to. */
export class ObjectStore {
  readonly storage: Storage
  /** What the repository wants locked. Set once, before anything is written: so that every writer obeys. */
  lockRule: LockRule | undefined
  readonly #clock: Clock
  readonly #random: Random

  constructor(storage: Storage, { clock, random }: { clock: Clock; random: Random }) {
    this.storage = storage
    this.#clock = clock
    this.#random = random
  }

  get(key: string, sizeBytesMax: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#retry(() => this.storage.get(key, sizeBytesMax, signal), signal)
  }

  getRange(key: string, offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#retry(() => this.storage.getRange(key, offsetBytes, target, signal), signal)
  }

  getSuffix(key: string, lengthBytesMax: number, signal?: AbortSignal): ReturnType<Storage['getSuffix']> {
    return this.#retry(() => this.storage.getSuffix(key, lengthBytesMax, signal), signal)
  }

  size(key: string, signal?: AbortSignal): Promise<number | undefined> {
    return this.#retry(() => this.storage.size(key, signal), signal)
  }

  delete(key: string, signal?: AbortSignal): Promise<void> {
    return this.#retry(() => this.storage.delete(key, signal), signal)
  }

  /** Removes many objects, with few calls where the storage can. Returns those that a lock keeps in their place. */
  async deleteMany(keys: readonly string[], signal?: AbortSignal): Promise<ReadonlySet<string>> {
    const { storage } = this
    const locked = new Set<string>()
    if (keys.length > 1 && storage.deleteMany !== undefined)
      await this.#retry(() => storage.deleteMany!(keys, signal), signal)
    else
      await forEachConcurrent(keys, deletesAtOnce, async (key) => {
        await this.delete(key, signal).catch((error: unknown) => {
          if (!hasCode(error, 'storage.locked')) throw error
          locked.add(key)
        })
      })
    return locked
  }

  /** As {@link Storage.putNew}, with the lock the repository wants. One try. */
  async putNew(
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'> {
    const retention = this.lockRule?.retentionOf(key)
    if (retention === undefined) return await this.storage.putNew(key, bytes, signal)
    return await this.#lock.putNew(key, bytes, retention, signal)
  }

  /** @throws `storage.no-lock` if what is stored would have to be locked, and cannot be */
  requireLock(): void {
    if (this.lockRule !== undefined) void this.#lock
  }

  /** The lock an object has. */
  retentionOf(key: string, signal?: AbortSignal): Promise<Retention | undefined> {
    return this.#retry(() => this.#lock.retentionOf(key, signal), signal)
  }

  /** Whether a lock keeps an object, if only as a hidden version, whoever deletes it. */
  async isLocked(key: string, signal?: AbortSignal): Promise<boolean> {
    if (this.lockRule === undefined) return false
    return ((await this.retentionOf(key, signal))?.untilMs ?? 0) > this.#clock.nowMs()
  }

  extendLock(key: string, retention: Retention, signal?: AbortSignal): Promise<void> {
    return this.#retry(() => this.#lock.extend(key, retention, signal), signal)
  }

  get #lock(): ObjectLock {
    const { lock, name } = this.storage
    if (lock === undefined) throw fail('storage.no-lock', { storage: name, reason: 'it has no way to lock' })
    return lock
  }

  /** As {@link Storage.list}; a list that breaks off is begun again and taken up after the last key that came. */
  async *list(prefix: string, signal?: AbortSignal): AsyncIterable<StoredObject> {
    let lastKey = ''
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const object of this.storage.list(prefix, signal)) {
          if (object.key <= lastKey) continue
          lastKey = object.key
          yield object
        }
        return
      } catch (error) {
        if (attempt >= attemptsMax || !isRetryable(error)) throw error
        await this.#clock.sleep(delayMs, signal)
      }
    }
  }

  /**
   * Stores an object under a name nobody else can have chosen. After a lost reply the object's own end tells whether it is ours.
   *
   * @throws `repository.name-taken` if there is another object: this process has a twin; `repository.name-vanished` if ours was stored and
   *   removed before its lost reply was made up for
   */
  async putUnique(key: string, bytes: Uint8Array | readonly Uint8Array[], signal?: AbortSignal): Promise<void> {
    let uncertain = false
    const outcome = await this.#retry(async () => {
      try {
        return await this.putNew(key, bytes, signal)
      } catch (error) {
        uncertain = true
        throw error
      }
    }, signal)
    if (outcome === 'created') return
    const holds = uncertain ? await this.#holds(key, bytes, signal) : 'other'
    if (holds === 'nothing') throw fail('repository.name-vanished', { key })
    if (holds === 'other') throw fail('repository.name-taken', { key })
  }

  async #holds(
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    signal: AbortSignal | undefined,
  ): Promise<'ours' | 'other' | 'nothing'> {
    const pieces = bytes instanceof Uint8Array ? [bytes] : bytes
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const found = await this.getSuffix(key, signatureBytes, signal)
    if (found === undefined) return 'nothing'
    const own = Buffer.concat(pieces.slice(-2)).subarray(-found.bytes.length)
    return found.sizeBytes === sizeBytes && sameBytes(found.bytes, own) ? 'ours' : 'other'
  }

  #retry<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return retry(work, { attemptsMax, delayMs, isRetryable, clock: this.#clock, random: this.#random, signal })
  }
}

const isRetryable = (error: unknown) => error instanceof AppError && error.remedy === 'retry'
