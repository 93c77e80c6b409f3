import type { Repository } from '@vmkeep/repository'
import { type VmPoint, vmPointOf } from '@vmkeep/run'

/**
 * The newest committed point of each VM, by instance uuid: what an incremental backup builds on.
 * Only committed points count. A change id kept anywhere else could be of a run that never finished.
 */
export async function previousPoints(repository: Repository, signal?: AbortSignal): Promise<Map<string, VmPoint>> {
  const newest = new Map<string, VmPoint>()
  for await (const point of repository.points(signal)) {
    if (point.damaged !== undefined || point.subject.kind !== 'vm') continue // verify reports damage; here it only means "read it whole"
    newest.set(point.subject.id, vmPointOf(point))
  }
  return newest
}
