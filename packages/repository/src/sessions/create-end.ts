import { AppError } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { sameBytes } from '../formats/hex.ts'
import { pointKey } from '../formats/object-names.ts'
import { sealedObjectBytesMax } from '../formats/sealed-object.ts'

const attemptsMax = 4
const delayMs = 250

/**
 * Creates `points/<session>`, the end of a session, unless there is one already.
 * A lost reply is resolved by reading back: every end is sealed with a nonce of its own, so that equal bytes are ours.
 *
 * Returns `ours`, or the bytes of another end that was there first. @throws if it is not there, or whether it is cannot be told
 */
export async function createEnd(
  { objects, clock }: Pick<Core, 'objects' | 'clock'>,
  sessionId: string,
  bytes: Uint8Array,
): Promise<'ours' | Uint8Array> {
  const key = pointKey(sessionId)
  for (let attempt = 1; ; attempt++) {
    const failure = await objects.storage.putNew(key, bytes).then(
      (outcome) => (outcome === 'created' ? 'none' : 'taken'),
      (error: unknown) => ({ error }),
    )
    if (failure === 'none') return 'ours'
    const found = await objects.get(key, sealedObjectBytesMax).catch(() => undefined)
    if (found !== undefined) return sameBytes(found, bytes) ? 'ours' : found
    if (attempt === attemptsMax || (failure !== 'taken' && !isRetryable(failure.error)))
      throw failure === 'taken' ? fail('repository.name-taken', { key }) : (failure.error as Error)
    await clock.sleep(delayMs * attempt)
  }
}

const isRetryable = (error: unknown) => error instanceof AppError && error.remedy === 'retry'
