import { FormatError } from '@vmkeep/kit'
import type { StorageCheck, StorageValidation } from '../storage/validate-storage.ts'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { fromHex } from './hex.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const validationKind = 17
const outcomes = ['passed', 'failed', 'not-offered'] as const

interface ValidationIdentity {
  readonly repositoryId: Uint8Array
  /** 32 hex digits. */
  readonly id: string
}

/** What a try of the storage found: docs/formats/repository.md §9.6. */
export function encodeValidation(
  { repositoryId, id }: ValidationIdentity,
  { at, writer, checks }: StorageValidation,
  { controlKey, random }: Sealing,
): Uint8Array {
  const content = { at: Date.parse(at), writer, checks: checks.map((check) => ({ ...check })) }
  const header = { magic: magic.control, kind: validationKind, repositoryId, objectId: fromHex(id, 16)! }
  return encodeSealed({ ...header, content }, controlKey, random)
}

/** @throws FormatError */
export function decodeValidation(
  source: Uint8Array,
  { repositoryId, id }: ValidationIdentity,
  controlKey: Uint8Array,
): StorageValidation {
  const expected = { magic: magic.control, kind: validationKind, repositoryId, objectId: fromHex(id, 16)! }
  const fields = new Fields(decodeSealed(source, controlKey, expected).content)
  const atMs = fields.count('at')
  if (atMs > 8.64e15) throw new FormatError(`${atMs} is no time`)
  return {
    at: new Date(atMs).toISOString(),
    writer: fields.text('writer'),
    checks: fields.maps('checks').map(decodeCheck),
  }
}

/** A later program may know promises that this one does not: they are shown by their names. */
function decodeCheck(fields: Fields): StorageCheck {
  const outcome = outcomes.find((each) => each === fields.text('outcome'))
  if (outcome === undefined) throw new FormatError(`"${fields.text('outcome')}" is no outcome`)
  const reason = fields.values['reason'] === undefined ? {} : { reason: fields.text('reason') }
  return { promise: fields.text('promise') as StorageCheck['promise'], outcome, ...reason }
}
