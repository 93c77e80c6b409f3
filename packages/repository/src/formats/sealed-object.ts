import { timingSafeEqual } from 'node:crypto'
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

const commitmentBytes = 32
export const sealedObjectBytesMax = 64 * 1024

export interface SealedObject extends HeaderFields {
  /** Plaintext between header and commitment, authenticated. Empty if left out. */
  readonly preface?: Uint8Array
  readonly content: Plain
}

/** header ‖ preface ‖ commitment ‖ nonce ‖ ciphertext ‖ tag: docs/formats/repository.md §4.2. */
export function encodeSealed(object: SealedObject, roleKey: Uint8Array, random: Random): Uint8Array {
  const key = objectKey(roleKey, object)
  const nonce = random.bytes(nonceBytes)
  const additional = Buffer.concat([encodeHeader(object), object.preface ?? new Uint8Array(), commitment(key)])
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
  const key = objectKey(roleKey, { magic: expected.magic, objectId: header.objectId })
  if (!timingSafeEqual(commitment(key), source.subarray(nonceAt - commitmentBytes, nonceAt)))
    throw new FormatError('it was sealed with another key, or its commitment is damaged')
  const input = { key, nonce: source.subarray(nonceAt, ciphertextAt), additional: source.subarray(0, nonceAt) }
  const plain = unseal(input, source.subarray(ciphertextAt, tagAt), source.subarray(tagAt))
  if (plain === undefined) throw new FormatError('its seal is broken')
  return { header, content: decodeCbor(plain) }
}

const objectKey = (roleKey: Uint8Array, object: { magic: string; objectId: Uint8Array }) =>
  deriveKey(roleKey, object.objectId, `vmkeep/1 sealed ${object.magic}`, 32)

const commitment = (key: Uint8Array) => hmac(key, 'vmkeep/1 commit')
