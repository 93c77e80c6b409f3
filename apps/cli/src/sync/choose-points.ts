import type { Repository, RestorePoint } from '@vmkeep/repository'
import { findPoints } from '../restore/restore-points.ts'

export interface PointChoice {
  /** Names, globs or instance uuids; none means all. */
  readonly vms: readonly string[]
  /** Only the last so many of each VM. */
  readonly last: number | undefined
  readonly createdSinceMs: number | undefined
}

/** Ids of the points meant; `undefined` if it is all of them. Damaged ones are left out only where something was chosen. */
export async function choosePoints(
  repository: Repository,
  { vms, last, createdSinceMs }: PointChoice,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  if (vms.length === 0 && last === undefined && createdSinceMs === undefined) return undefined
  const whole = (await findPoints(repository, vms, signal)).flatMap((point) => (point.damaged ? [] : [point]))
  const young = whole.filter(({ createdAt }) => Date.parse(createdAt) >= (createdSinceMs ?? -Infinity))
  return (last === undefined ? young : lastOfEach(young, last)).map(({ id }) => id)
}

function lastOfEach(points: readonly RestorePoint[], last: number): RestorePoint[] {
  const bySubject = Map.groupBy(points, ({ subject }) => subject.id)
  return [...bySubject.values()].flatMap((each) => each.slice(-last))
}
