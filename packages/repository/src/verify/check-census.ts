import { createHash } from 'node:crypto'
import { FormatError } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { type Census, censusBytesMax, decodeCensus, encodeCensus } from '../formats/census.ts'
import { fromHex, sameBytes } from '../formats/hex.ts'
import { keyRingBytesMax } from '../formats/key-ring.ts'
import {
  censusKey,
  censusOf,
  formatKey,
  keysPrefix,
  pointIdOf,
  pointKey,
  pointsPrefix,
  verifiedPrefix,
} from '../formats/object-names.ts'
import { newSessionId } from '../formats/session-id.ts'
import type { DamageList } from './damage-list.ts'

/**
 * Compares what is there with what the last verification saw: a point never goes, and nothing of the keys ever changes. A key slot
 * may have been removed on purpose.
 */
export async function checkCensus(core: Core, damages: DamageList, signal?: AbortSignal): Promise<Census> {
  const found = await takeCensus(core, signal)
  const last = await readLast(core, signal)
  const points = new Set(found.points)
  for (const id of last?.points ?? [])
    if (!points.has(id)) {
      damages.addObject(pointKey(id), fail('repository.object-missing', { object: pointKey(id), because }))
      damages.object(pointKey(id))!.hits.push({ point: id, extents: [] })
    }
  for (const [key, sha256] of Object.entries(last?.objects ?? {})) {
    const now = found.objects[key]
    if (now === undefined || sameBytes(now, sha256)) continue
    const reason = 'it is not the same as at the last verification'
    damages.addObject(key, fail('repository.object-corrupt', { object: key, reason }))
  }
  return found
}

const because = 'an earlier verification saw it'

/** Keeps a census for the next verification, unless it says what the last one says. */
export async function keepCensus(core: Core, census: Census, signal?: AbortSignal): Promise<void> {
  const last = await readLast(core, signal)
  if (last !== undefined && isSame(last, census)) return
  const { objects, repositoryId, roles, random, clock } = core
  const old = await censusKeys(core, signal)
  const recordId = fromHex(newSessionId(clock.nowMs(), random.bytes(2), random), 16)!
  const bytes = encodeCensus({ repositoryId, recordId }, census, { controlKey: roles.control, random })
  await objects.putUnique(censusKey(recordId), bytes, signal)
  for (const key of old) await objects.delete(key, signal)
}

async function takeCensus({ objects }: Core, signal: AbortSignal | undefined): Promise<Census> {
  const points: string[] = []
  const digests: Record<string, Uint8Array> = {}
  for await (const { key } of objects.list(pointsPrefix, signal)) {
    const id = pointIdOf(key)
    if (id !== undefined) points.push(id)
  }
  const digest = async (key: string) => {
    const source = await objects.get(key, keyRingBytesMax, signal)
    if (source !== undefined) digests[key] = new Uint8Array(createHash('sha256').update(source).digest())
  }
  await digest(formatKey)
  for await (const { key, sizeBytes } of objects.list(keysPrefix, signal))
    if (sizeBytes <= keyRingBytesMax) await digest(key)
  return { points, objects: digests }
}

/** The newest census that can be read: names ascend by time. */
async function readLast(core: Core, signal: AbortSignal | undefined): Promise<Census | undefined> {
  const { objects, repositoryId, roles } = core
  for (const key of (await censusKeys(core, signal)).toReversed()) {
    const source = await objects.get(key, censusBytesMax, signal)
    try {
      if (source !== undefined) return decodeCensus(source, { repositoryId, recordId: censusOf(key)! }, roles.control)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error // named by whoever looks at all objects
    }
  }
  return undefined
}

async function censusKeys({ objects }: Core, signal: AbortSignal | undefined): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of objects.list(verifiedPrefix, signal)) if (censusOf(key) !== undefined) keys.push(key)
  return keys
}

function isSame(a: Census, b: Census): boolean {
  const digests = ({ objects }: Census) =>
    Object.entries(objects).map(([key, sha256]) => `${key} ${Buffer.from(sha256).toString('hex')}`)
  return [...a.points, ...digests(a).toSorted()].join() === [...b.points, ...digests(b).toSorted()].join()
}
