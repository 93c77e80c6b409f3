import { FormatError, hasCode, mapConcurrent } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { pointIdOf, pointKey, pointsPrefix } from '../formats/object-names.ts'
import { pointBytesMax } from '../formats/point.ts'
import { createdAtMsOf } from '../formats/session-id.ts'
import type { DamagedPoint, RestorePoint } from '../restore-point.ts'
import { readEnd } from '../sessions/session-end.ts'
import { type Fate, fateOf, isListed, readFates } from './trash.ts'

const readsAtOnce = 8

/** Every restore point, in the order of their sessions. Fenced and forgotten ones are none. */
export async function* listPoints(core: Core, signal?: AbortSignal): AsyncIterable<RestorePoint | DamagedPoint> {
  const fates = await readFates(core, signal)
  const read = mapConcurrent(readsAtOnce, (id: string) =>
    isListed(fates.get(id)) ? readPoint(core, id, signal) : Promise.resolve(undefined),
  )
  for await (const point of read(pointIds(core, '', signal))) if (point !== undefined) yield point
}

/** @throws `repository.point-not-found`, `repository.point-ambiguous`, `repository.point-corrupt` */
export async function findPoint(core: Core, idOrPrefix: string, signal?: AbortSignal): Promise<RestorePoint> {
  const point = await findOne(core, idOrPrefix, isListed, signal)
  if (point.damaged !== undefined) throw point.damaged
  return point
}

/** The whole id of the one point of such a fate. @throws `repository.point-not-found`, `repository.point-ambiguous` */
export const findPointId = async (
  core: Core,
  idOrPrefix: string,
  among: (fate: Fate | undefined) => boolean,
  signal?: AbortSignal,
): Promise<string> => (await findOne(core, idOrPrefix, among, signal)).id

async function findOne(
  core: Core,
  idOrPrefix: string,
  among: (fate: Fate | undefined) => boolean,
  signal: AbortSignal | undefined,
): Promise<RestorePoint | DamagedPoint> {
  const found: (RestorePoint | DamagedPoint)[] = []
  const wanted = idOrPrefix.toLowerCase()
  if (/^[0-9a-f]+$/.test(wanted))
    for await (const id of pointIds(core, wanted, signal))
      if (among(await fateOf(core, id, signal))) found.push(...present(await readPoint(core, id, signal)))
  const [point, another] = found
  if (point === undefined) throw fail('repository.point-not-found', { id: idOrPrefix })
  if (another !== undefined)
    throw fail('repository.point-ambiguous', { id: idOrPrefix, candidates: found.map(({ id }) => id) })
  return point
}

async function* pointIds({ objects }: Core, prefix: string, signal: AbortSignal | undefined): AsyncIterable<string> {
  for await (const { key } of objects.list(pointsPrefix, signal)) {
    const id = pointIdOf(key)
    if (id?.startsWith(prefix) === true) yield id
  }
}

/** What stands under a point's id; `undefined` if it is none. */
export async function readPoint(
  core: Core,
  id: string,
  signal: AbortSignal | undefined,
): Promise<RestorePoint | DamagedPoint | undefined> {
  try {
    const source = await core.objects.get(pointKey(id), pointBytesMax, signal)
    if (source === undefined) return undefined // deleted since it was listed
    const end = readEnd(core, id, source)
    return end.kind === 'point' ? end.point : undefined
  } catch (error) {
    if (!(error instanceof FormatError) && !hasCode(error, 'storage.too-large')) throw error
    const reason = (error as Error).message
    const createdAt = new Date(createdAtMsOf(id)).toISOString()
    return { id, createdAt, damaged: fail('repository.point-corrupt', { id, reason }, error) }
  }
}

const present = <T>(item: T | undefined): T[] => (item === undefined ? [] : [item])
