import type { Core } from '../core.ts'
import {
  pinOf,
  pointIdOf,
  pointKey,
  pointsPrefix,
  readersPrefix,
  sessionIdOf,
  sessionsPrefix,
} from '../formats/object-names.ts'
import { isReaderTooOld } from '../points/pin.ts'
import { type Fate, readFates } from '../points/trash.ts'
import { removeSession } from '../sessions/session-end.ts'

/** Who holds what, as one look at the repository tells. */
export interface Holders {
  readonly fates: ReadonlyMap<string, Fate>
  /** Ids of the sessions registered. */
  readonly sessions: ReadonlySet<string>
  /** Points that a session or a reader holds. */
  readonly pinned: ReadonlySet<string>
  /** Every id that has an end: points and fences. */
  readonly points: readonly string[]
}

/**
 * Looks at fates, then at sessions and their pins, then at points, and this order counts: a session pins a point before it looks
 * at its fate, and commits before its pins go. So whoever inherits from a point that we see buried is seen by his pin or by his point.
 */
export async function readHolders(core: Core, signal?: AbortSignal): Promise<Holders> {
  const fates = await readFates(core, signal)
  const sessions = new Set<string>()
  const pinned = new Set<string>()
  for await (const { key } of core.objects.list(sessionsPrefix, signal)) {
    const id = sessionIdOf(key)
    if (id === undefined) continue
    sessions.add(id)
    const pin = pinOf(key)
    if (pin !== undefined) pinned.add(pin.pointId)
  }
  for await (const { key } of core.objects.list(readersPrefix, signal)) {
    const pin = pinOf(key)
    if (pin !== undefined && !isReaderTooOld(core, pin.holderId)) pinned.add(pin.pointId)
  }
  const points: string[] = []
  for await (const { key } of core.objects.list(pointsPrefix, signal)) {
    const id = pointIdOf(key)
    if (id !== undefined) points.push(id)
  }
  return { fates, sessions, pinned, points }
}

/** Removes what sessions that have ended, and readers that were never seen again, left behind. */
export async function removeLeftovers(core: Core, signal?: AbortSignal): Promise<void> {
  const { sessions } = await readHolders(core, signal)
  for (const id of sessions)
    if ((await core.objects.size(pointKey(id), signal)) !== undefined) await removeSession(core, id)
  for await (const { key } of core.objects.list(readersPrefix, signal)) {
    const pin = pinOf(key)
    if (pin !== undefined && isReaderTooOld(core, pin.holderId)) await core.objects.delete(key, signal)
  }
}
