import { timingSafeEqual } from 'node:crypto'
import { bytes, type Decoded, FormatError, ignored, type Random, struct, u8, u32le } from '@vmkeep/kit'
import { stretch } from '../keys/stretch.ts'
import type { KdfCost } from '../repository.ts'
import { hmac, nonceBytes, seal, tagBytes, unseal } from './aead.ts'
import { decodeHeader, encodeHeader, headerBytes, magic } from './common-header.ts'

export const slotKind = { passphrase: 1, recoveryCode: 2 } as const
export type SlotKind = (typeof slotKind)[keyof typeof slotKind]

/** docs/formats/repository.md §4.1. */
const KdfRecord = struct('repository.kdf', 64, {
  kdf: u8,
  reserved: ignored(3),
  memoryKiB: u32le,
  passes: u32le,
  parallelism: u32le,
  salt: bytes(16),
  commitment: bytes(32),
})
type KdfRecord = Decoded<typeof KdfRecord>

const masterKeyBytes = 32
const nonceAt = headerBytes + KdfRecord.sizeBytes
export const keySlotBytes = nonceAt + nonceBytes + masterKeyBytes + tagBytes

export interface NewSlot {
  readonly repositoryId: Uint8Array
  readonly slotId: Uint8Array
  readonly kind: SlotKind
  readonly kdf: number
  readonly cost: KdfCost
}

/** The master key, sealed so that `secret` opens it. */
export async function encodeKeySlot(
  slot: NewSlot,
  secret: string,
  masterKey: Uint8Array,
  random: Random,
): Promise<Uint8Array> {
  const salt = random.bytes(16)
  const stretched = await stretch(slot.kdf, secret, salt, slot.cost)
  const record = KdfRecord.encode({ kdf: slot.kdf, ...slot.cost, salt, commitment: commitment(stretched) })
  const header = { magic: magic.keySlot, repositoryId: slot.repositoryId, objectId: slot.slotId, kind: slot.kind }
  const additional = Buffer.concat([encodeHeader(header), record])
  const nonce = random.bytes(nonceBytes)
  const { ciphertext, tag } = seal({ key: wrappingKey(stretched), nonce, additional }, masterKey)
  return Buffer.concat([additional, nonce, ciphertext, tag])
}

export interface KeySlot {
  readonly slotId: Uint8Array
  readonly kind: number
  readonly source: Uint8Array
  readonly record: KdfRecord
}

/** @throws FormatError if it is no slot of this repository */
export function decodeKeySlot(source: Uint8Array, repositoryId: Uint8Array, slotId: Uint8Array): KeySlot {
  if (source.length !== keySlotBytes) throw new FormatError(`it has ${source.length} bytes, not ${keySlotBytes}`)
  const { kind } = decodeHeader(source, { magic: magic.keySlot, repositoryId, objectId: slotId })
  return { slotId, kind, source, record: KdfRecord.decode(source.subarray(headerBytes)) }
}

/** The master key, or `undefined` if `secret` is not this slot's. @throws FormatError if the slot is damaged */
export async function openKeySlot({ source, record }: KeySlot, secret: string): Promise<Uint8Array | undefined> {
  const stretched = await stretch(record.kdf, secret, record.salt, record)
  if (!timingSafeEqual(commitment(stretched), record.commitment)) return undefined
  const ciphertextAt = nonceAt + nonceBytes
  const input = {
    key: wrappingKey(stretched),
    nonce: source.subarray(nonceAt, ciphertextAt),
    additional: source.subarray(0, nonceAt),
  }
  const tagAt = ciphertextAt + masterKeyBytes
  const masterKey = unseal(input, source.subarray(ciphertextAt, tagAt), source.subarray(tagAt))
  if (masterKey === undefined) throw new FormatError('the secret is right, but the sealed key is damaged')
  return masterKey
}

const commitment = (stretched: Uint8Array) => hmac(stretched, 'vmkeep/1 commit')
const wrappingKey = (stretched: Uint8Array) => hmac(stretched, 'vmkeep/1 wrap')
