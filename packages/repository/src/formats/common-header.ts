import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import { ascii, bytes, type Decoded, exactly, FormatError, ignored, struct, u8, u16le, u32le } from '@vmkeep/kit'
import { sameBytes } from './hex.ts'

export const headerBytes = 64
export const formatMajor = 1

/** What an object is, by its magic. */
export const magic = {
  format: 'VMKPFORM',
  keySlot: 'VMKPSLOT',
  keyRing: 'VMKPRING',
  pack: 'VMKPPACK',
  delta: 'VMKPINDX',
  point: 'VMKPPONT',
  session: 'VMKPSESS',
  control: 'VMKPCTRL',
  parity: 'VMKPPARI',
} as const
export type Magic = (typeof magic)[keyof typeof magic]

/** Every object there is, by magic and kind: nothing else is written. Each lies in a golden repository (tests/compatibility). */
export const objectKinds: Readonly<Record<Magic, Readonly<Record<number, string>>>> = {
  VMKPFORM: { 0: 'format' },
  VMKPSLOT: { 1: 'slot: passphrase', 2: 'slot: recovery code', 3: 'slot: key file', 4: 'slot: recipient' },
  VMKPRING: { 0: 'ring' },
  VMKPPACK: { 1: 'pack: data', 2: 'pack: metadata' },
  VMKPINDX: { 1: 'delta', 2: 'segment', 3: 'pack table', 4: 'root' },
  VMKPPONT: { 1: 'point', 2: 'fence' },
  VMKPSESS: { 1: 'start', 2: 'beat', 3: 'pin' },
  VMKPCTRL: {
    1: 'fate: forgotten',
    2: 'fate: stands',
    3: 'fate: buried',
    4: 'list',
    5: 'final',
    16: 'locks',
    17: 'validation',
    18: 'proof',
    32: 'lost copies',
    33: 'verified packs',
    34: 'census',
  },
  VMKPPARI: { 1: 'parity' },
}

/** docs/formats/repository.md §3. */
const CommonHeader = struct('repository.header', headerBytes, {
  magic: ascii(8),
  major: exactly(u8, formatMajor),
  minor: u8,
  headerLength: exactly(u16le, headerBytes),
  flags: exactly(u32le, 0), // an unknown flag is a reason to refuse, and none is defined
  repositoryId: bytes(16),
  objectId: bytes(16),
  hash: exactly(u8, 1),
  aead: exactly(u8, 1),
  compression: exactly(u8, 1),
  kind: u8,
  keyGeneration: u32le,
  reserved: ignored(4),
  crc: u32le,
})
export type CommonHeader = Decoded<typeof CommonHeader>

export interface HeaderFields {
  readonly magic: Magic
  readonly repositoryId: Uint8Array
  readonly objectId: Uint8Array
  readonly kind: number
  readonly keyGeneration?: number
}

export function encodeHeader(fields: HeaderFields): Uint8Array {
  assert(objectKinds[fields.magic][fields.kind] !== undefined, `${fields.magic} ${fields.kind} is not declared`)
  const encoded = CommonHeader.encode({ minor: 0, keyGeneration: 0, crc: 0, ...fields })
  new DataView(encoded.buffer).setUint32(60, crc32(encoded.subarray(0, 60)), true)
  return encoded
}

export interface ExpectedHeader {
  readonly magic: Magic
  readonly repositoryId?: Uint8Array
  readonly objectId?: Uint8Array
  readonly kind?: number
}

/** @throws FormatError if it is not a header of this version, is damaged, or not the `expected` one */
export function decodeHeader(source: Uint8Array, expected: ExpectedHeader): CommonHeader {
  checkSum(source)
  const header = CommonHeader.decode(source)
  if (header.magic !== expected.magic) throw new FormatError(`it begins with "${header.magic}", not ${expected.magic}`)
  if (expected.repositoryId !== undefined && !sameBytes(header.repositoryId, expected.repositoryId))
    throw new FormatError('it belongs to another repository')
  if (expected.objectId !== undefined && !sameBytes(header.objectId, expected.objectId))
    throw new FormatError('its id is not the one in its name')
  if (expected.kind !== undefined && header.kind !== expected.kind)
    throw new FormatError(`it is of kind ${header.kind}, not ${expected.kind}`)
  return header
}

/** The major of an object whose header is whole, of any version. @throws FormatError if it is no header at all */
export function majorOf(source: Uint8Array, expected: Magic): number {
  checkSum(source)
  if (Buffer.from(source.subarray(0, 8)).toString('latin1') !== expected) throw new FormatError(`it is no ${expected}`)
  return source[8]!
}

function checkSum(source: Uint8Array): void {
  if (source.length < headerBytes) throw new FormatError(`it has ${source.length} bytes, less than a header`)
  const stated = new DataView(source.buffer, source.byteOffset, headerBytes).getUint32(60, true)
  if (crc32(source.subarray(0, 60)) !== stated) throw new FormatError('the checksum of its header is wrong')
}
