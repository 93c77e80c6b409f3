import { FormatError, hasCode, mapConcurrent } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { defaultDomain } from '../formats/key-ring.ts'
import { pointIdOf, pointKey, pointsPrefix } from '../formats/object-names.ts'
import { pointBytesMax } from '../formats/point.ts'
import { createdAtMsOf } from '../formats/session-id.ts'
import type { DamagedPoint, RestorePoint } from '../restore-point.ts'
import { withFate } from './with-fate.ts'
import { readEnd } from '../sessions/session-end.ts'
import { type Fate, fateOf, isListed, readFates } from './trash.ts'

const readsAtOnce = 16

/** Every restore point, in the order of their sessions. Fenced and forgotten ones are none. */
export async function* listPoints(core: Core, signal?: AbortSignal): AsyncIterable<RestorePoint | DamagedPoint> {
  const fates = await readFates(core, signal)
  const read = mapConcurrent(readsAtOnce, async ({ id, modifiedAtMs }: ListedPoint) => {
    const fate = fates.get(id)
    return isListed(fate) ? await readPoint(core, id, signal, { fate, modifiedAtMs }) : undefined
  })
  for await (const point of read(pointIds(core, '', signal))) if (point !== undefined) yield point
}

/** @throws `repository.point-not-found`, `repository.point-ambiguous`, `repository.point-corrupt` */
export async function findPoint(core: Core, idOrPrefix: string, signal?: AbortSignal): Promise<RestorePoint> {
  const point = await findOne(core, idOrPrefix, isListed, signal)
  if (point.damaged !== undefined) throw point.damaged
  return point
}

/** The whole id of the one point of such a fate. @throws `repository.point-not-found`, `repository.point-ambiguous` */
export async function findPointId(
  core: Core,
  idOrPrefix: string,
  among: (fate: Fate | undefined) => boolean,
  signal?: AbortSignal,
): Promise<string> {
  if (!isWholeId(idOrPrefix)) return (await findOne(core, idOrPrefix, among, signal)).id
  // Nothing is listed: who forgets a thousand points names each in full.
  const isMeant = among(await fateOf(core, idOrPrefix, signal))
  if (!isMeant || (await readPoint(core, idOrPrefix, signal)) === undefined)
    throw fail('repository.point-not-found', { id: idOrPrefix })
  return idOrPrefix
}

const isWholeId = (id: string) => /^[0-9a-f]{32}$/.test(id)

async function findOne(
  core: Core,
  idOrPrefix: string,
  among: (fate: Fate | undefined) => boolean,
  signal: AbortSignal | undefined,
): Promise<RestorePoint | DamagedPoint> {
  const found: (RestorePoint | DamagedPoint)[] = []
  const wanted = idOrPrefix.toLowerCase()
  if (/^[0-9a-f]+$/.test(wanted))
    for await (const { id, modifiedAtMs } of pointIds(core, wanted, signal)) {
      const fate = await fateOf(core, id, signal)
      if (among(fate)) found.push(...present(await readPoint(core, id, signal, { fate, modifiedAtMs })))
    }
  const [point, another] = found
  if (point === undefined) throw fail('repository.point-not-found', { id: idOrPrefix })
  if (another !== undefined)
    throw fail('repository.point-ambiguous', { id: idOrPrefix, candidates: found.map(({ id }) => id) })
  return point
}

interface ListedPoint {
  readonly id: string
  readonly modifiedAtMs: number | undefined
}

async function* pointIds(
  { objects }: Core,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncIterable<ListedPoint> {
  for await (const { key, modifiedAtMs } of objects.list(pointsPrefix, signal)) {
    const id = pointIdOf(key)
    if (id?.startsWith(prefix) === true) yield { id, modifiedAtMs }
  }
}

/** What stands under a point's id, with what is known about it besides; `undefined` if it is none. */
export async function readPoint(
  core: Core,
  id: string,
  signal: AbortSignal | undefined,
  { fate, modifiedAtMs }: { readonly fate?: Fate | undefined; readonly modifiedAtMs?: number | undefined } = {},
): Promise<RestorePoint | DamagedPoint | undefined> {
  try {
    const source = await core.objects.get(pointKey(id), pointBytesMax, signal)
    if (source === undefined) return undefined // deleted since it was listed
    const end = readEnd(core, id, source)
    if (end.kind !== 'point') return undefined
    const storedAt = modifiedAtMs === undefined ? {} : { storedAt: new Date(modifiedAtMs).toISOString() }
    return withFate(withErasure(core, { ...end.point, ...storedAt }), fate)
  } catch (error) {
    if (!(error instanceof FormatError) && !hasCode(error, 'storage.too-large')) throw error
    const reason = (error as Error).message
    const createdAt = new Date(createdAtMsOf(id)).toISOString()
    return { id, createdAt, damaged: fail('repository.point-corrupt', { id, reason }, error) }
  }
}

/** @throws `repository.domain-erased` if the keys of the point's domain are gone */
export async function requireReadable(core: Core, id: string, signal: AbortSignal | undefined): Promise<void> {
  const point = await readPoint(core, id, signal)
  if (point?.damaged === undefined && point?.erasedAt !== undefined)
    throw fail('repository.domain-erased', { domain: point.domain! })
}

/** What became of the keys of its domain since. */
function withErasure({ ring: { ring } }: Core, point: RestorePoint): RestorePoint {
  const erased = ring.erased.find(({ name }) => name === point.domain)
  return erased === undefined ? point : { ...point, erasedAt: new Date(erased.erasedAtMs).toISOString() }
}

/** Nothing is inherited from a point of another domain. @throws `repository.domain-differs` */
export async function requirePointIn(
  core: Core,
  id: string,
  domain: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const point = await readPoint(core, id, signal)
  if (point !== undefined && point.damaged === undefined && (point.domain ?? defaultDomain) !== domain)
    throw fail('repository.domain-differs', { point: id, domain })
}

const present = <T>(item: T | undefined): T[] => (item === undefined ? [] : [item])
