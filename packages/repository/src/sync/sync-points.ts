import { collect, errorToData, hasCode, RateLimit } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { sameBytes } from '../formats/hex.ts'
import type { SyncedPoint, SyncOptions, SyncProgress, SyncReport } from '../repository.ts'
import { type KnownPoint, knownPoints, timeIn } from './known-points.ts'
import { copiedIn, planSync, standingIn, type Survey, wholeOf } from './plan-sync.ts'
import { PointCopier } from './point-copier.ts'
import type { SyncEnd, SyncTarget } from './sync-ends.ts'

/** Copies what of the source's points is not in the target yet, the oldest first: each is compared with the one before. */
export async function syncPoints(from: SyncEnd, to: SyncTarget, options: SyncOptions): Promise<SyncReport> {
  const { again = false, verifiedOnly = false, bytesPerSecondMax, signal } = options
  const survey = await look(from, to, signal)
  const keyless = from.core.ring.maintenanceOnly || to.core.ring.maintenanceOnly
  const verbatim = await shareKeys(from, to, { ...options, keyless })
  if (keyless && !verbatim) throw fail('repository.needs-data-keys', {})
  const limit = bytesPerSecondMax === undefined ? undefined : new RateLimit(bytesPerSecondMax, to.core.clock)
  using copier = new PointCopier(
    { from, to, limit, signal },
    { keyless, verbatim, again, verifiedOnly, standing: standingIn(survey), copied: copiedIn(survey) },
  )
  const rows = planSync(survey, options)
  const known = new Map(wholeOf(survey.source).map((point) => [point.id, point]))
  const pointsTotal = rows.filter(({ outcome }) => outcome === 'pending').length
  let pointsDone = 0
  for (const [i, row] of rows.entries()) {
    if (row.outcome !== 'pending') continue
    const tell = (progress: Pick<SyncProgress, 'point' | 'bytesDone' | 'bytesTotal'>) =>
      options.onProgress?.({ ...progress, pointsDone, pointsTotal })
    rows[i] = { ...row, ...(await copyOne(copier, known.get(row.point)!, options, tell)) }
    if (rows[i].outcome === 'failed') break
    pointsDone++
  }
  return { verbatim, points: rows }
}

async function look(from: SyncEnd, to: SyncEnd, signal: AbortSignal | undefined): Promise<Survey> {
  const { name } = to.core.objects.storage
  if (sameBytes(from.core.repositoryId, to.core.repositoryId) && from.core.objects.storage.name === name)
    throw fail('repository.copy-to-itself', { storage: name })
  for (const { core } of [from, to]) {
    await core.condemned.refresh(signal)
    await core.indexStore.refresh(signal)
  }
  const source = await collect(knownPoints(from.core, (_, state) => state !== 'gone', signal))
  const times = new Set(source.map(({ id }) => timeIn(id))) // a copy has that of its origin; all else need not be read
  const target = await collect(knownPoints(to.core, (id) => times.has(timeIn(id)), signal))
  return { source, target }
}

/** Whether what one has sealed the other can open. */
async function shareKeys(
  from: SyncEnd,
  to: SyncTarget,
  { dryRun = false, keyless, signal }: SyncOptions & { readonly keyless: boolean },
): Promise<boolean> {
  if (!sameBytes(from.core.keysId, to.core.keysId)) return false
  try {
    if (!dryRun && !keyless) await to.learnKeys(signal)
    return true
  } catch (error) {
    if (!hasCode(error, 'repository.generations-clash')) throw error
    return false
  }
}

async function copyOne(
  copier: PointCopier,
  known: KnownPoint,
  { dryRun = false, signal }: SyncOptions,
  tell: (progress: Pick<SyncProgress, 'point' | 'bytesDone' | 'bytesTotal'>) => void,
): Promise<Pick<SyncedPoint, 'outcome' | 'bytes' | 'copy' | 'error'>> {
  let bytes = 0
  try {
    const point = await known.again()
    if (point === undefined || point.damaged !== undefined)
      throw fail('repository.copy-damaged', {
        point: known.id,
        reason: point?.damaged.message ?? 'it is there no more',
      })
    const bytesTotal = await (dryRun ? copier.plan(point) : copier.estimate(point))
    tell({ point, bytesDone: 0, bytesTotal })
    if (dryRun) {
      copier.pretend(point)
      return { outcome: 'would-copy', bytes: bytesTotal }
    }
    const copy = await copier.copy(point, (storedBytes) => {
      bytes += storedBytes
      tell({ point, bytesDone: bytes, bytesTotal })
    })
    if (copy === undefined) return { outcome: 'there', bytes }
    const unlocked = copy.lockFailure === undefined ? {} : { error: errorToData(copy.lockFailure) }
    return { outcome: 'copied', copy: copy.id, bytes, ...unlocked }
  } catch (error) {
    signal?.throwIfAborted()
    return { outcome: outcomeOf(error), bytes, error: errorToData(error) }
  }
}

const ofThisPoint = ['repository.copy-damaged', 'repository.domain-erased', 'repository.domain-unknown'] as const

/** What is wrong with one point does not keep the next ones from being copied. */
function outcomeOf(error: unknown): 'damaged' | 'unseen' | 'failed' {
  if (hasCode(error, 'repository.domain-unseen')) return 'unseen'
  return hasCode(error, ...ofThisPoint) ? 'damaged' : 'failed'
}
