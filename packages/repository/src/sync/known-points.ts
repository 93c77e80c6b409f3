import { mapConcurrent } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { toHex } from '../formats/hex.ts'
import { pointIdOf, pointsPrefix } from '../formats/object-names.ts'
import { timeOfPoint } from '../points/point-time.ts'
import { readPoint } from '../points/points.ts'
import { type Fate, isListed, readFates } from '../points/trash.ts'
import type { DamagedPoint, PointOrigin, RestorePoint } from '../restore-point.ts'

const readsAtOnce = 8

/** A point that is or was there. */
export interface KnownPoint {
  readonly point: RestorePoint | DamagedPoint
  /** `gone`: its data may have been released. */
  readonly state: 'listed' | 'forgotten' | 'gone'
}

/** Where a point of this repository was committed first. */
export const originOf = ({ repositoryId }: Core, point: RestorePoint): PointOrigin => ({
  repository: toHex(repositoryId),
  point: point.id,
  ...point.origin,
  committedAt: new Date(timeOfPoint(point)).toISOString(),
})

/** What a point and all its copies have in common. */
export function identityOf(core: Core, point: RestorePoint): string {
  const origin = originOf(core, point)
  return `${origin.repository}/${origin.point}`
}

/** Every point that is or ever was in the repository, ascending. */
export async function* knownPoints(core: Core, signal?: AbortSignal): AsyncIterable<KnownPoint> {
  const fates = await readFates(core, signal)
  const read = mapConcurrent(readsAtOnce, ({ id, modifiedAtMs }: ListedEnd) =>
    readPoint(core, id, signal, { fate: fates.get(id), modifiedAtMs }),
  )
  for await (const point of read(endIds(core, '', signal)))
    if (point !== undefined) yield { point, state: stateOf(fates.get(point.id)) }
}

/** Whether a copy of a point has appeared in the repository. Ids begin with the time, so that few are looked at. */
export async function hasCopy(
  core: Core,
  identity: string,
  createdAtMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  for await (const { id } of endIds(core, timeHex(createdAtMs), signal)) {
    const point = await readPoint(core, id, signal)
    if (point !== undefined && point.damaged === undefined && identityOf(core, point) === identity) return true
  }
  return false
}

interface ListedEnd {
  readonly id: string
  readonly modifiedAtMs: number | undefined
}

async function* endIds({ objects }: Core, prefix: string, signal: AbortSignal | undefined): AsyncIterable<ListedEnd> {
  for await (const { key, modifiedAtMs } of objects.list(pointsPrefix, signal)) {
    const id = pointIdOf(key)
    if (id?.startsWith(prefix) === true) yield { id, modifiedAtMs }
  }
}

const timeHex = (ms: number) => ms.toString(16).padStart(12, '0')

function stateOf(fate: Fate | undefined): KnownPoint['state'] {
  if (fate?.kind === 'buried' || fate?.kind === 'unreadable') return 'gone'
  return isListed(fate) ? 'listed' : 'forgotten'
}
