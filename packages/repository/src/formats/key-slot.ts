import { timingSafeEqual } from 'node:crypto'
import { bytes, type Decoded, FormatError, ignored, type Random, struct, u8, u32le } from '@vmkeep/kit'
import { deriveKey } from '../keys/derive-key.ts'
import { kdf, stretch } from '../keys/stretch.ts'
import { publicKeyOf, sharedSecret, x25519Bytes } from '../keys/x25519.ts'
import type { KdfCost } from '../repository.ts'
import { hmac, nonceBytes, seal, tagBytes, unseal } from './aead.ts'
import { decodeHeader, encodeHeader, headerBytes, magic } from './common-header.ts'
import { sameBytes } from './hex.ts'

export const slotKind = { passphrase: 1, recoveryCode: 2, keyFile: 3, recipient: 4 } as const

/** What a slot gives to whoever opens it. */
export const slotPayload = { masterKey: 0, maintenanceKeys: 1 } as const
const payloadBytes: Readonly<Record<number, number>> = {
  [slotPayload.masterKey]: 32,
  [slotPayload.maintenanceKeys]: 128,
}

/** docs/formats/repository.md §4.1. */
const KdfRecord = struct('repository.kdf', 64, {
  kdf: u8,
  payload: u8,
  reserved: ignored(2),
  memoryKiB: u32le,
  passes: u32le,
  parallelism: u32le,
  salt: bytes(16),
  commitment: bytes(32),
})
type KdfRecord = Decoded<typeof KdfRecord>

const pairAt = headerBytes + KdfRecord.sizeBytes
export const keySlotBytesMax =
  pairAt + 2 * x25519Bytes + nonceBytes + payloadBytes[slotPayload.maintenanceKeys]! + tagBytes

/** What a slot is closed with. */
export type SlotLock =
  | { readonly kind: 1 | 2; readonly secret: string; readonly kdf: number; readonly cost: KdfCost }
  | { readonly kind: 3; readonly keyFile: Uint8Array }
  /** A public key: nobody who makes the slot can open it by that alone. */
  | { readonly kind: 4; readonly recipient: Uint8Array }

/** What a slot may be opened with. */
export type SlotOpener =
  | { readonly kind: 1 | 2; readonly secret: string }
  | { readonly kind: 3; readonly keyFile: Uint8Array }
  | { readonly kind: 4; readonly privateKey: Uint8Array }

/** The master key, or the keys of maintenance, sealed. */
export async function encodeKeySlot(
  { repositoryId, slotId }: { readonly repositoryId: Uint8Array; readonly slotId: Uint8Array },
  lock: SlotLock,
  content: Uint8Array,
  random: Random,
): Promise<Uint8Array> {
  const salt = random.bytes(16)
  const ephemeral = lock.kind === slotKind.recipient ? random.bytes(x25519Bytes) : undefined
  const { stretched, pair } = await locked(lock, salt, ephemeral)
  const payload =
    content.length === payloadBytes[slotPayload.masterKey] ? slotPayload.masterKey : slotPayload.maintenanceKeys
  const record = KdfRecord.encode({ ...derivationOf(lock), payload, salt, commitment: commitment(stretched) })
  const header = { magic: magic.keySlot, repositoryId, objectId: slotId, kind: lock.kind }
  const additional = Buffer.concat([encodeHeader(header), record, pair])
  const nonce = random.bytes(nonceBytes)
  const { ciphertext, tag } = seal({ key: wrappingKey(stretched), nonce, additional }, content)
  return Buffer.concat([additional, nonce, ciphertext, tag])
}

export interface KeySlot {
  readonly slotId: Uint8Array
  readonly kind: number
  readonly source: Uint8Array
  readonly record: KdfRecord
  /** Whose private key opens it, if it is for a recipient. */
  readonly recipient?: Uint8Array
}

