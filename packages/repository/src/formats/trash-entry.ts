import { FormatError } from '@vmkeep/kit'
import type { Plain } from '../plain.ts'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { fromHex } from './hex.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const kinds = { forgotten: 1, restored: 2, buried: 3 } as const

/** One step in the fate of a point: docs/formats/repository.md §9. The last one counts. */
export interface TrashEntry {
  readonly kind: keyof typeof kinds
  readonly atMs: number
  /** Why it was forgotten; empty in the others. */
  readonly reason: string
}

export interface TrashIdentity {
  readonly repositoryId: Uint8Array
  /** 32 hex digits. */
  readonly pointId: string
  readonly number: number
}

export function encodeTrashEntry(
  { repositoryId, pointId, number }: TrashIdentity,
  { kind, atMs, reason }: TrashEntry,
  { controlKey, random }: Sealing,
): Uint8Array {
  const objectId = fromHex(pointId, 16)!
  const content: Plain = { at: atMs, number, ...(kind === 'forgotten' ? { reason } : {}) }
  return encodeSealed({ magic: magic.control, kind: kinds[kind], repositoryId, objectId, content }, controlKey, random)
}

/** @throws FormatError */
export function decodeTrashEntry(
  source: Uint8Array,
  { repositoryId, pointId, number }: TrashIdentity,
  controlKey: Uint8Array,
): TrashEntry {
  const objectId = fromHex(pointId, 16)!
  const { header, content } = decodeSealed(source, controlKey, { magic: magic.control, repositoryId, objectId })
  const kind = (Object.keys(kinds) as (keyof typeof kinds)[]).find((name) => kinds[name] === header.kind)
  if (kind === undefined) throw new FormatError(`kind ${header.kind} is not known`)
  const fields = new Fields(content)
  if (fields.count('number') !== number) throw new FormatError('its number is not the one in its name')
  return { kind, atMs: fields.count('at'), reason: kind === 'forgotten' ? fields.text('reason') : '' }
}
