import { AppError } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { sameBytes } from '../formats/hex.ts'
import { pointKey } from '../formats/object-names.ts'
import { pointBytesMax } from '../formats/point.ts'

const attemptsMax = 4
const delayMs = 250

/** What stands under `points/<session>` after an attempt to put something there. */
export type EndOutcome =
  | { readonly kind: 'ours' }
  | { readonly kind: 'other'; readonly bytes: Uint8Array }
  /** Nothing, or it cannot be told. `mayStillHappen`: a put whose reply was lost may land even now. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly mayStillHappen: boolean }

/**
 * Creates `points/<session>`, the end of a session, unless there is one already.
 * A lost reply is resolved by reading back: every end is sealed with a nonce of its own, so that equal bytes are ours.
 */
export async function createEnd(
  { objects, clock }: Pick<Core, 'objects' | 'clock'>,
  sessionId: string,
  bytes: Uint8Array,
): Promise<EndOutcome> {
  const key = pointKey(sessionId)
  let mayStillHappen = false
  for (let attempt = 1; ; attempt++) {
    const failure = await objects.storage.putNew(key, bytes).then(
      (outcome) => (outcome === 'created' ? undefined : fail('repository.name-taken', { key })),
      (error: unknown) => error,
    )
    if (failure === undefined) return { kind: 'ours' }
    mayStillHappen ||= !isCertain(failure)
    const found = await objects.get(key, pointBytesMax).catch(() => undefined)
    if (found !== undefined) return sameBytes(found, bytes) ? { kind: 'ours' } : { kind: 'other', bytes: found }
    if (attempt === attemptsMax || isCertain(failure)) return { kind: 'failed', error: failure, mayStillHappen }
    await clock.sleep(delayMs * attempt)
  }
}

/** A storage that is full or forbidden has not stored anything, and will not do so later. */
const isCertain = (error: unknown) => error instanceof AppError && error.remedy !== 'retry'
