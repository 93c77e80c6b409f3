import { mapConcurrent } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { toHex } from '../formats/hex.ts'
import { pointIdOf, pointsPrefix } from '../formats/object-names.ts'
import { timeOfPoint } from '../points/point-time.ts'
import { readPoint } from '../points/points.ts'
import { type Fate, isListed, readFates } from '../points/trash.ts'
import type { DamagedPoint, PointImage, PointOrigin, RestorePoint } from '../restore-point.ts'

const readsAtOnce = 16

/** What of a point it takes to compare others with it. Little, for there may be very many. */
export interface PointMaps {
  readonly id: string
  readonly createdAt: string
  readonly subject: RestorePoint['subject']
  readonly images: readonly Pick<PointImage, 'key' | 'image'>[]
  readonly domain?: string
}

/** A point that is or was there. */
export interface KnownPoint extends PointMaps {
  /** `gone`: its data may have been released. */
  readonly state: 'listed' | 'forgotten' | 'gone'
  /** What it and all its copies have in common. */
  readonly identity: string
  readonly isErased: boolean
  /** Reads all of it, once more. */
  readonly again: () => Promise<RestorePoint | DamagedPoint | undefined>
  readonly damaged?: undefined
}

export type KnownOrDamaged = KnownPoint | (DamagedPoint & { readonly state: KnownPoint['state'] })

export const mapsOf = ({ id, createdAt, subject, images, domain }: RestorePoint): PointMaps => ({
  id,
  createdAt,
  subject,
  images: images.map(({ key, image }) => ({ key, image })),
  ...(domain === undefined ? {} : { domain }),
})

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

/** The points that are or ever were in the repository, ascending, as far as `isWanted` says so of their ids. */
export async function* knownPoints(
  core: Core,
  isWanted: (id: string, state: KnownPoint['state']) => boolean,
  signal?: AbortSignal,
): AsyncIterable<KnownOrDamaged> {
  const fates = await readFates(core, signal)
  const read = mapConcurrent(readsAtOnce, async ({ id, ...listed }: ListedEnd): Promise<KnownOrDamaged | undefined> => {
    const fate = fates.get(id)
    const state = stateOf(fate)
    const again = () => readPoint(core, id, signal, { fate, ...listed })
    const point = isWanted(id, state) ? await again() : undefined
    if (point === undefined || point.damaged !== undefined) return point && { ...point, state }
    return { ...mapsOf(point), state, isErased: point.erasedAt !== undefined, identity: identityOf(core, point), again }
  })
  for await (const point of read(endIds(core, '', signal))) if (point !== undefined) yield point
}

/** Whether a copy of a point has appeared in the repository. Ids begin with the time, so that few are looked at. */
export async function hasCopy(core: Core, identity: string, id: string, signal?: AbortSignal): Promise<boolean> {
  for await (const { id: each } of endIds(core, timeIn(id), signal)) {
    const point = await readPoint(core, each, signal)
    if (point !== undefined && point.damaged === undefined && identityOf(core, point) === identity) return true
  }
  return false
}

/** The part of an id that a point and its copies have in common. */
export const timeIn = (id: string): string => id.slice(0, 12)

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

function stateOf(fate: Fate | undefined): KnownPoint['state'] {
  if (fate?.kind === 'buried' || fate?.kind === 'unreadable') return 'gone'
  return isListed(fate) ? 'listed' : 'forgotten'
}
