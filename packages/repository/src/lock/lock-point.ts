import { FormatError, forEachConcurrent, hasCode } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { toHex } from '../formats/hex.ts'
import { decodeLockRecord, encodeLockRecord, type LockRecord, lockRecordBytesMax } from '../formats/lock-record.ts'
import { deltasPrefix, lockRecordKey, packNameOf } from '../formats/object-names.ts'
import { createdAtMsOf, packHalfOf } from '../formats/session-id.ts'
import type { PageCache } from '../map/page-cache.ts'
import type { PointManifest } from '../restore-point.ts'
import { boundaryOf, type LockRule } from './lock-rule.ts'
import { neededObjects } from './needed-objects.ts'

const requestsAtOnce = 16

interface PointToLock {
  readonly sessionId: string
  readonly manifest: PointManifest
  /** The points it inherits from: what was found locked for them need not be asked again. */
  readonly basePoints: Iterable<string>
  readonly signal: AbortSignal | undefined
}

/**
 * Locks everything a point needs, before the point exists: what of it is not locked for long enough is locked for longer, and every
 * lock is known by the storage's own answer when this resolves.
 *
 * @returns until when all of it is locked at least, in milliseconds since 1970
 */
export async function lockPoint(core: Core, rule: LockRule, pages: PageCache, point: PointToLock): Promise<number> {
  const { objects } = core
  const { sessionId, manifest, signal } = point
  const needMs = rule.needMs(nowMs(core)) // what the session stores from now on is locked for longer by itself
  const keys = await neededObjects(core, pages, manifest, signal)
  const known = await knownLocks(core, rule, point)
  await forEachConcurrent(keys, requestsAtOnce, async (key) => {
    if (known(key) >= needMs) return
    try {
      if (rule.covers(await objects.retentionOf(key, signal), needMs)) return
      await objects.extendLock(key, rule.retentionFor(key, needMs), signal)
    } catch (error) {
      if (!(key.startsWith(deltasPrefix) && hasCode(error, 'storage.not-found'))) throw error // folded meanwhile
    }
  })
  await putRecord(core, sessionId, { needMs, keys }, signal)
  return needMs
}

/** Until when an object is locked for certain, as far as is known without asking; 0 if nothing is. */
async function knownLocks(
  core: Core,
  rule: LockRule,
  { sessionId, basePoints, signal }: PointToLock,
): Promise<(key: string) => number> {
  const records: LockRecord[] = []
  for (const id of basePoints) records.push(...(await recordOf(core, id, signal)))
  const ownHalf = toHex(packHalfOf(sessionId))
  // The session's own packs were locked when they were stored, which was after it began.
  const ownNeedMs = rule.needMs(createdAtMsOf(sessionId))
  return (key) => {
    const needs = records.flatMap(({ keys, needMs }) => (keys.has(key) ? [needMs] : []))
    if (key.endsWith(`-${ownHalf}`) && packNameOf(key) !== undefined) needs.push(ownNeedMs)
    return Math.max(0, ...needs.map((needMs) => boundaryOf(key, needMs)))
  }
}

/** What is written down about a point's locks. It only saves requests, so that one that is damaged is as good as none. */
async function recordOf(core: Core, pointId: string, signal: AbortSignal | undefined): Promise<LockRecord[]> {
  const { objects, repositoryId, roles } = core
  const source = await objects.get(lockRecordKey(pointId), lockRecordBytesMax, signal)
  try {
    return source === undefined ? [] : [decodeLockRecord(source, { repositoryId, pointId }, roles.control)]
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return []
  }
}

async function putRecord(core: Core, pointId: string, record: LockRecord, signal: AbortSignal | undefined) {
  const { objects, repositoryId, roles, random } = core
  const sealing = { controlKey: roles.control, random }
  await objects.putUnique(lockRecordKey(pointId), encodeLockRecord({ repositoryId, pointId }, record, sealing), signal)
}
