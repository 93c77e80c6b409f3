import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { FormatError, freeNow } from '@vmkeep/kit'
import { hmac, seal, unseal } from '../formats/aead.ts'
import {
  blobHeaderBytes,
  blobOverheadBytes,
  blobTagBytes,
  type BlobHeader,
  blobType,
  compression,
  decodeBlobHeader,
  encodeBlobHeader,
} from '../formats/blob.ts'
import { defaultDomain } from '../formats/key-ring.ts'
import { sameBytes, toHex } from '../formats/hex.ts'
import type { BlobKeys } from '../keys/role-keys.ts'
import { fail } from '../errors.ts'

/** A blob sealed with a data key that is not in the ring. */
export class UnknownGeneration extends FormatError {}

/** Stored as it is unless compression saves at least this much. */
const worthwhile = 0.95

/** The id of a blob. Map pages have no domain: the ids they hold have one. */
export const idOf = (keys: BlobKeys, type: number, plain: Uint8Array, domain = defaultDomain): Uint8Array =>
  hmac(type === blobType.mapPage ? keys.mapIds : keysOfDomain(keys, domain).ids, plain)

export interface PlainBlob {
  readonly type: number
  readonly id: Uint8Array
  readonly plain: Uint8Array
  /** Whose it is. */
  readonly domain?: string
  /** The zstd level to try, or 0 for none. */
  readonly level: number
  /** Try it only if a sample of the plaintext compresses. */
  readonly sampleFirst?: boolean
  /** 12 fresh random bytes. */
  readonly nonce: Uint8Array
}

