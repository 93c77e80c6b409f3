// Certificates for tests, made on the spot: nothing secret lies in the repository, and any date and name can be had.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

export interface TestCertificate {
  readonly subject: string
  readonly certificatePem: string
  readonly privateKeyPem: string
  readonly key: KeyObject
}

/** Makes a certificate for `names`, signed by `issuer` or by itself. */
export function makeCertificate(options: {
  readonly subject: string
  readonly names?: readonly string[]
  readonly validFrom?: string
  readonly validTo?: string
  readonly issuer?: TestCertificate
}): TestCertificate {
  const { subject, names = [], validFrom = '20200101000000Z', validTo = '20990101000000Z', issuer } = options
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(nextSerial++),
    ecdsaWithSha256,
    name(issuer?.subject ?? subject),
    sequence(tagged(0x18, Buffer.from(validFrom)), tagged(0x18, Buffer.from(validTo))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(names))),
  )
  const signature = sign('sha256', body, issuer?.key ?? privateKey)
  const der = sequence(body, ecdsaWithSha256, tagged(0x03, Buffer.concat([Buffer.of(0), signature])))
  return {
    subject,
    certificatePem: pem(der),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    key: privateKey,
  }
}

let nextSerial = 1

function tagged(tag: number, content: Buffer): Buffer {
  const length =
    content.length < 128
      ? Buffer.of(content.length)
      : content.length < 256
        ? Buffer.of(0x81, content.length)
        : Buffer.of(0x82, content.length >> 8, content.length & 255)
  return Buffer.concat([Buffer.of(tag), length, content])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts))
const integer = (value: number): Buffer =>
  tagged(0x02, Buffer.of(value >> 8, value & 255).subarray(value < 128 ? 1 : 0))
const hex = (text: string): Buffer => Buffer.from(text, 'hex')

const ecdsaWithSha256 = sequence(hex('06082a8648ce3d040302')) // 1.2.840.10045.4.3.2
const commonName = hex('0603550403') // 2.5.4.3
const subjectAlternativeName = hex('0603551d11') // 2.5.29.17
const basicConstraints = hex('0603551d13') // 2.5.29.19

const name = (text: string): Buffer => sequence(tagged(0x31, sequence(commonName, tagged(0x0c, Buffer.from(text)))))

function extensions(names: readonly string[]): Buffer[] {
  const constraints = sequence(basicConstraints, hex('0101ff'), tagged(0x04, sequence(hex('0101ff'))))
  if (names.length === 0) return [constraints] // an authority
  const alternatives = names.map((one) =>
    isIPv4(one) ? tagged(0x87, Buffer.from(one.split('.').map(Number))) : tagged(0x82, Buffer.from(one)),
  )
  return [sequence(subjectAlternativeName, tagged(0x04, sequence(...alternatives)))]
}

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')}\n-----END CERTIFICATE-----\n`
