import { type Core, nowMs, writerName } from '../core.ts'
import { sessionStartKey } from '../formats/object-names.ts'
import { newSessionId } from '../formats/session-id.ts'
import { encodeSessionStart } from '../formats/session-start.ts'
import { fence } from './session-end.ts'

/**
 * Does work that stores something but commits no point, through a session of its own that ends in a fence: collectors leave its
 * packs and segments alone while it runs.
 */
export async function asSession<T>(
  core: Core,
  purpose: string,
  work: (sessionId: string) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const { repositoryId, roles, random, clock, objects } = core
  const sessionId = newSessionId(clock.nowMs(), random.bytes(2), random)
  const start = { startedAtMs: nowMs(core), writer: `${writerName} ${purpose}`, keyGeneration: core.ring.ring.last }
  const encoded = encodeSessionStart({ repositoryId, sessionId }, start, { controlKey: roles.control, random })
  await objects.putUnique(sessionStartKey(sessionId), encoded, signal)
  const [done] = await Promise.allSettled([work(sessionId)])
  const end = await fence(core, sessionId) // whatever came of it: else the next collection would wait for this session
  if (done.status === 'rejected') throw done.reason as Error
  if (end.kind === 'failed') throw end.error as Error
  return done.value
}
