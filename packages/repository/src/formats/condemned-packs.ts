import { FormatError } from '@vmkeep/kit'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { toHex } from './hex.ts'
import { packNameBytes } from './object-names.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const kinds = { list: 4, final: 5 } as const
const pointIdBytes = 16

/** What one collection may condemn. More waits for the next. */
export const condemnedPacksMax = 50_000
const pointsMax = 4_194_304
export const condemnedBytesMax = condemnedPacksMax * packNameBytes + pointsMax * pointIdBytes + 1024

/** The list or the final of a collection: docs/formats/repository.md §9.2. */
export interface CondemnedPacks {
  readonly part: keyof typeof kinds
  readonly number: number
  readonly atMs: number
  /** Names of 24 bytes. */
  readonly packs: readonly Uint8Array[]
  /** In a final, every point that its collector saw. */
  readonly points: readonly string[]
}

export function encodeCondemnedPacks(
  repositoryId: Uint8Array,
  { part, number, atMs, packs, points }: CondemnedPacks,
  { controlKey, random }: Sealing,
): Uint8Array {
  const content = {
    at: atMs,
    number,
    packs: new Uint8Array(Buffer.concat(packs)),
    ...(part === 'final' ? { points: new Uint8Array(Buffer.from(points.join(''), 'hex')) } : {}),
  }
  const header = { magic: magic.control, kind: kinds[part], repositoryId, objectId: objectIdOf(number) }
  return encodeSealed({ ...header, content }, controlKey, random)
}

/** @throws FormatError */
export function decodeCondemnedPacks(
  source: Uint8Array,
  { repositoryId, part, number }: { repositoryId: Uint8Array; part: keyof typeof kinds; number: number },
  controlKey: Uint8Array,
): CondemnedPacks {
  const expected = { magic: magic.control, kind: kinds[part], repositoryId, objectId: objectIdOf(number) }
  const fields = new Fields(decodeSealed(source, controlKey, expected).content)
  if (fields.count('number') !== number) throw new FormatError('its number is not the one in its name')
  const packs = fields.rows('packs', packNameBytes)
  if (packs.length > condemnedPacksMax) throw new FormatError(`it names ${packs.length} packs`)
  const points = part === 'final' ? fields.rows('points', pointIdBytes).map(toHex) : []
  return { part, number, atMs: fields.count('at'), packs, points }
}

/** The number as an id, so that no list can take another's place. */
function objectIdOf(number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, number, true)
  return id
}
