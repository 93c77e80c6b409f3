import { magic } from './common-header.ts'
import { Fields } from './fields.ts'
import { fromHex } from './hex.ts'
import { decodeSealed, encodeSealed } from './sealed-object.ts'
import type { Sealing } from './sealing.ts'

const proofKind = 18

/** That everything a point names was looked for and found: docs/formats/repository.md §9.7. */
export interface Proof {
  readonly atMs: number
  /** When the whole maps were walked last, of this point or of those it inherits from. */
  readonly walkedAtMs: number
}

interface ProofIdentity {
  readonly repositoryId: Uint8Array
  /** 32 hex digits. */
  readonly pointId: string
}

export function encodeProof(
  { repositoryId, pointId }: ProofIdentity,
  { atMs, walkedAtMs }: Proof,
  { controlKey, random }: Sealing,
): Uint8Array {
  const content = { at: atMs, walked: walkedAtMs }
  const objectId = fromHex(pointId, 16)!
  return encodeSealed({ magic: magic.control, kind: proofKind, repositoryId, objectId, content }, controlKey, random)
}

/** @throws FormatError */
export function decodeProof(
  source: Uint8Array,
  { repositoryId, pointId }: ProofIdentity,
  controlKey: Uint8Array,
): Proof {
  const expected = { magic: magic.control, kind: proofKind, repositoryId, objectId: fromHex(pointId, 16)! }
  const fields = new Fields(decodeSealed(source, controlKey, expected).content)
  return { atMs: fields.count('at'), walkedAtMs: fields.count('walked') }
}
