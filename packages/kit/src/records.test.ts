import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ascii, bytes, exactly, FormatError, ignored, size64le, struct, u16le, u32be, u64le, u8 } from './records.ts'

const Sample = struct('sample', 32, {
  magic: exactly(u32be, 0x25609513),
  kind: u8,
  reserved: ignored(1),
  flags: u16le,
  length: size64le,
  cookie: u64le,
  name: ascii(4),
  tag: bytes(4),
})

describe('records', () => {
  it('write the bytes of their declaration', () => {
    const value = {
      kind: 7,
      flags: 0x0102,
      length: 65_536,
      cookie: 1n << 40n,
      name: 'ab',
      tag: Uint8Array.of(1, 2, 3, 4),
    }
    expect(Buffer.from(Sample.encode(value)).toString('hex')).toBe(
      '25609513' + '07' + '00' + '0201' + '0000010000000000' + '0000000000010000' + '61620000' + '01020304',
    )
    expect(Sample.decode(Sample.encode(value))).toMatchObject(value)
  })

  it('refuse every truncation', () => {
    const whole = Sample.encode({ kind: 0, flags: 0, length: 0, cookie: 0n, name: '', tag: new Uint8Array(4) })
    for (let n = 0; n < whole.length; n++) expect(() => Sample.decode(whole.subarray(0, n))).toThrow(/of 32 bytes/)
  })

  it('name the field, the byte and what was found', () => {
    expect(() => Sample.decode(new Uint8Array(32))).toThrow('sample.magic: expected 0x25609513 at byte 0, found 0x0')
    expect(() => Sample.encode({ kind: 300, flags: 0 })).toThrow('sample.kind: 300 does not fit 1 bytes')
    expect(() => Sample.encode({ kind: 1 })).toThrow('sample.flags: no value')
  })

  it('refuse sizes beyond 2^53 instead of rounding them', () => {
    const wrong = Sample.encode({ kind: 0, flags: 0, length: 0, cookie: 0n, name: '', tag: new Uint8Array(4) })
    wrong.fill(0xff, 8, 16)
    expect(() => Sample.decode(wrong)).toThrow(/beyond 2\^53/)
  })

  it('do not load when the fields miss the stated size', () => {
    expect(() => struct('wrong', 5, { a: u32be })).toThrow('wrong: fields add up to 4 bytes, the specification says 5')
  })

  it('decode any bytes or throw a FormatError, nothing else', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (input) => {
        try {
          Sample.decode(input)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }),
    ))
})
