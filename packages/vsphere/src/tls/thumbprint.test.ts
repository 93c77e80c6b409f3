import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseThumbprint } from './thumbprint.ts'

const sha1 = '0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9:00:11:22:33'
const sha256 = `${sha1}:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF`

describe('thumbprints', () => {
  it.each([
    [sha1, 'sha1', sha1],
    [sha1.toLowerCase(), 'sha1', sha1],
    [sha1.replaceAll(':', ''), 'sha1', sha1],
    [` ${sha1.replaceAll(':', ' ')}\n`, 'sha1', sha1],
    [`SHA1 Fingerprint=${sha1}`, 'sha1', sha1],
    [`sha1 Fingerprint=${sha1}`, 'sha1', sha1],
    [`SHA-1: ${sha1}`, 'sha1', sha1],
    [sha256, 'sha256', sha256],
    [sha256.replaceAll(':', '-'), 'sha256', sha256],
    [`SHA256:${sha256.replaceAll(':', '')}`, 'sha256', sha256],
    [`sha256 Fingerprint=${sha256}`, 'sha256', sha256],
  ])('reads %j', (text, algorithm, read) => expect(parseThumbprint(text)).toEqual({ algorithm, text: read }))

  it.each(['', 'SHA1:', sha1.slice(0, -3), `${sha1}:00`, sha256.replace('0A', 'XY')])('refuses %j', (text) => {
    expect(() => parseThumbprint(text)).toThrow('is no certificate thumbprint')
  })

  it('reads any hash, however it is written', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.boolean(),
        fc.constantFrom(':', ' ', '', '-'),
        (bytes, upper, gap) => {
          const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'))
          const text = hex.join(gap)
          expect(parseThumbprint(upper ? text.toUpperCase() : text).text).toBe(hex.join(':').toUpperCase())
        },
      ),
    )
  })
})
