import { type Clock, FormatError, type Random } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { decodeKeyRing, encodeKeyRing, type Generation, keyRingBytesMax } from '../formats/key-ring.ts'
import { keysPrefix, ringKey, ringNumberOf } from '../formats/object-names.ts'
import { createOnce } from '../storage/create-once.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { type BlobKeys, blobKeys, type RoleKeys } from './role-keys.ts'

interface NumberedRing {
  readonly number: number
  readonly generations: readonly Generation[]
}

export interface RingPlace {
  readonly objects: ObjectStore
  readonly repositoryId: Uint8Array
  readonly roles: RoleKeys
  readonly clock: Clock
  readonly random: Random
}

/** The data keys, as the newest ring has them. Every change is a new ring: of several who change it at once one wins, and the others read again. */
export class KeyRing {
  /** Hears of the keys when they change. */
  onChange: (keys: BlobKeys) => void = () => {}
  readonly #place: RingPlace
  #newest: NumberedRing
  #keys: BlobKeys
  #reading: Promise<void> | undefined

  private constructor(place: RingPlace, newest: NumberedRing) {
    this.#place = place
    this.#newest = newest
    this.#keys = blobKeys(place.roles, newest.generations)
  }

  /** @throws `repository.object-corrupt` if the newest ring is damaged, or there is none */
  static async open(place: RingPlace, signal?: AbortSignal): Promise<KeyRing> {
    return new KeyRing(place, await readNewest(place, signal))
  }

  get keys(): BlobKeys {
    return this.#keys
  }

  get generations(): readonly Generation[] {
    return this.#newest.generations
  }

  /** Looks whether somebody else has changed the ring. */
  refresh(signal?: AbortSignal): Promise<void> {
    const reading = (this.#reading ??= this.#read(signal).finally(() => (this.#reading = undefined)))
    return reading
  }

  /** Stores the ring that `change` makes of the newest one; nothing, if that is `undefined`. */
  async change(
    change: (generations: readonly Generation[]) => readonly Generation[] | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      await this.#read(signal)
      const generations = change(this.#newest.generations)
      if (generations === undefined) return
      const number = this.#newest.number + 1
      if (await this.#create(number, generations)) return this.#learn({ number, generations })
    }
  }

  async #create(number: number, generations: readonly Generation[]): Promise<boolean> {
    const { repositoryId, roles, random } = this.#place
    const ring = { repositoryId, objectId: random.bytes(16), generations }
    const encoded = encodeKeyRing(ring, roles.ring, random)
    const outcome = await createOnce(this.#place, ringKey(number), encoded, keyRingBytesMax)
    if (outcome.kind === 'failed') throw outcome.error as Error
    return outcome.kind === 'ours'
  }

  async #read(signal: AbortSignal | undefined): Promise<void> {
    const newest = await readNewest(this.#place, signal)
    if (newest.number > this.#newest.number) this.#learn(newest)
  }

  #learn(newest: NumberedRing): void {
    this.#newest = newest
    this.#keys = blobKeys(this.#place.roles, newest.generations)
    this.onChange(this.#keys)
  }
}

async function readNewest(
  { objects, repositoryId, roles }: RingPlace,
  signal: AbortSignal | undefined,
): Promise<NumberedRing> {
  let number = 0
  for await (const { key } of objects.list(keysPrefix, signal)) number = ringNumberOf(key) ?? number // ascending
  const source = number === 0 ? undefined : await objects.get(ringKey(number), keyRingBytesMax, signal)
  if (source === undefined) throw fail('repository.object-corrupt', { object: 'keys/ring-*', reason: 'it is missing' })
  try {
    return { number, generations: decodeKeyRing(source, repositoryId, roles.ring) }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw fail('repository.object-corrupt', { object: ringKey(number), reason: error.message }, error)
  }
}
