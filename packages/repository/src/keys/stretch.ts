import * as crypto from 'node:crypto'
import { promisify } from 'node:util'
import { FormatError } from '@vmkeep/kit'
import type { KdfCost } from '../repository.ts'

/** How a slot's secret becomes a key. The last two need not be slow: what they begin with cannot be guessed. */
export const kdf = { argon2id: 1, scrypt: 2, hkdf: 3, x25519: 4 } as const

export const defaultCost: KdfCost = { memoryKiB: 128 * 1024, passes: 3, parallelism: 4 }

/** The one to make new slots with. Node has argon2 from 24.7 on, and only with OpenSSL 3.2 or later. */
export const preferredKdf = 'argon2' in crypto ? kdf.argon2id : kdf.scrypt

const memoryKiBMax = 1024 * 1024
const passesMax = 16
const parallelismMax = 16

/** Why these costs cannot be used, or `undefined`. A hostile slot must not make us take all memory or run for ever. */
export function whyNotCost(kind: number, { memoryKiB, passes, parallelism }: KdfCost): string | undefined {
  const within = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max
  if (!within(parallelism, 1, parallelismMax)) return `${parallelism} lanes are not 1 to ${parallelismMax}`
  if (!within(memoryKiB, 8 * parallelism, memoryKiBMax))
    return `${memoryKiB} KiB of memory are not ${8 * parallelism} to ${memoryKiBMax}`
  if (!within(passes, 1, kind === kdf.scrypt ? 1 : passesMax)) return `${passes} passes are too few or too many`
  if (kind === kdf.scrypt && (memoryKiB & (memoryKiB - 1)) !== 0) return 'scrypt needs a power of two'
  return undefined
}

const scrypt = promisify<string, Uint8Array, number, crypto.ScryptOptions, Buffer>(crypto.scrypt)

/** Makes 32 bytes of a secret, slowly: docs/formats/repository.md §4.1. @throws FormatError if kind or cost is out of bounds */
export async function stretch(kind: number, secret: string, salt: Uint8Array, cost: KdfCost): Promise<Uint8Array> {
  const why = whyNotCost(kind, cost)
  if (why !== undefined) throw new FormatError(why)
  if (kind === kdf.scrypt) return await stretchByScrypt(secret, salt, cost)
  if (kind !== kdf.argon2id) throw new FormatError(`key derivation ${kind} is not known`)
  if (!('argon2' in crypto)) throw new FormatError('this Node.js lacks argon2: use Node 24.7 or later')
  return await promisify(crypto.argon2)('argon2id', {
    message: secret,
    nonce: salt,
    parallelism: cost.parallelism,
    tagLength: 32,
    memory: cost.memoryKiB,
    passes: cost.passes,
  })
}

async function stretchByScrypt(secret: string, salt: Uint8Array, cost: KdfCost): Promise<Uint8Array> {
  const [N, r] = [cost.memoryKiB, 8] // N × 128 × r bytes are N KiB
  return await scrypt(secret, salt, 32, { N, r, p: cost.parallelism, maxmem: 2048 * N + 1024 * 1024 })
}