/** A blob in its three parts. The ciphertext is never longer than the plaintext. */
export interface SealedBlob {
  readonly header: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

/**
 * Compresses and seals a blob, then opens it again and compares: a fault of the compressor, the cipher or the memory between
 * is found before anything is stored (restic#4523 is why).
 *
 * @throws `repository.seal-mismatch`
 */
export function sealBlob(keys: BlobKeys, blob: PlainBlob): SealedBlob {
  const { type, id, plain, nonce, domain = defaultDomain } = blob
  const isTried = blob.level > 0 && (blob.sampleFirst !== true || isWorthwhile(sampleOf(plain), blob.level))
  const packed = isTried ? compressed(plain, blob.level) : undefined
  const body = packed ?? plain
  const keyGeneration = type === blobType.mapPage ? 0 : keysOfDomain(keys, domain).generation
  const header = encodeBlobHeader({
    type,
    id,
    nonce,
    keyGeneration,
    compression: packed === undefined ? compression.none : compression.zstd,
    storedBytes: body.length + blobOverheadBytes,
    plainBytes: plain.length,
  })
  const input = { key: blobKey(keys, { type, keyGeneration, id }), nonce, additional: header }
  const { ciphertext, tag } = seal(input, body)
  const back = unseal(input, ciphertext, tag)
  const plainBack = packed === undefined || back === undefined ? back : decompressed(back, plain.length)
  const same = plainBack !== undefined && sameBytes(plainBack, plain)
  freeNow(packed, back, plainBack)
  if (!same) throw fail('repository.seal-mismatch', { id: toHex(id) })
  return { header, ciphertext, tag }
}

/**
 * The plaintext of a blob, authenticated and matching its id.
 *
 * @throws FormatError if anything is not as written; `repository.domain-erased` if its key is gone
 */
export function openBlob(keys: BlobKeys, blob: Uint8Array, expected: { id: Uint8Array; type?: number }): Uint8Array {
  const { header, body } = unsealed(keys, blob, expected)
  const plain = header.compression === compression.none ? body : decompressed(body, header.plainBytes)
  if (plain !== body) freeNow(body)
  const ids = header.type === blobType.mapPage ? keys.mapIds : keys.data.get(header.keyGeneration)!.ids
  if (!sameBytes(hmac(ids, plain), header.id)) throw new FormatError('its content does not match its id')
  return plain
}

/** The same blob, sealed with the newest data key of its domain. @throws as {@link openBlob} */
export function resealBlob(
  keys: BlobKeys,
  blob: Uint8Array,
  { id, nonce }: { readonly id: Uint8Array; readonly nonce: Uint8Array },
): SealedBlob {
  const { header, body } = unsealed(keys, blob, { id })
  const keyGeneration = newestOf(keys, header.keyGeneration)
  const additional = encodeBlobHeader({ ...header, keyGeneration, nonce })
  const key = blobKey(keys, { ...header, keyGeneration })
  return { header: additional, ...seal({ key, nonce, additional }, body) }
}

/** The generation that new blobs get where `generation` was once used; itself for 0, which map pages have. */
export function newestOf(keys: BlobKeys, generation: number): number {
  const ids = keys.data.get(generation)?.ids
  for (const domain of keys.domains.values()) if (domain.ids === ids) return domain.generation
  return generation
}

function unsealed(keys: BlobKeys, blob: Uint8Array, expected: { id: Uint8Array; type?: number }) {
  const header = decodeBlobHeader(blob, blob.length)
  if (!sameBytes(header.id, expected.id)) throw new FormatError(`blob ${toHex(header.id)} lies there`)
  if (expected.type !== undefined && header.type !== expected.type)
    throw new FormatError(`it is of type ${header.type}, not ${expected.type}`)
  const additional = blob.subarray(0, blobHeaderBytes)
  const input = { key: blobKey(keys, header), nonce: header.nonce, additional }
  const tagAt = blob.length - blobTagBytes
  const body = unseal(input, blob.subarray(blobHeaderBytes, tagAt), blob.subarray(tagAt))
  if (body === undefined) throw new FormatError('its seal is broken')
  return { header, body }
}

type KeyedBlob = Pick<BlobHeader, 'type' | 'keyGeneration' | 'id'>

function blobKey(keys: BlobKeys, { type, keyGeneration, id }: KeyedBlob): Uint8Array {
  if (type === blobType.mapPage) return hmac(keys.map, id)
  const domain = keys.erased.get(keyGeneration)
  if (domain !== undefined) throw fail('repository.domain-erased', { domain })
  if (keys.maintenanceOnly) throw fail('repository.needs-data-keys', {})
  const data = keys.data.get(keyGeneration)
  if (data === undefined) throw new UnknownGeneration(`key generation ${keyGeneration} is not in the ring`)
  return hmac(data.key, id)
}

function keysOfDomain(keys: BlobKeys, domain: string) {
  if (keys.maintenanceOnly) throw fail('repository.needs-data-keys', {})
  const found = keys.domains.get(domain)
  if (found === undefined) throw fail('repository.domain-erased', { domain }) // it was there when the session began
  return found
}

const samplePieces = 4
const samplePieceBytes = 4096

/** Pieces from all over: what looks like noise at its beginning need not be. */
function sampleOf(plain: Uint8Array): Uint8Array {
  const step = Math.floor(plain.length / samplePieces)
  return Buffer.concat(
    Array.from({ length: samplePieces }, (_, i) =>
      plain.subarray(i * step, i * step + Math.min(step, samplePieceBytes)),
    ),
  )
}

const isWorthwhile = (sample: Uint8Array, level: number): boolean => compressed(sample, level) !== undefined

/** One zstd frame, or `undefined` if it is not worth it. */
function compressed(plain: Uint8Array, level: number): Uint8Array | undefined {
  const params = { [constants.ZSTD_c_compressionLevel]: level }
  const packed = zstdCompressSync(plain, { params, chunkSize: roomFor(plain.length) })
  return packed.length <= plain.length * worthwhile ? packed : undefined
}

function decompressed(body: Uint8Array, plainBytes: number): Uint8Array {
  try {
    const plain = zstdDecompressSync(body, { chunkSize: roomFor(plainBytes), maxOutputLength: plainBytes })
    if (plain.length === plainBytes) return plain
    throw new FormatError(`it unpacks to ${plain.length} bytes, not ${plainBytes}`)
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw new FormatError(`it does not unpack: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/**
 * One output buffer that is never filled to the end. Node's default of 16 KiB pieces costs a quarter of the speed, and when a
 * buffer is full to the last byte, Node takes another of the same size for nothing (both measured).
 */
const roomFor = (plainBytes: number) => plainBytes + (plainBytes >> 8) + 256
