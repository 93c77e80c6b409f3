import { FormatError } from '@vmkeep/kit'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const kind = 33
const prefixBytes = 16
const rowBytes = prefixBytes + 8
const minuteMs = 60_000

/** What one record of the journal holds. */
export const verifiedPacksMax = 2500

/** When a pack was last read and found good: docs/formats/repository.md §9.5. Whole minutes since 1970; 0: never. */
export interface VerifiedPack {
  /** The first half of its name. */
  readonly prefix: Uint8Array
  /** By its checksum, or in full. */
  readonly checksumMinutes: number
  /** Every blob opened. */
  readonly fullMinutes: number
}

export interface VerifiedRecordIdentity {
  readonly repositoryId: Uint8Array
  /** As in its name. */
  readonly recordId: Uint8Array
}

export const minutesOf = (atMs: number): number => Math.max(1, Math.min(0xffff_ffff, Math.floor(atMs / minuteMs)))
export const msOfMinutes = (minutes: number): number => minutes * minuteMs

export function encodeVerifiedPacks(
  { repositoryId, recordId }: VerifiedRecordIdentity,
  packs: readonly VerifiedPack[],
  { controlKey, random }: Sealing,
): Uint8Array {
  const rows = new Uint8Array(packs.length * rowBytes)
  const view = new DataView(rows.buffer)
  for (const [i, { prefix, checksumMinutes, fullMinutes }] of packs.entries()) {
    rows.set(prefix, i * rowBytes)
    view.setUint32(i * rowBytes + prefixBytes, checksumMinutes, true)
    view.setUint32(i * rowBytes + prefixBytes + 4, fullMinutes, true)
  }
  const header = { magic: magic.control, kind, repositoryId, objectId: recordId }
  return encodeSealed({ ...header, content: { packs: rows } }, controlKey, random)
}

/** @throws FormatError */
export function decodeVerifiedPacks(
  source: Uint8Array,
  { repositoryId, recordId }: VerifiedRecordIdentity,
  controlKey: Uint8Array,
): VerifiedPack[] {
  const expected = { magic: magic.control, kind, repositoryId, objectId: recordId }
  const rows = new Fields(decodeSealed(source, controlKey, expected).content).values['packs']
  if (!(rows instanceof Uint8Array) || rows.length % rowBytes !== 0 || rows.length > verifiedPacksMax * rowBytes)
    throw new FormatError(`packs is no row of ${rowBytes} bytes each`)
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength)
  return Array.from({ length: rows.length / rowBytes }, (_, i) => ({
    prefix: rows.subarray(i * rowBytes, i * rowBytes + prefixBytes),
    checksumMinutes: view.getUint32(i * rowBytes + prefixBytes, true),
    fullMinutes: view.getUint32(i * rowBytes + prefixBytes + 4, true),
  }))
}
