import { fail } from '../errors.ts'

/** A certificate's hash as people write it down: upper case, a colon between bytes. */
export interface Thumbprint {
  readonly algorithm: 'sha1' | 'sha256'
  /** `AB:CD:…`. */
  readonly text: string
}

/**
 * Reads a thumbprint of any style: either case, colons or blanks or none, with or without `SHA1:` or
 * `SHA256 Fingerprint=` before it, as the versions of openssl print it.
 *
 * @throws `vsphere.bad-thumbprint`
 */
export function parseThumbprint(text: string): Thumbprint {
  const hex = text
    .trim()
    .replace(/^.*(?:=|sha-?(?:1|256)\s*:)/i, '')
    .replaceAll(/[\s:-]/g, '')
    .toUpperCase()
  const algorithm = hex.length === 40 ? 'sha1' : 'sha256'
  if (!/^[0-9A-F]+$/.test(hex) || (hex.length !== 40 && hex.length !== 64))
    throw fail('vsphere.bad-thumbprint', { thumbprint: text.slice(0, 200) })
  return { algorithm, text: hex.match(/../g)!.join(':') }
}
