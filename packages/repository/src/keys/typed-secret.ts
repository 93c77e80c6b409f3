import type { Random, Secret } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { publicKeyOf, x25519Bytes } from './x25519.ts'

// Keys that are files of one line: docs/formats/repository.md §4.1. What they are is said by how they begin.
const begins = {
  keyFile: 'vmkeep-key-file-1:',
  identity: 'vmkeep-identity-1:',
  recipient: 'vmkeep-recipient-1:',
} as const
const keyBytes = 32

/** What somebody gives to open a repository. */
export type TypedSecret =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'keyFile'; readonly bytes: Uint8Array }
  /** The private key of a recipient. */
  | { readonly kind: 'identity'; readonly privateKey: Uint8Array; readonly publicKey: Uint8Array }

/** @throws `repository.key-malformed` if it begins as a key file or identity and is none */
export function typedSecret(secret: Secret): TypedSecret {
  const text = secret.reveal()
  const line = text.trim()
  if (line.startsWith(begins.keyFile)) return { kind: 'keyFile', bytes: bytesOf(line, 'keyFile', 'key file') }
  if (line.startsWith(begins.recipient))
    throw fail('repository.key-malformed', { what: 'a public key, which opens nothing' })
  if (!line.startsWith(begins.identity)) return { kind: 'text', text }
  const privateKey = bytesOf(line, 'identity', 'private key')
  return { kind: 'identity', privateKey, publicKey: publicKeyOf(privateKey) }
}

/** The content of a new key file. */
export const newKeyFile = (random: Random): string => lineOf('keyFile', random.bytes(keyBytes))

/** A new pair: the content of the private key's file, and what may be known to everybody. */
export function newKeyPair(random: Random): { readonly identity: string; readonly recipient: string } {
  const privateKey = random.bytes(x25519Bytes)
  return { identity: lineOf('identity', privateKey), recipient: recipientText(publicKeyOf(privateKey)) }
}

export const recipientText = (publicKey: Uint8Array): string => lineOf('recipient', publicKey)

/** @throws `repository.key-malformed` */
export const recipientFrom = (text: string): Uint8Array => bytesOf(text.trim(), 'recipient', 'public key')

const lineOf = (kind: keyof typeof begins, bytes: Uint8Array) => begins[kind] + Buffer.from(bytes).toString('base64url')

function bytesOf(line: string, kind: keyof typeof begins, what: string): Uint8Array {
  const encoded = line.slice(begins[kind].length)
  const bytes = new Uint8Array(Buffer.from(encoded, 'base64url'))
  // A sound encoding comes back as it was: what was cut or mistyped does not.
  if (!line.startsWith(begins[kind]) || bytes.length !== keyBytes || lineOf(kind, bytes) !== line)
    throw fail('repository.key-malformed', { what: `no whole ${what}` })
  return bytes
}
