import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import type { Random } from '@vmkeep/kit'
import * as der from './der.ts'

/** A host's certificate, its key, and what others pin it by. */
export interface Certificate {
  readonly commonName: string
  readonly certificatePem: string
  readonly privateKeyPem: string
  /** Upper case hexadecimal with colons, as `sslThumbprint` has it. */
  readonly thumbprintSha1: string
  readonly thumbprintSha256: string
}

export interface CertificateOptions {
  readonly commonName: string
  /** DNS names and IPv4 addresses, besides the common name. */
  readonly alternativeNames?: readonly string[]
  readonly notBeforeMs: number
  /** Ten years, as ESXi's own. */
  readonly lifetimeMs?: number
  /** For the serial number. The key is always the system's. */
  readonly random: Random
}

const tenYearsMs = 10 * 365 * 24 * 3600 * 1000
const ecdsaWithSha256 = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'))

/** A self-signed certificate with a P-256 key, as vCenter and ESXi make one for themselves when nobody gives them a better one. */
export function createCertificate(options: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const toBeSigned = toBeSignedOf(options, publicKey)
  const signature = sign('sha256', toBeSigned, privateKey)
  const certificate = der.sequence(toBeSigned, ecdsaWithSha256, der.bitString(signature))
  return {
    commonName: options.commonName,
    certificatePem: pem(certificate),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    thumbprintSha1: thumbprint('sha1', certificate),
    thumbprintSha256: thumbprint('sha256', certificate),
  }
}

/** Source: RFC 5280 §4.1. Evidence: documented. */
function toBeSignedOf(options: CertificateOptions, publicKey: KeyObject): Buffer {
  const { commonName, notBeforeMs, lifetimeMs = tenYearsMs, random } = options
  const name = nameOf(commonName)
  return der.sequence(
    der.tagged(0, der.integer(Uint8Array.of(2))), // version 3
    der.integer(random.bytes(8)),
    ecdsaWithSha256,
    name, // issuer
    der.sequence(der.time(new Date(notBeforeMs)), der.time(new Date(notBeforeMs + lifetimeMs))),
    name, // subject
    publicKey.export({ type: 'spki', format: 'der' }),
    der.tagged(3, der.sequence(basicConstraints(), subjectAlternativeName(options))),
  )
}

const nameOf = (commonName: string) =>
  der.sequence(
    der.set(der.sequence(der.objectIdentifier('2.5.4.10'), der.utf8String('vmkeep lab'))),
    der.set(der.sequence(der.objectIdentifier('2.5.4.3'), der.utf8String(commonName))),
  )

/** It may be given to a client as the CA that vouches for it. */
const basicConstraints = () =>
  der.sequence(der.objectIdentifier('2.5.29.19'), der.boolean(true), der.octetString(der.sequence(der.boolean(true))))

function subjectAlternativeName({ commonName, alternativeNames = [] }: CertificateOptions): Buffer {
  const names = [...new Set([commonName, ...alternativeNames])].map((name) =>
    isIPv4(name) ? der.implicit(7, Buffer.from(name.split('.').map(Number))) : der.implicit(2, Buffer.from(name)),
  )
  return der.sequence(der.objectIdentifier('2.5.29.17'), der.octetString(der.sequence(...names)))
}

const pem = (certificate: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`

const thumbprint = (algorithm: string, certificate: Buffer) =>
  createHash(algorithm)
    .update(certificate)
    .digest('hex')
    .toUpperCase()
    .replaceAll(/..(?!$)/g, '$&:')
