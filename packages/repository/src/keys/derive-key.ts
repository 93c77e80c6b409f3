import { hkdfSync } from 'node:crypto'
import { keyObjectOf } from '../formats/aead.ts'

/** HKDF-SHA-256: a key for one purpose from a key for many. */
export const deriveKey = (
  key: Uint8Array,
  salt: Uint8Array,
  info: string | Uint8Array,
  sizeBytes: number,
): Uint8Array => new Uint8Array(hkdfSync('sha256', keyObjectOf(key), salt, info, sizeBytes))
