import { createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { FormatError, type Random } from '@vmkeep/kit'
import type { Plain } from '../plain.ts'
import { deriveKey } from '../keys/derive-key.ts'
import { hmac, nonceBytes, seal, tagBytes, unseal } from './aead.ts'
import { decodeCbor, encodeCbor } from './cbor.ts'
import {
  type CommonHeader,
  decodeHeader,
  encodeHeader,
  type ExpectedHeader,
  headerBytes,
  type HeaderFields,
} from './common-header.ts'
import { toHex } from './hex.ts'

const commitmentBytes = 32
export const sealedObjectBytesMax = 64 * 1024

export interface SealedObject extends HeaderFields {
  /** Plaintext between header and commitment, authenticated. Empty if left out. */
  readonly preface?: Uint8Array
  readonly content: Plain
}

/** header ‖ preface ‖ commitment ‖ nonce ‖ ciphertext ‖ tag: docs/formats/repository.md §4.2. */
export function encodeSealed(object: SealedObject, roleKey: Uint8Array, random: Random): Uint8Array {
  const { key, commitment } = objectKeyOf(roleKey, object)
  const nonce = random.bytes(nonceBytes)
  const additional = Buffer.concat([encodeHeader(object), object.preface ?? new Uint8Array(), commitment])
  const { ciphertext, tag } = seal({ key, nonce, additional }, encodeCbor(object.content))
  return Buffer.concat([additional, nonce, ciphertext, tag])
}

/** @throws FormatError if it is damaged, not the `expected` object, or sealed with another key */
export function decodeSealed(
  source: Uint8Array,
  roleKey: Uint8Array,
  expected: ExpectedHeader & { readonly prefaceBytes?: number },
): { header: CommonHeader; content: Plain } {
  const header = decodeHeader(source, expected)
  const nonceAt = headerBytes + (expected.prefaceBytes ?? 0) + commitmentBytes
  const ciphertextAt = nonceAt + nonceBytes
  const tagAt = source.length - tagBytes
  if (tagAt < ciphertextAt) throw new FormatError(`it was cut short at byte ${source.length}`)
  const { key, commitment } = objectKeyOf(roleKey, { magic: expected.magic, objectId: header.objectId })
  if (!timingSafeEqual(commitment, source.subarray(nonceAt - commitmentBytes, nonceAt)))
    throw new FormatError('it was sealed with another key, or its commitment is damaged')
  const input = { key, nonce: source.subarray(nonceAt, ciphertextAt), additional: source.subarray(0, nonceAt) }
  const plain = unseal(input, source.subarray(ciphertextAt, tagAt), source.subarray(tagAt))
  if (plain === undefined) throw new FormatError('its seal is broken')
  return { header, content: decodeCbor(plain) }
}

/** So many keys are kept: a session beats, and its end is asked for, again and again. */
const keysKeptMax = 1024

interface ObjectKey {
  readonly key: KeyObject
  readonly commitment: Uint8Array
}

const kept = new WeakMap<Uint8Array, Map<string, ObjectKey>>()

/** The key of an object and the commitment to it. Deriving them costs more than sealing does. */
function objectKeyOf(roleKey: Uint8Array, { magic, objectId }: { magic: string; objectId: Uint8Array }): ObjectKey {
  let known = kept.get(roleKey)
  if (known === undefined) kept.set(roleKey, (known = new Map()))
  const name = magic + toHex(objectId)
  const found = known.get(name)
  if (found !== undefined) return found
  const key = createSecretKey(deriveKey(roleKey, objectId, `vmkeep/1 sealed ${magic}`, 32))
  const made = { key, commitment: hmac(key, 'vmkeep/1 commit') }
  if (known.size >= keysKeptMax) known.clear()
  known.set(name, made)
  return made
}
