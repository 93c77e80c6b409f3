import { FormatError } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { sameBytes } from '../formats/hex.ts'
import { sessionPrefix } from '../formats/object-names.ts'
import { decodeSessionEnd, encodeFence } from '../formats/point.ts'
import { createEnd } from './create-end.ts'

/**
 * Makes `point` the end of the session: the commit.
 * When this throws, the session is fenced and no point will ever appear, but for `repository.commit-unknown`.
 *
 * @throws `repository.session-fenced`, `repository.commit-unknown`, and what the storage throws
 */
export async function commitPoint(core: Core, sessionId: string, point: Uint8Array): Promise<void> {
  try {
    if ((await createEnd(core, sessionId, point)) === 'ours') return
  } catch (error) {
    // A put whose reply was lost may still land, even much later. Only a fence in its place keeps it out.
    const end = await fence(core, sessionId).catch((fenceError: unknown) => {
      throw fail('repository.commit-unknown', { session: sessionId }, fenceError)
    })
    if (end !== 'ours' && sameBytes(end, point)) return
    throw error
  }
  throw fail('repository.session-fenced', { session: sessionId })
}

/** Makes sure that no point will ever carry the session's id. Returns what was there first, if not ours. */
export async function fence(core: Core, sessionId: string): Promise<'ours' | Uint8Array> {
  const { repositoryId, roles, random, clock } = core
  const bytes = encodeFence({ repositoryId, sessionId }, clock.nowMs(), { controlKey: roles.control, random })
  return await createEnd(core, sessionId, bytes)
}

/** Removes the session's own objects. Only once `points/<session>` exists: before, a collector must see it. */
export async function removeSession({ objects }: Core, sessionId: string): Promise<void> {
  for await (const { key } of objects.list(sessionPrefix(sessionId))) await objects.delete(key)
}

/** What stands under `points/<session>`. @throws FormatError */
export function readEnd(core: Core, sessionId: string, source: Uint8Array): ReturnType<typeof decodeSessionEnd> {
  if (source.length === 0) throw new FormatError('it is empty')
  return decodeSessionEnd(source, { repositoryId: core.repositoryId, sessionId }, core.roles.control)
}
