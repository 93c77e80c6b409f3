import { FormatError } from '@vmkeep/kit'
import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { fromHex } from './hex.ts'
import { packKey, packNameBytes, packNameOf } from './object-names.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const lockKind = 16

/** More packs than the largest VM of vSphere has at 64 MiB each, many times over. */
export const lockRecordBytesMax = 128 * 1024 * 1024

/** What was found locked for a point, so that the next one need not ask again: docs/formats/repository.md §9.4. */
export interface LockRecord {
  /** Every one of the objects was locked at least until here. */
  readonly needMs: number
  /** When the whole maps were walked last, of this point or of those it inherits from. Older records do not say: 0. */
  readonly walkedAtMs: number
  readonly keys: ReadonlySet<string>
}

interface LockIdentity {
  readonly repositoryId: Uint8Array
  /** 32 hex digits. */
  readonly pointId: string
}

export function encodeLockRecord(
  { repositoryId, pointId }: LockIdentity,
  { needMs, walkedAtMs, keys }: LockRecord,
  { controlKey, random }: Sealing,
): Uint8Array {
  const packs: Uint8Array[] = []
  const objects: string[] = []
  for (const key of keys) {
    const name = packNameOf(key)
    if (name === undefined) objects.push(key)
    else packs.push(name)
  }
  const content = { need: needMs, objects, packs: new Uint8Array(Buffer.concat(packs)), walked: walkedAtMs }
  const objectId = fromHex(pointId, 16)!
  return encodeSealed({ magic: magic.control, kind: lockKind, repositoryId, objectId, content }, controlKey, random)
}

/** @throws FormatError */
export function decodeLockRecord(
  source: Uint8Array,
  { repositoryId, pointId }: LockIdentity,
  controlKey: Uint8Array,
): LockRecord {
  const expected = { magic: magic.control, kind: lockKind, repositoryId, objectId: fromHex(pointId, 16)! }
  const fields = new Fields(decodeSealed(source, controlKey, expected).content)
  const packs = fields.values['packs']
  if (!(packs instanceof Uint8Array) || packs.length % packNameBytes !== 0)
    throw new FormatError('its packs are no row of names')
  const keys = new Set(fields.texts('objects'))
  for (let at = 0; at < packs.length; at += packNameBytes) keys.add(packKey(packs.subarray(at, at + packNameBytes)))
  const walkedAtMs = fields.values['walked'] === undefined ? 0 : fields.count('walked')
  return { needMs: fields.count('need'), walkedAtMs, keys }
}
