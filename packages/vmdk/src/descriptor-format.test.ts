import fc from 'fast-check'
import { FormatError } from '@vmkeep/kit'
import { describe, expect, it } from 'vitest'
import { decodeDescriptor } from './descriptor-bytes.ts'
import { type Descriptor, formatDescriptor, noParent, parseDescriptor } from './descriptor-format.ts'

// Typed in from a disk of ESXi: VMware KB article "Recreating a missing virtual machine disk descriptor file".
const esxi = `# Disk DescriptorFile
version=1
encoding="UTF-8"
CID=fb183c20
parentCID=ffffffff
isNativeSnapshot="no"
createType="vmfs"

# Extent description
RW 8388608 VMFS "vmdisk0-flat.vmdk"

# Change Tracking File
changeTrackPath="vmdisk0-ctk.vmdk"

# The Disk Data Base
#DDB

ddb.virtualHWVersion = "4"
ddb.geometry.cylinders = "522"
ddb.adapterType = "lsilogic"
`

describe('a descriptor', () => {
  it('is read as it stands, unknown settings included', () =>
    expect(parseDescriptor(esxi)).toEqual({
      version: 1,
      cid: 0xfb183c20,
      parentCid: noParent,
      createType: 'vmfs',
      extents: [{ access: 'RW', sizeSectors: 8_388_608, type: 'VMFS', fileName: 'vmdisk0-flat.vmdk' }],
      ddb: { 'ddb.virtualHWVersion': '4', 'ddb.geometry.cylinders': '522', 'ddb.adapterType': 'lsilogic' },
      settings: { encoding: 'UTF-8', isNativeSnapshot: 'no', changeTrackPath: 'vmdisk0-ctk.vmdk' },
    }))

  it('is read with CR LF and with the zeroes of its sectors behind it', () =>
    expect(parseDescriptor(`${esxi.replaceAll('\n', '\r\n')}\0\0\0`)).toEqual(parseDescriptor(esxi)))

  it.each([
    ['another file', 'version=1\n', 'line 1: expected "# Disk DescriptorFile", found "version=1"'],
    ['no version', esxi.replace('version=1\n', ''), '"version" is missing'],
    ['no CID', esxi.replace('CID=fb183c20\n', ''), '"CID" is missing'],
    [
      'a CID that is no number',
      esxi.replace('fb183c20', 'fb18zc20'),
      'CID: "fb18zc20" is not eight hexadecimal digits',
    ],
    ['a CID set twice', `${esxi}CID=1\n`, 'line 21: "CID" is set twice'],
    ['a line that is nothing', `${esxi}RW lots FLAT\n`, 'line 21: neither a setting nor an extent: "RW lots FLAT"'],
    [
      'an extent beyond all numbers',
      esxi.replace('8388608', '9'.repeat(20)),
      `line 10: extent size: ${'9'.repeat(20)} is not a number that can be`,
    ],
  ])('is refused with %s', (_, text, message) => {
    expect(() => parseDescriptor(text)).toThrow(new FormatError(message))
  })

  it('comes back from its own text, whatever it holds', () =>
    fc.assert(
      fc.property(anyDescriptor, (descriptor) => {
        expect(parseDescriptor(formatDescriptor(descriptor))).toEqual(descriptor)
      }),
    ))

  it.each(['a"b', 'a\nRW 1 FLAT "/etc/shadow" 0', 'a\0'])('cannot be written with the value %j', (value) => {
    const descriptor = { ...parseDescriptor(esxi), ddb: { 'ddb.comment': value } }
    expect(() => formatDescriptor(descriptor)).toThrow(FormatError)
  })

  it('is read in the encoding of a Chinese host', () => {
    const name = Buffer.from([0xb2, 0xe2, 0xca, 0xd4]) // 测试 in GBK
    const [before = '', after = ''] = esxi.replace('UTF-8', 'GBK').split('vmdisk0-flat')
    const bytes = Buffer.concat([Buffer.from(before), name, Buffer.from(after)])
    expect(decodeDescriptor(bytes).extents[0]?.fileName).toBe('测试.vmdk')
  })

  it('is refused if its bytes are not in the encoding it declares', () => {
    expect(() => decodeDescriptor(Buffer.from(esxi.replace('vmdisk0', '\u00e9'), 'latin1'))).toThrow(
      'the text is not UTF-8',
    )
    expect(() => decodeDescriptor(Buffer.from(esxi.replace('UTF-8', 'klingon')))).toThrow('the text is not klingon')
  })

  it('never fails but with a FormatError, whatever the text', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), damagedText), (text) => {
        try {
          parseDescriptor(text)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }),
    ))
})

const value = fc.stringMatching(/^[^"\p{Cc}]{0,20}$/u)
const sectors = fc.nat(2 ** 40)
const anyDescriptor: fc.Arbitrary<Descriptor> = fc.record({
  version: fc.integer({ min: 1, max: 9 }),
  cid: fc.nat(0xffff_ffff),
  parentCid: fc.nat(0xffff_ffff),
  createType: value,
  extents: fc.array(
    fc.oneof(
      fc.record({ access: fc.constant('RW' as const), sizeSectors: sectors, type: fc.constant('ZERO') }),
      fc.record({
        access: fc.constant('RW' as const),
        sizeSectors: sectors,
        type: fc.constant('FLAT'),
        fileName: value,
        offsetSectors: sectors,
      }),
      fc.record({
        access: fc.constant('RDONLY' as const),
        sizeSectors: sectors,
        type: fc.constant('SPARSE'),
        fileName: value,
      }),
    ),
  ),
  ddb: fc.dictionary(fc.stringMatching(/^ddb\.[A-Za-z]\w{0,8}$/), value, { noNullPrototype: true }),
  settings: fc.dictionary(fc.stringMatching(/^x[A-Za-z]\w{0,8}$/), value, { noNullPrototype: true }),
})
const damagedText = fc
  .tuple(fc.nat(esxi.length), fc.nat(20), fc.string())
  .map(([at, cut, put]) => esxi.slice(0, at) + put + esxi.slice(at + cut))
