import { AppError, type Clock, hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { sameBytes } from '../formats/hex.ts'
import type { ObjectStore } from './object-store.ts'

const attemptsMax = 4
const delayMs = 250

/** What stands under a name after an attempt to put something there. */
export type CreateOutcome =
  | { readonly kind: 'ours' }
  | { readonly kind: 'other'; readonly bytes: Uint8Array }
  /** Nothing, or it cannot be told. `mayStillHappen`: a put whose reply was lost may land even now. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly mayStillHappen: boolean }

/**
 * Creates an object under a name that others may want as well: whoever is first wins.
 * A lost reply is resolved by reading back: every sealed object has a nonce of its own, so that equal bytes are ours.
 *
 * `fromReserve`: it helps to free space, so that in a full storage the room is for it that is kept.
 */
export async function createOnce(
  { objects, clock }: { readonly objects: ObjectStore; readonly clock: Clock },
  key: string,
  bytes: Uint8Array,
  sizeBytesMax: number,
  { fromReserve = false }: { readonly fromReserve?: boolean } = {},
): Promise<CreateOutcome> {
  let mayStillHappen = false
  for (let attempt = 1; ; attempt++) {
    const failure = await objects.putNew(key, bytes).then(
      (outcome) => (outcome === 'created' ? undefined : fail('repository.name-taken', { key })),
      (error: unknown) => error,
    )
    if (failure === undefined) return { kind: 'ours' }
    if (fromReserve && hasCode(failure, 'storage.full') && (await objects.storage.reserve?.release()) === true) continue
    mayStillHappen ||= !isCertain(failure)
    const found = await objects.get(key, sizeBytesMax).catch(() => undefined)
    if (found !== undefined) return sameBytes(found, bytes) ? { kind: 'ours' } : { kind: 'other', bytes: found }
    if (attempt === attemptsMax || isCertain(failure)) return { kind: 'failed', error: failure, mayStillHappen }
    await clock.sleep(delayMs * attempt)
  }
}

/** A storage that is full or forbidden has not stored anything, and will not do so later. */
const isCertain = (error: unknown) => error instanceof AppError && error.remedy !== 'retry'
