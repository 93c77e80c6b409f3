import { timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import {
  ascii,
  bytes,
  type Decoded,
  exactly,
  FormatError,
  ignored,
  size64le,
  struct,
  u8,
  u16le,
  u32le,
} from '@vmkeep/kit'
import { hmac } from './aead.ts'
import { blobOverheadBytes, idBytes, plainBytesMax } from './blob.ts'
import { decodeHeader, encodeHeader, headerBytes, magic } from './common-header.ts'

export const packKind = { data: 1, metadata: 2 } as const
export type PackKind = (typeof packKind)[keyof typeof packKind]

export const packBlobsMax = 65_536
export const packBytesMax = 256 * 1024 * 1024

/** docs/formats/repository.md §5.2. */
const TrailerHead = struct('repository.pack-trailer', 16, {
  magic: exactly(ascii(4), 'PKTR'),
  count: u32le,
  session: bytes(8),
})

const TrailerEntry = struct('repository.pack-entry', 48, {
  id: bytes(idBytes),
  offsetBytes: u32le,
  storedBytes: u32le,
  plainBytes: u32le,
  type: u8,
  compression: u8,
  flags: exactly(u16le, 0),
})
/** One blob of a pack. */
export type PackEntry = Omit<Decoded<typeof TrailerEntry>, 'flags'>

const Footer = struct('repository.pack-footer', 64, {
  trailerOffsetBytes: size64le,
  trailerBytes: u32le,
  count: u32le,
  sha256: bytes(32),
  reserved: ignored(4),
  crc: u32le,
  magic: exactly(ascii(8), 'VMKPEND1'),
})
export type PackFooter = Omit<Decoded<typeof Footer>, 'magic' | 'reserved' | 'crc'>

export const footerBytes = Footer.sizeBytes
const macBytes = 32
const crcAt = 52

export interface PackIdentity {
  readonly repositoryId: Uint8Array
  /** 24 bytes: see {@link packKey}. */
  readonly name: Uint8Array
}

export const encodePackHeader = ({ repositoryId, name }: PackIdentity, kind: PackKind): Uint8Array =>
  encodeHeader({ magic: magic.pack, repositoryId, objectId: name.subarray(0, 16), kind })

/** @throws FormatError */
export const decodePackHeader = (source: Uint8Array, { repositoryId, name }: PackIdentity): { kind: number } =>
  decodeHeader(source, { magic: magic.pack, repositoryId, objectId: name.subarray(0, 16) })

export const trailerBytesOf = (count: number): number =>
  TrailerHead.sizeBytes + count * TrailerEntry.sizeBytes + macBytes

/** What a pack takes beside its blobs. */
export const packFrameBytesOf = (count: number): number => headerBytes + trailerBytesOf(count) + footerBytes

export function encodeTrailer(
  entries: readonly PackEntry[],
  { header, name, indexKey }: { header: Uint8Array; name: Uint8Array; indexKey: Uint8Array },
): Uint8Array {
  const trailer = new Uint8Array(trailerBytesOf(entries.length))
  trailer.set(TrailerHead.encode({ count: entries.length, session: name.slice(16) }))
  entries.forEach((entry, i) =>
    trailer.set(TrailerEntry.encode(entry), TrailerHead.sizeBytes + i * TrailerEntry.sizeBytes),
  )
  const signed = trailer.subarray(0, trailer.length - macBytes)
  trailer.set(hmac(indexKey, header, signed), signed.length)
  return trailer
}

/** @throws FormatError if the trailer is damaged, or not that of this pack, or its entries lie about the pack */
export function decodeTrailer(
  trailer: Uint8Array,
  pack: { header: Uint8Array; name: Uint8Array; indexKey: Uint8Array; trailerOffsetBytes: number },
): PackEntry[] {
  const head = TrailerHead.decode(trailer)
  if (trailer.length !== trailerBytesOf(head.count))
    throw new FormatError(`its trailer has ${trailer.length} bytes for ${head.count} entries`)
  const signed = trailer.subarray(0, trailer.length - macBytes)
  if (!timingSafeEqual(hmac(pack.indexKey, pack.header, signed), trailer.subarray(signed.length)))
    throw new FormatError('its trailer is not what was written')
  if (Buffer.compare(head.session, pack.name.subarray(16)) !== 0)
    throw new FormatError('its trailer names another session')
  const entries = Array.from({ length: head.count }, (_, i) =>
    TrailerEntry.decode(trailer.subarray(TrailerHead.sizeBytes + i * TrailerEntry.sizeBytes)),
  )
  checkEntries(entries, pack.trailerOffsetBytes)
  return entries
}

function checkEntries(entries: readonly PackEntry[], endBytes: number): void {
  let at = headerBytes
  for (const { offsetBytes, storedBytes, plainBytes } of entries) {
    if (offsetBytes !== at || storedBytes <= blobOverheadBytes || plainBytes < 1 || plainBytes > plainBytesMax)
      throw new FormatError(`its trailer lists an impossible blob at byte ${offsetBytes}`)
    at += storedBytes
  }
  if (at !== endBytes) throw new FormatError(`its blobs end at byte ${at} and its trailer begins at ${endBytes}`)
}

export function encodeFooter(footer: PackFooter): Uint8Array {
  const encoded = Footer.encode({ ...footer, crc: 0 })
  new DataView(encoded.buffer).setUint32(crcAt, crc32(encoded.subarray(0, crcAt)), true)
  return encoded
}

/** The footer of a pack of `packBytes`. @throws FormatError */
export function decodeFooter(source: Uint8Array, packBytes: number): PackFooter {
  const footer = Footer.decode(source)
  if (crc32(source.subarray(0, crcAt)) !== footer.crc) throw new FormatError('the checksum of its footer is wrong')
  const { trailerOffsetBytes, trailerBytes, count } = footer
  if (
    packBytes > packBytesMax ||
    count < 1 ||
    count > packBlobsMax ||
    trailerBytes !== trailerBytesOf(count) ||
    trailerOffsetBytes + trailerBytes + footerBytes !== packBytes
  )
    throw new FormatError(`its footer does not fit its ${packBytes} bytes`)
  return footer
}
