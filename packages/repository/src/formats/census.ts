import { FormatError } from '@vmkeep/kit'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { toHex } from './hex.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const kind = 34
const pointIdBytes = 16
const pointsMax = 4_194_304
export const censusBytesMax = pointsMax * pointIdBytes + 64 * 1024

/** What a verification saw and must still be there at the next: docs/formats/repository.md §9.5. */
export interface Census {
  /** Ids of everything under `points/`. */
  readonly points: readonly string[]
  /** SHA-256 of `format` and of each object under `keys/`, by its name: a slot tells nothing of itself before its secret is tried. */
  readonly objects: Readonly<Record<string, Uint8Array>>
}

export interface CensusIdentity {
  readonly repositoryId: Uint8Array
  /** As in its name. */
  readonly recordId: Uint8Array
}

export function encodeCensus(
  { repositoryId, recordId }: CensusIdentity,
  { points, objects }: Census,
  { controlKey, random }: Sealing,
): Uint8Array {
  const content = { points: new Uint8Array(Buffer.from(points.join(''), 'hex')), objects }
  return encodeSealed({ magic: magic.control, kind, repositoryId, objectId: recordId, content }, controlKey, random)
}

/** @throws FormatError */
export function decodeCensus(
  source: Uint8Array,
  { repositoryId, recordId }: CensusIdentity,
  controlKey: Uint8Array,
): Census {
  const expected = { magic: magic.control, kind, repositoryId, objectId: recordId }
  const fields = new Fields(decodeSealed(source, controlKey, expected).content)
  const ids = fields.values['points']
  if (!(ids instanceof Uint8Array) || ids.length % pointIdBytes !== 0)
    throw new FormatError(`points is no row of ${pointIdBytes} bytes each`)
  const points = Array.from({ length: ids.length / pointIdBytes }, (_, i) =>
    toHex(ids.subarray(i * pointIdBytes, (i + 1) * pointIdBytes)),
  )
  const objects = fields.map('objects')
  return {
    points,
    objects: Object.fromEntries(Object.keys(objects.values).map((key) => [key, objects.bytes(key, 32)])),
  }
}
