import { type Core, nowMs } from '../core.ts'
import { fail } from '../errors.ts'
import { sameBytes } from '../formats/hex.ts'
import { pointKey, sessionPrefix } from '../formats/object-names.ts'
import { decodeSessionEnd, encodeFence, pointBytesMax, type SessionEnd } from '../formats/point.ts'
import { type CreateOutcome, createOnce } from '../storage/create-once.ts'

/**
 * Makes `point` the end of the session: the commit.
 * When this throws, no point will ever appear under the session's id, but for `repository.commit-unknown`.
 *
 * @throws `repository.session-fenced`, `repository.commit-unknown`, and what the storage throws
 */
export async function commitPoint(core: Core, sessionId: string, point: Uint8Array): Promise<void> {
  const outcome = await createOnce(core, pointKey(sessionId), point, pointBytesMax)
  if (outcome.kind === 'ours') return
  if (outcome.kind === 'other') {
    await removeSession(core, sessionId)
    throw fail('repository.session-fenced', { session: sessionId })
  }
  // A put whose reply was lost may still land, even much later. Only a fence in its place keeps it out.
  const end = await fence(core, sessionId)
  if (end.kind === 'other' && sameBytes(end.bytes, point)) return
  if (end.kind === 'failed' && outcome.mayStillHappen)
    throw fail('repository.commit-unknown', { session: sessionId }, outcome.error)
  throw outcome.error as Error
}

/** Makes sure that no point will ever carry the session's id, and then removes the session's own objects. */
export async function fence(core: Core, sessionId: string): Promise<CreateOutcome> {
  const { repositoryId, roles, random } = core
  const bytes = encodeFence({ repositoryId, sessionId }, nowMs(core), { controlKey: roles.control, random })
  const outcome = await createOnce(core, pointKey(sessionId), bytes, pointBytesMax, { fromReserve: true })
  if (outcome.kind !== 'failed') await removeSession(core, sessionId)
  return outcome // failed: the session stays registered, and whoever collects fences it
}

/**
 * Removes the session's own objects. Only once `points/<session>` exists: before, a collector must see them.
 * A failure is no failure of the session: what is left is rubbish, and known as such.
 */
export async function removeSession({ objects }: Core, sessionId: string): Promise<void> {
  try {
    for await (const { key } of objects.list(sessionPrefix(sessionId))) await objects.delete(key)
  } catch {
    // left for the collector
  }
}

/** What stands under `points/<session>`. @throws FormatError */
export const readEnd = (core: Core, sessionId: string, source: Uint8Array): SessionEnd =>
  decodeSessionEnd(source, { repositoryId: core.repositoryId, sessionId }, core.roles.control)
