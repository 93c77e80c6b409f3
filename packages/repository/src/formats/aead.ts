import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'

export const nonceBytes = 12
export const tagBytes = 16

/** A KeyObject, made of bytes if need be: with bytes Node's calls take two to four times as long, making it included (measured). */
export const keyObjectOf = (key: Uint8Array | KeyObject): KeyObject =>
  key instanceof Uint8Array ? createSecretKey(key) : key

export const hmac = (key: Uint8Array | KeyObject, ...parts: readonly (Uint8Array | string)[]): Buffer => {
  const mac = createHmac('sha256', keyObjectOf(key))
  for (const part of parts) mac.update(part)
  return mac.digest()
}

export interface AeadInput {
  readonly key: Uint8Array | KeyObject
  readonly nonce: Uint8Array
  readonly additional: Uint8Array
}

/** AES-256-GCM. The ciphertext is as long as `plain`. */
export function seal({ key, nonce, additional }: AeadInput, plain: Uint8Array): { ciphertext: Buffer; tag: Buffer } {
  const cipher = createCipheriv('aes-256-gcm', keyObjectOf(key), nonce)
  cipher.setAAD(additional)
  const ciphertext = cipher.update(plain)
  cipher.final() // a stream mode: gives nothing more
  return { ciphertext, tag: cipher.getAuthTag() }
}

/** The plaintext, or `undefined` if key, nonce, additional data, ciphertext and tag do not belong together. */
export function unseal(
  { key, nonce, additional }: AeadInput,
  ciphertext: Uint8Array,
  tag: Uint8Array,
): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', keyObjectOf(key), nonce, { authTagLength: tagBytes })
  decipher.setAAD(additional)
  decipher.setAuthTag(tag)
  const plain = decipher.update(ciphertext)
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return plain
}