/** @throws FormatError if it is no slot of this repository */
export function decodeKeySlot(source: Uint8Array, repositoryId: Uint8Array, slotId: Uint8Array): KeySlot {
  const { kind } = decodeHeader(source, { magic: magic.keySlot, repositoryId, objectId: slotId })
  if (kind < slotKind.passphrase || kind > slotKind.recipient) throw new FormatError(`kind ${kind} is not known`)
  const record = KdfRecord.decode(source.subarray(headerBytes))
  const sealedBytes = payloadBytes[record.payload]
  if (sealedBytes === undefined) throw new FormatError(`what it gives, ${record.payload}, is not known`)
  const expected = nonceAtOf(kind) + nonceBytes + sealedBytes + tagBytes
  if (source.length !== expected) throw new FormatError(`it has ${source.length} bytes, not ${expected}`)
  const recipient = source.subarray(pairAt + x25519Bytes, pairAt + 2 * x25519Bytes)
  return { slotId, kind, source, record, ...(kind === slotKind.recipient && { recipient }) }
}

/** What the slot holds, or `undefined` if it is another's. @throws FormatError if the slot is damaged */
export async function openKeySlot(slot: KeySlot, opener: SlotOpener): Promise<Uint8Array | undefined> {
  const { source, record, kind } = slot
  const stretched = kind === opener.kind ? await stretchedBy(opener, slot) : undefined
  if (stretched === undefined || !timingSafeEqual(commitment(stretched), record.commitment)) return undefined
  const nonceAt = nonceAtOf(kind)
  const ciphertextAt = nonceAt + nonceBytes
  const input = {
    key: wrappingKey(stretched),
    nonce: source.subarray(nonceAt, ciphertextAt),
    additional: source.subarray(0, nonceAt),
  }
  const tagAt = source.length - tagBytes
  const content = unseal(input, source.subarray(ciphertextAt, tagAt), source.subarray(tagAt))
  if (content === undefined) throw new FormatError('the secret is right, but the sealed key is damaged')
  return content
}

const nonceAtOf = (kind: number) => (kind === slotKind.recipient ? pairAt + 2 * x25519Bytes : pairAt)

const noCost = { memoryKiB: 0, passes: 0, parallelism: 0 }

function derivationOf(lock: SlotLock): KdfCost & { readonly kdf: number } {
  if ('secret' in lock) return { kdf: lock.kdf, ...lock.cost }
  return { kdf: lock.kind === slotKind.keyFile ? kdf.hkdf : kdf.x25519, ...noCost }
}

async function locked(
  lock: SlotLock,
  salt: Uint8Array,
  ephemeral: Uint8Array | undefined,
): Promise<{ stretched: Uint8Array; pair: Uint8Array }> {
  const pair = new Uint8Array()
  if ('secret' in lock) return { stretched: await stretch(lock.kdf, lock.secret, salt, lock.cost), pair }
  if ('keyFile' in lock) return { stretched: ofKeyFile(lock.keyFile, salt), pair }
  const keys = Buffer.concat([publicKeyOf(ephemeral!), lock.recipient])
  return { stretched: ofShared(sharedSecret(ephemeral!, lock.recipient), salt, keys), pair: keys }
}

async function stretchedBy(
  opener: SlotOpener,
  { record, source, recipient }: KeySlot,
): Promise<Uint8Array | undefined> {
  const { salt } = record
  if ('secret' in opener) return await stretch(record.kdf, opener.secret, salt, record)
  if (record.kdf !== ('keyFile' in opener ? kdf.hkdf : kdf.x25519))
    throw new FormatError(`key derivation ${record.kdf} is not known`)
  if ('keyFile' in opener) return ofKeyFile(opener.keyFile, salt)
  if (!sameBytes(publicKeyOf(opener.privateKey), recipient!)) return undefined
  const pair = source.subarray(pairAt, pairAt + 2 * x25519Bytes)
  return ofShared(sharedSecret(opener.privateKey, pair.subarray(0, x25519Bytes)), salt, pair)
}

const ofKeyFile = (keyFile: Uint8Array, salt: Uint8Array) => deriveKey(keyFile, salt, 'vmkeep/1 key file', 32)

/** Both public keys are bound in: the same secret between other two gives another key. */
const ofShared = (shared: Uint8Array, salt: Uint8Array, pair: Uint8Array) =>
  deriveKey(shared, salt, Buffer.concat([Buffer.from('vmkeep/1 recipient'), pair]), 32)

const commitment = (stretched: Uint8Array) => hmac(stretched, 'vmkeep/1 commit')
const wrappingKey = (stretched: Uint8Array) => hmac(stretched, 'vmkeep/1 wrap')
