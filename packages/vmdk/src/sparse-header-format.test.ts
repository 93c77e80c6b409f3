import fc from 'fast-check'
import { FormatError } from '@vmkeep/kit'
import { expect, it } from 'vitest'
import { GrainMarker, MetadataMarker } from './marker-format.ts'
import { decodeSparseHeader, SparseHeader } from './sparse-header-format.ts'

/** The header of a 4 GiB stream, typed in from the specification's own layout. */
const stream = Buffer.from(
  '4b444d56' + // KDMV
    '03000000' + // version
    '01000300' + // newline test, compressed, markers
    '0000800000000000' + // capacity
    '8000000000000000' + // grain size
    '0100000000000000' + // descriptor offset
    '1400000000000000' + // descriptor size
    '00020000' + // entries per table
    '0000000000000000' + // rgdOffset
    'ffffffffffffffff' + // gdOffset: at end
    '8000000000000000' + // overHead
    '00' +
    '0a200d0a' +
    '0100' + // deflate
    '00'.repeat(433),
  'hex',
)
const change = (at: number, hex: string) => {
  const bytes = Buffer.from(stream)
  bytes.set(Buffer.from(hex, 'hex'), at)
  return bytes
}

it('decodes the header of a stream and writes it back', () => {
  const header = decodeSparseHeader(stream)
  expect(header).toMatchObject({
    version: 3,
    flags: 0x3_0001,
    capacitySectors: 8_388_608,
    grainSectors: 128,
    compressAlgorithm: 1,
  })
  expect(Buffer.from(SparseHeader.encode(header)).equals(stream)).toBe(true)
})

it.each([
  ['another file', change(0, '00'), 'expected 0x564d444b at byte 0'],
  ['a version nobody knows', change(4, '04'), 'version 4 is not 1, 2 or 3'],
  ['newlines changed on the way', change(74, '0d'), 'copied in text mode'],
  ['no capacity', change(12, '0000000000000000'), 'a capacity of 0 sectors'],
  ['a capacity beyond reason', change(12, '0000000000000100'), 'a capacity of 281474976710656 sectors'],
  ['a grain that is no power of two', change(20, '81'), 'grains of 129 sectors'],
  ['a grain of a page of memory too many', change(20, '0000000100000000'), 'grains of 16777216 sectors'],
  ['tables of another size', change(44, '00100000'), 'grain tables of 4096 entries'],
  ['compression that the flags deny', change(8, '01000000'), 'compression 1 does not go with flags 0x1'],
  ['compression without markers', change(8, '01000100'), 'compressed grains without markers'],
  ['no directory', change(56, '0000000000000000'), 'no grain directory'],
  ['too many tables', change(12, '00000000200000000800'), 'grain tables'],
])('refuses a header with %s', (_, bytes, message) => expect(() => decodeSparseHeader(bytes)).toThrow(message))

it('refuses every truncation', () => {
  for (let size = 0; size < stream.length; size++)
    expect(() => decodeSparseHeader(stream.subarray(0, size))).toThrow(FormatError)
})

it('never fails but with a FormatError, whatever the bytes', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(79), fc.nat(255)), { maxLength: 6 }), (flips) => {
      const bytes = Buffer.from(stream)
      for (const [at, value] of flips) bytes[at] = value
      try {
        decodeSparseHeader(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  ))

it('tells a metadata marker from a grain', () => {
  const grain = GrainMarker.encode({ lbaSectors: 128, sizeBytes: 700 })
  expect(Buffer.from(grain).toString('hex')).toBe('8000000000000000bc020000')
  const sector = new Uint8Array(512)
  sector.set(grain)
  expect(() => MetadataMarker.decode(sector)).toThrow('vmdk.metadata-marker.size: expected 0x0')
})
