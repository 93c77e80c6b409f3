import { type Clock, systemClock } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { MemoryStorage } from './memory-storage.ts'
import type { LockBreak, LockMode, ObjectLock, Retention } from './object-lock.ts'

/** What was asked of a lock. */
export type LockCall = 'put' | 'extend' | 'look'

/**
 * A storage in memory that locks objects, as a bucket with versions does: for tests. Deleting hides a locked object and leaves its
 * bytes in {@link hidden}.
 */
export class LockingMemoryStorage extends MemoryStorage {
  readonly lock: ObjectLock
  readonly retentions = new Map<string, Retention>()
  readonly hidden = new Map<string, Uint8Array>()
  /** How often it was asked what. */
  readonly calls: Record<LockCall, number> = { put: 0, extend: 0, look: 0 }

  constructor(clock: Clock = systemClock) {
    super()
    this.lock = new MemoryLock(this, clock)
  }

  override async delete(key: string, signal?: AbortSignal): Promise<void> {
    const bytes = this.objects.get(key)
    await super.delete(key, signal)
    if (bytes !== undefined && this.retentions.has(key)) this.hidden.set(key, bytes)
  }
}

class MemoryLock implements ObjectLock {
  readonly #storage: LockingMemoryStorage
  readonly #clock: Clock

  constructor(storage: LockingMemoryStorage, clock: Clock) {
    this.#storage = storage
    this.#clock = clock
  }

  async whyNot(_mode: LockMode): Promise<undefined> {}

  async putNew(
    key: string,
    bytes: Uint8Array | readonly Uint8Array[],
    retention: Retention,
    signal?: AbortSignal,
  ): Promise<'created' | 'exists'> {
    this.#storage.calls.put++
    const outcome = await this.#storage.putNew(key, bytes, signal)
    if (outcome === 'created') this.#storage.retentions.set(key, retention)
    return outcome
  }

  async extend(key: string, retention: Retention, signal?: AbortSignal): Promise<void> {
    this.#storage.calls.extend++
    const { name, retentions, objects } = this.#storage
    signal?.throwIfAborted()
    if (!objects.has(key)) throw fail('storage.not-found', { storage: name, key })
    const known = retentions.get(key)
    if (known !== undefined && known.untilMs > retention.untilMs) throw fail('storage.locked', { storage: name, key })
    retentions.set(key, retention)
  }

  async retentionOf(key: string, signal?: AbortSignal): Promise<Retention | undefined> {
    this.#storage.calls.look++
    signal?.throwIfAborted()
    return this.#storage.objects.has(key) ? this.#storage.retentions.get(key) : undefined
  }

  async breaks(key: string): Promise<LockBreak[]> {
    const locked = (this.#storage.retentions.get(key)?.untilMs ?? 0) > this.#clock.nowMs()
    return locked ? [] : ['deleted', 'shortened', 'overwritten']
  }
}
