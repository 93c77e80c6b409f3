import { FormatError } from '@vmkeep/kit'
import { idBytes } from './blob.ts'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { packNameBytes } from './object-names.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const kind = 32
const rowBytes = packNameBytes + 4 + idBytes

/** What one record holds: more goes into another one. */
export const lostCopiesMax = 1000

/** In place of an offset: the pack's frame (header, trailer or footer) is damaged, its blobs may be fine. */
export const frameLost = 0
/** In place of an offset: nothing in the pack can be told apart. */
export const everythingLost = 0xffff_ffff

/** One copy of a blob that was read twice and is not what was written: docs/formats/repository.md §9.3. */
export interface LostCopy {
  readonly packName: Uint8Array
  /** Where the blob lies in the pack; or {@link frameLost}, or {@link everythingLost}, and then the id is all zeroes. */
  readonly offsetBytes: number
  readonly id: Uint8Array
}

export interface LostRecordIdentity {
  readonly repositoryId: Uint8Array
  /** As in its name. */
  readonly recordId: Uint8Array
}

export function encodeLostCopies(
  { repositoryId, recordId }: LostRecordIdentity,
  { copies, atMs }: { readonly copies: readonly LostCopy[]; readonly atMs: number },
  { controlKey, random }: Sealing,
): Uint8Array {
  const content = { at: atMs, copies: new Uint8Array(Buffer.concat(copies.map(encodeRow))) }
  return encodeSealed({ magic: magic.control, kind, repositoryId, objectId: recordId, content }, controlKey, random)
}

/** @throws FormatError */
export function decodeLostCopies(
  source: Uint8Array,
  { repositoryId, recordId }: LostRecordIdentity,
  controlKey: Uint8Array,
): LostCopy[] {
  const expected = { magic: magic.control, kind, repositoryId, objectId: recordId }
  const fields = new Fields(decodeSealed(source, controlKey, expected).content)
  const rows = fields.values['copies']
  if (!(rows instanceof Uint8Array) || rows.length % rowBytes !== 0 || rows.length > lostCopiesMax * rowBytes)
    throw new FormatError(`copies is no row of ${rowBytes} bytes each`)
  return Array.from({ length: rows.length / rowBytes }, (_, i) =>
    decodeRow(rows.subarray(i * rowBytes, (i + 1) * rowBytes)),
  )
}

function encodeRow({ packName, offsetBytes, id }: LostCopy): Uint8Array {
  const row = new Uint8Array(rowBytes)
  row.set(packName)
  new DataView(row.buffer).setUint32(packNameBytes, offsetBytes, true)
  row.set(id, packNameBytes + 4)
  return row
}

const decodeRow = (row: Uint8Array): LostCopy => ({
  packName: row.slice(0, packNameBytes),
  offsetBytes: new DataView(row.buffer, row.byteOffset).getUint32(packNameBytes, true),
  id: row.slice(packNameBytes + 4),
})
