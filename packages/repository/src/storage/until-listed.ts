import type { Clock } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { ObjectStore } from './object-store.ts'

const stepMs = 250
const waitMsMin = 5000

/**
 * Waits for a list to show an object that was found there, as a network file system may do late. Without it, who begins again because a
 * number is taken would do so for ever where lists end too early.
 *
 * @throws `repository.object-not-listed`
 */
export async function untilListed(
  { objects, clock }: { readonly objects: ObjectStore; readonly clock: Clock },
  object: string,
  isListed: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  const waitMs = Math.max(waitMsMin, objects.storage.settleMs ?? 0)
  for (let waitedMs = 0; !(await isListed()); waitedMs += stepMs) {
    if (waitedMs >= waitMs) throw fail('repository.object-not-listed', { storage: objects.storage.name, object })
    await clock.sleep(stepMs, signal)
  }
}
