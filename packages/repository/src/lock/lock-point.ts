import { AppError, FormatError, forEachConcurrent, hasCode } from '@vmkeep/kit'
import { type Core, nowMs } from '../core.ts'
import { toHex } from '../formats/hex.ts'
import { decodeLockRecord, encodeLockRecord, type LockRecord, lockRecordBytesMax } from '../formats/lock-record.ts'
import { deltasPrefix, lockRecordKey, packNameOf } from '../formats/object-names.ts'
import { createdAtMsOf, packHalfOf } from '../formats/session-id.ts'
import type { PageCache } from '../map/page-cache.ts'
import { readPoint } from '../points/points.ts'
import type { PointManifest } from '../restore-point.ts'
import { boundaryOf, type LockRule } from './lock-rule.ts'
import { type LockedBase, neededObjects } from './needed-objects.ts'

const requestsAtOnce = 16
/**
 * What a base needed is taken for needed as long as this, counted from the last walk of the whole map. So what nothing needs any more is
 * locked so much longer at most.
 */
const walkedAgoMsMax = 7 * 86_400_000

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
  const bases = await basesOf(core, point)
  const task = { core, rule, pages, point, bases }
  const walked = bases.filter(({ record }) => mayStandFor(core, record))
  if (walked.length === 0) return await lockNeeded(task, [])
  try {
    return await lockNeeded(task, walked)
  } catch (error) {
    point.signal?.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    return await lockNeeded(task, []) // something is not as it was with the base: the maps say what is needed
  }
}

interface LockTask {
  readonly core: Core
  readonly rule: LockRule
  readonly pages: PageCache
  readonly point: PointToLock
  readonly bases: readonly LockedBase[]
}

/** Locks what the maps name, where they are not those of `walked`, and what was locked for these. */
async function lockNeeded(task: LockTask, walked: readonly LockedBase[]): Promise<number> {
  const { core, rule, pages, point } = task
  const { objects } = core
  const { sessionId, manifest, signal } = point
  const walkedAtMs = Math.min(nowMs(core), ...walked.map(({ record }) => record.walkedAtMs))
  const needMs = rule.needMs(nowMs(core)) // what the session stores from now on is locked for longer by itself
  const keys = await neededObjects(core, pages, manifest, walked, signal)
  const known = knownLocks(task)
  await forEachConcurrent(keys, requestsAtOnce, async (key) => {
    if (known(key) >= needMs) return
    try {
      if (rule.covers(await objects.retentionOf(key, signal), needMs)) return
      await objects.extendLock(key, rule.retentionFor(key, needMs), signal)
    } catch (error) {
      if (!(key.startsWith(deltasPrefix) && hasCode(error, 'storage.not-found'))) throw error // folded meanwhile
    }
  })
  await putRecord(core, sessionId, { needMs, walkedAtMs, keys }, signal)
  return needMs
}

/** The points that are inherited from and for which locks were written down. */
async function basesOf(core: Core, { basePoints, signal }: PointToLock): Promise<LockedBase[]> {
  const bases: LockedBase[] = []
  for (const id of basePoints) {
    const record = await recordOf(core, id, signal)
    const point = record && (await readPoint(core, id, signal))
    if (record !== undefined && point !== undefined && point.damaged === undefined)
      bases.push({ images: point.images, record })
  }
  return bases
}

/** Whether the locks still hold: what is locked stays where it is. */
function mayStandFor(core: Core, { needMs, walkedAtMs }: LockRecord): boolean {
  const agoMs = nowMs(core) - walkedAtMs
  return needMs > nowMs(core) && agoMs >= 0 && agoMs <= walkedAgoMsMax
}

/** Until when an object is locked for certain, as far as is known without asking; 0 if nothing is. */
function knownLocks({ rule, bases, point: { sessionId } }: LockTask): (key: string) => number {
  const ownHalf = toHex(packHalfOf(sessionId))
  // The session's own packs were locked when they were stored, which was after it began.
  const ownNeedMs = rule.needMs(createdAtMsOf(sessionId))
  return (key) => {
    const needs = bases.flatMap(({ record: { keys, needMs } }) => (keys.has(key) ? [needMs] : []))
    if (key.endsWith(`-${ownHalf}`) && packNameOf(key) !== undefined) needs.push(ownNeedMs)
    return Math.max(0, ...needs.map((needMs) => boundaryOf(key, needMs)))
  }
}

/** What is written down about a point's locks. It only saves requests, so that one that is damaged is as good as none. */
async function recordOf(core: Core, pointId: string, signal: AbortSignal | undefined) {
  const { objects, repositoryId, roles } = core
  const source = await objects.get(lockRecordKey(pointId), lockRecordBytesMax, signal)
  try {
    return source && decodeLockRecord(source, { repositoryId, pointId }, roles.control)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return undefined
  }
}

async function putRecord(core: Core, pointId: string, record: LockRecord, signal: AbortSignal | undefined) {
  const { objects, repositoryId, roles, random } = core
  const sealing = { controlKey: roles.control, random }
  await objects.putUnique(lockRecordKey(pointId), encodeLockRecord({ repositoryId, pointId }, record, sealing), signal)
}
