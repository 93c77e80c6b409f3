import { type Clock, FormatError, type Random } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { decodeKeyRing, encodeKeyRing, keyRingBytesMax, type Ring } from '../formats/key-ring.ts'
import { keysPrefix, ringKey, ringNumberOf } from '../formats/object-names.ts'
import { createOnce } from '../storage/create-once.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { untilListed } from '../storage/until-listed.ts'
import { type BlobKeys, blobKeys, type MaintenanceKeys, mapKeys, type RoleKeys } from './role-keys.ts'

export interface RingPlace {
  readonly objects: ObjectStore
  readonly repositoryId: Uint8Array
  readonly roles: RoleKeys
  readonly clock: Clock
  readonly random: Random
}

interface NumberedRing {
  readonly number: number
  readonly ring: Ring
}

/** The data keys, as the newest ring has them. Every change is a new ring: of several who change it at once one wins, and the others read again. */
export class KeyRing {
  /** Hears of the keys when they change. */
  onChange: (keys: BlobKeys) => void = () => {}
  readonly #place: RingPlace | undefined
  #newest: NumberedRing
  #keys: BlobKeys
  #reading: Promise<void> | undefined

  private constructor(place: RingPlace | undefined, newest: NumberedRing, keys: BlobKeys) {
    this.#place = place
    this.#newest = newest
    this.#keys = keys
  }

  /** @throws `repository.object-corrupt` if the newest ring is damaged, or there is none */
  static async open(place: RingPlace, signal?: AbortSignal): Promise<KeyRing> {
    const newest = await readNewest(place, signal)
    return new KeyRing(place, newest, blobKeys(place.roles, newest.ring))
  }

  /** For who can read maps only: whatever there is, he does not see it. */
  static unseen(keys: MaintenanceKeys): KeyRing {
    const ring = { generations: [], domains: [], erased: [], last: 0, oldest: 0 }
    return new KeyRing(undefined, { number: 0, ring }, mapKeys(keys))
  }

  /** There are no data keys: maps can be read, and data cannot. */
  get maintenanceOnly(): boolean {
    return this.#keys.maintenanceOnly
  }

  /** @throws `repository.needs-data-keys` */
  requireDataKeys(): void {
    if (this.maintenanceOnly) throw fail('repository.needs-data-keys', {})
  }

  get keys(): BlobKeys {
    return this.#keys
  }

  /** Whether a blob sealed with this data key can be opened; one without, a map page, always. */
  canOpen(keyGeneration: number): boolean {
    return keyGeneration === 0 || this.#keys.data.has(keyGeneration)
  }

  /** Whether there is, or was, such a data key: a domain's that was erased counts. */
  knows(keyGeneration: number): boolean {
    return this.#keys.maintenanceOnly || this.canOpen(keyGeneration) || this.isErased(keyGeneration)
  }

  isErased(keyGeneration: number): boolean {
    return this.#keys.erased.has(keyGeneration)
  }

  get ring(): Ring {
    return this.#newest.ring
  }

  /** Looks whether somebody else has changed the ring. */
  refresh(signal?: AbortSignal): Promise<void> {
    const reading = (this.#reading ??= this.#read(signal).finally(() => (this.#reading = undefined)))
    return reading
  }

  /** Stores the ring that `change` makes of the newest one; nothing, if that is `undefined`. */
  async change(change: (ring: Ring) => Ring | undefined, signal?: AbortSignal): Promise<void> {
    await this.#change((newest) => change(newest.ring), signal)
  }

  /** As `change`, and removes every ring that was before: what it takes out is gone for good. */
  async purge(change: (ring: Ring) => Ring, signal?: AbortSignal): Promise<{ readonly ringsLocked: number }> {
    await this.#change(({ number, ring }) => ({ ...change(ring), oldest: number + 1 }), signal)
    return await this.removeOld(signal)
  }

  /** Removes rings that hold what must be gone, which a crash or a lock may have left. `ringsLocked` still are. */
  async removeOld(signal?: AbortSignal): Promise<{ readonly ringsLocked: number }> {
    if (this.#place === undefined) return { ringsLocked: 0 }
    const { objects } = this.#place
    let ringsLocked = 0
    for await (const { key } of objects.list(keysPrefix, signal)) {
      if ((ringNumberOf(key) ?? Infinity) >= this.ring.oldest) continue
      if (await objects.isLocked(key, signal)) ringsLocked++ // where versions are kept it can be had again until then
      await objects.deleteMany([key], signal)
    }
    return { ringsLocked }
  }

  async #change(change: (newest: NumberedRing) => Ring | undefined, signal: AbortSignal | undefined): Promise<void> {
    const place = this.#place
    if (place === undefined) throw fail('repository.needs-data-keys', {})
    for (;;) {
      signal?.throwIfAborted()
      await this.#read(signal)
      const ring = change(this.#newest)
      if (ring === undefined) return
      const number = this.#newest.number + 1
      if (!(await create(place, number, ring))) {
        const isListed = async () => (await readNewest(place, signal)).number >= number
        await untilListed(place, ringKey(number), isListed, signal)
        continue
      }
      const newest = await readNewest(place, signal)
      if (newest.number === number) return this.#learn(newest)
      // The number had been taken, and its ring removed since: ours is nobody's, and may hold what must be gone.
      if (newest.number > number && newest.ring.oldest > number) await place.objects.delete(ringKey(number), signal)
      else return this.#learn(newest)
    }
  }

  async #read(signal: AbortSignal | undefined): Promise<void> {
    if (this.#place === undefined) return
    const newest = await readNewest(this.#place, signal)
    if (newest.number > this.#newest.number) this.#learn(newest)
  }

  #learn(newest: NumberedRing): void {
    this.#newest = newest
    this.#keys = blobKeys(this.#place!.roles, newest.ring)
    this.onChange(this.#keys)
  }
}

/** Whether the ring is ours. */
async function create(place: RingPlace, number: number, ring: Ring): Promise<boolean> {
  const { repositoryId, roles, random } = place
  const encoded = encodeKeyRing({ repositoryId, objectId: random.bytes(16), ring }, roles.ring, random)
  const outcome = await createOnce(place, ringKey(number), encoded, keyRingBytesMax)
  if (outcome.kind === 'failed') throw outcome.error as Error
  return outcome.kind === 'ours'
}

async function readNewest(place: RingPlace, signal: AbortSignal | undefined): Promise<NumberedRing> {
  const { objects, repositoryId, roles } = place
  for (let missing = 0; ;) {
    let number = 0
    for await (const { key } of objects.list(keysPrefix, signal)) number = ringNumberOf(key) ?? number // ascending
    const source = number === 0 ? undefined : await objects.get(ringKey(number), keyRingBytesMax, signal)
    if (source !== undefined) return { number, ring: ringOf(source, number) }
    if (number === missing) throw fail('repository.object-corrupt', { object: 'keys/ring-*', reason: 'it is missing' })
    missing = number // a newer one may have taken its place since it was listed
  }

  function ringOf(source: Uint8Array, number: number): Ring {
    try {
      return decodeKeyRing(source, repositoryId, roles.ring)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      throw fail('repository.object-corrupt', { object: ringKey(number), reason: error.message }, error)
    }
  }
}
