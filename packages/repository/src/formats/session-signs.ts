import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { fromHex } from './hex.ts'
import { FormatError } from '@vmkeep/kit'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const kinds = { beat: 2, pin: 3 } as const

export interface SessionIdentity {
  readonly repositoryId: Uint8Array
  /** The id of a session or a reader, 32 hex digits. */
  readonly holderId: string
}

/** A session lives, and has left every pack that the lists up to `respects` condemn: docs/formats/repository.md §9. */
export interface Beat {
  readonly number: number
  readonly respects: number
  readonly atMs: number
}

export function encodeBeat(identity: SessionIdentity, { atMs, ...beat }: Beat, sealing: Sealing): Uint8Array {
  return encodeSign(identity, kinds.beat, { ...beat, at: atMs }, sealing)
}

/** @throws FormatError */
export function decodeBeat(
  source: Uint8Array,
  identity: SessionIdentity & { readonly number: number },
  controlKey: Uint8Array,
): Beat {
  const fields = fieldsOf(source, identity, kinds.beat, controlKey)
  if (fields.count('number') !== identity.number) throw new FormatError('its number is not the one in its name')
  return { number: identity.number, respects: fields.count('respects'), atMs: fields.count('at') }
}

/** Someone reads or inherits from a point: what it names must stay. */
export interface Pin {
  readonly pointId: string
  readonly atMs: number
}

export function encodePin(identity: SessionIdentity, { pointId, atMs }: Pin, sealing: Sealing): Uint8Array {
  return encodeSign(identity, kinds.pin, { at: atMs, point: fromHex(pointId, 16)! }, sealing)
}

/** @throws FormatError */
export function decodePin(
  source: Uint8Array,
  identity: SessionIdentity & { readonly pointId: string },
  controlKey: Uint8Array,
): Pin {
  const fields = fieldsOf(source, identity, kinds.pin, controlKey)
  if (Buffer.from(fields.bytes('point', 16)).toString('hex') !== identity.pointId)
    throw new FormatError('its point is not the one in its name')
  return { pointId: identity.pointId, atMs: fields.count('at') }
}

function encodeSign(
  { repositoryId, holderId }: SessionIdentity,
  kind: number,
  content: Record<string, number | Uint8Array>,
  { controlKey, random }: Sealing,
): Uint8Array {
  const objectId = fromHex(holderId, 16)!
  return encodeSealed({ magic: magic.session, kind, repositoryId, objectId, content }, controlKey, random)
}

function fieldsOf(
  source: Uint8Array,
  { repositoryId, holderId }: SessionIdentity,
  kind: number,
  controlKey: Uint8Array,
): Fields {
  const expected = { magic: magic.session, kind, repositoryId, objectId: fromHex(holderId, 16)! }
  return new Fields(decodeSealed(source, controlKey, expected).content)
}
