import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { FormatError } from '@vmkeep/kit'

// RFC 7748, with keys as their 32 bytes. Node takes them wrapped as RFC 8410 has it.
const privateWrapping = Buffer.from('302e020100300506032b656e04220420', 'hex')
const publicWrapping = Buffer.from('302a300506032b656e032100', 'hex')

export const x25519Bytes = 32

const privateKeyOf = (bytes: Uint8Array) =>
  createPrivateKey({ key: Buffer.concat([privateWrapping, bytes]), format: 'der', type: 'pkcs8' })

/** The public half of a private key. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  const der = createPublicKey(privateKeyOf(privateKey)).export({ format: 'der', type: 'spki' })
  return new Uint8Array(der.subarray(-x25519Bytes))
}

/** What two share who each know their own private and the other's public key. @throws FormatError if the public key is of low order: it gives nothing away, but keeps nothing either */
export function sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const other = createPublicKey({ key: Buffer.concat([publicWrapping, publicKey]), format: 'der', type: 'spki' })
  try {
    return new Uint8Array(diffieHellman({ privateKey: privateKeyOf(privateKey), publicKey: other }))
  } catch {
    throw new FormatError('it is no public key that keeps a secret')
  }
}
