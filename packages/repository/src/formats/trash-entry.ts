import { FormatError } from '@vmkeep/kit'
import type { Plain } from '../plain.ts'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { fromHex } from './hex.ts'
import { decodeMarks, encodeMarks, type PointMarks } from './point-marks.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const kinds = { forgotten: 1, stands: 2, buried: 3 } as const

/** One step in the fate of a point: docs/formats/repository.md §9.1. The last one counts, and says everything. */
export interface TrashEntry {
  readonly kind: keyof typeof kinds
  readonly atMs: number
  /** Why it was forgotten; empty in the others. */
  readonly reason: string
  /** None of a point that is buried. */
  readonly marks: PointMarks
}

export interface TrashIdentity {
  readonly repositoryId: Uint8Array
  /** 32 hex digits. */
  readonly pointId: string
  readonly number: number
}

export function encodeTrashEntry(
  { repositoryId, pointId, number }: TrashIdentity,
  { kind, atMs, reason, marks }: TrashEntry,
  { controlKey, random }: Sealing,
): Uint8Array {
  const objectId = fromHex(pointId, 16)!
  const marked = kind === 'buried' ? undefined : encodeMarks(marks)
  const content: Plain = {
    at: atMs,
    number,
    ...(kind === 'forgotten' ? { reason } : {}),
    ...(marked === undefined ? {} : { marks: marked }),
  }
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
  return {
    kind,
    atMs: fields.count('at'),
    reason: kind === 'forgotten' ? fields.text('reason') : '',
    marks: fields.has('marks') ? decodeMarks(fields.map('marks')) : {},
  }
}
