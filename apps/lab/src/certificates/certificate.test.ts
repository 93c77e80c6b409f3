import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:tls'
import type { AddressInfo } from 'node:net'
import { seededRandom } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { createCertificate } from './certificate.ts'
import { integer, objectIdentifier, time } from './der.ts'

const options = {
  commonName: 'esx01.lab.local',
  alternativeNames: ['127.0.0.1', 'localhost'],
  notBeforeMs: Date.UTC(2026, 0, 1),
  random: seededRandom('serial'),
}

it('is a certificate to OpenSSL: names, validity, signature and thumbprints', () => {
  const made = createCertificate(options)
  const parsed = new X509Certificate(made.certificatePem)
  expect(parsed.subject).toBe('O=vmkeep lab\nCN=esx01.lab.local')
  expect(parsed.issuer).toBe(parsed.subject)
  expect(parsed.verify(parsed.publicKey)).toBe(true)
  expect(parsed.ca).toBe(true)
  expect(parsed.subjectAltName).toBe('DNS:esx01.lab.local, IP Address:127.0.0.1, DNS:localhost')
  expect(parsed.checkHost('esx01.lab.local')).toBe('esx01.lab.local')
  expect(parsed.checkIP('127.0.0.1')).toBe('127.0.0.1')
  expect([parsed.validFromDate.getTime(), parsed.validToDate.getUTCFullYear()]).toEqual([options.notBeforeMs, 2035])
  expect([made.thumbprintSha1, made.thumbprintSha256]).toEqual([parsed.fingerprint, parsed.fingerprint256])
})

it('serves TLS to a client that trusts it', async () => {
  const made = createCertificate({ ...options, notBeforeMs: Date.now() - 1000 })
  const server = createServer({ cert: made.certificatePem, key: made.privateKeyPem }, (socket) => socket.end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect({ host: '127.0.0.1', port, ca: made.certificatePem })
  const [data] = (await once(client, 'data')) as [Buffer]
  expect(data.toString()).toBe('hello')
  expect(client.authorized).toBe(true)
  client.destroy()
  server.close()
})

it.each([
  ['a small number', integer(Uint8Array.of(0, 0, 5)), '020105'],
  ['a number whose first bit is set', integer(Uint8Array.of(0x80)), '02020080'],
  ['zero', integer(new Uint8Array(3)), '020100'],
  ['RSA', objectIdentifier('1.2.840.113549.1.1.1'), '06092a864886f70d010101'],
  ['a date before 2050', time(new Date('2026-01-02T03:04:05Z')), '170d3236303130323033303430355a'],
  ['a date after 2049', time(new Date('2050-01-02T03:04:05Z')), '180f32303530303130323033303430355a'],
])('encodes %s as X.690 says', (_, encoded, hex) => expect(encoded.toString('hex')).toBe(hex))
