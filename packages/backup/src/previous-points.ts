import type { Repository } from '@vmkeep/repository'
import { factsOf, type PointFacts } from '@vmkeep/retention'
import { type VmPoint, vmPointOf } from '@vmkeep/run'

/** What the repository has of one VM. */
export interface VmHistory {
  /** What an incremental backup builds on. */
  readonly newest: VmPoint
  readonly points: readonly PointFacts[]
}

interface PreviousPointsOptions {
  /** Only points of this domain; of none, if it is left out. */
  readonly domain?: string | undefined
  readonly anyDomain?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * The points of each VM, by instance uuid.
 * Only committed points count. A change id kept anywhere else could be of a run that never finished.
 */
export async function previousPoints(
  repository: Repository,
  { domain, anyDomain = false, signal }: PreviousPointsOptions = {},
): Promise<Map<string, VmHistory>> {
  const histories = new Map<string, { newest: VmPoint; points: PointFacts[] }>()
  for await (const point of repository.points(signal)) {
    if (point.damaged !== undefined || point.subject.kind !== 'vm') continue // verify reports damage; here it only means "read it whole"
    if (point.erasedAt !== undefined || (!anyDomain && point.domain !== domain)) continue // nothing is inherited from another domain
    const points = histories.get(point.subject.id)?.points ?? []
    points.push(factsOf(point))
    histories.set(point.subject.id, { newest: vmPointOf(point), points })
  }
  return histories
}
