import { timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { bytes, type Decoded, FormatError, ignored, struct, u32le } from '@vmkeep/kit'
import { hmac } from './aead.ts'
import { decodeHeader, encodeHeader, magic } from './common-header.ts'
import { toHex } from './hex.ts'
import { packNameBytes } from './object-names.ts'

/**
 * Segments and pack tables are rows of blocks of this size, each with a checksum of its own: they are used in place from a local
 * copy, where a block that a disk has spoilt must not pass for what was written. docs/formats/repository.md §6.1.
 */
export const blockBytes = 4096
/** What a block holds beside its checksum. */
export const blockRoomBytes = blockBytes - 4

export const indexKind = { segment: 2, packTable: 3, root: 4 } as const
export type BlockedKind = typeof indexKind.segment | typeof indexKind.packTable

/** The beginning of the last block. */
const Footer = struct('repository.index-footer', 64, {
  items: u32le,
  itemBlocks: u32le,
  filterBlocks: u32le,
  fenceBlocks: u32le,
  session: bytes(8),
  reserved: ignored(8),
  mac: bytes(32),
})
const signedFooterBytes = 32
export type IndexFooter = Omit<Decoded<typeof Footer>, 'reserved' | 'session' | 'mac'>

export interface IndexObjectIdentity {
  readonly repositoryId: Uint8Array
  /** 24 bytes, made like a pack's: 16 random ones, and the random half of the session that wrote it. */
  readonly name: Uint8Array
}

/** The whole object. `sections` hold sealed blocks. */
export function encodeBlocked(
  kind: BlockedKind,
  { repositoryId, name }: IndexObjectIdentity,
  sections: readonly Uint8Array[],
  counts: IndexFooter,
  indexKey: Uint8Array,
): Uint8Array[] {
  const first = new Uint8Array(blockBytes)
  first.set(encodeHeader({ magic: magic.delta, kind, repositoryId, objectId: name.subarray(0, 16) }))
  sealBlock(first)
  const footer = { ...counts, session: name.slice(16), mac: new Uint8Array(32) }
  const signed = Footer.encode(footer).subarray(0, signedFooterBytes)
  const last = new Uint8Array(blockBytes)
  last.set(Footer.encode({ ...footer, mac: hmac(indexKey, first, ...sections, signed) }))
  sealBlock(last)
  return [first, ...sections, last]
}

/** Reads the whole of an object that was just fetched, and trusts nothing. @throws FormatError */
export function checkBlocked(
  kind: BlockedKind,
  source: Uint8Array,
  identity: IndexObjectIdentity,
  indexKey: Uint8Array,
): IndexFooter {
  const footer = openBlocked(kind, source.length, identity, (block) =>
    source.subarray(block * blockBytes, (block + 1) * blockBytes),
  )
  const footerAt = source.length - blockBytes
  const mac = source.subarray(footerAt + signedFooterBytes, footerAt + Footer.sizeBytes)
  const signed = source.subarray(0, footerAt + signedFooterBytes)
  if (!timingSafeEqual(hmac(indexKey, signed), mac)) throw new FormatError('it is not what was written')
  for (let at = 0; at < source.length; at += blockBytes)
    if (!isWhole(source.subarray(at, at + blockBytes)))
      throw new FormatError(`the checksum of block ${at / blockBytes} is wrong`)
  return footer
}

/** What the first and the last block say of an object of `sizeBytes`. @throws FormatError */
export function openBlocked(
  kind: BlockedKind,
  sizeBytes: number,
  { repositoryId, name }: IndexObjectIdentity,
  readBlock: (block: number) => Uint8Array,
): IndexFooter {
  if (sizeBytes % blockBytes !== 0 || sizeBytes < 2 * blockBytes)
    throw new FormatError(`it has ${sizeBytes} bytes, which are no blocks`)
  const first = wholeBlock(readBlock, 0)
  decodeHeader(first, { magic: magic.delta, kind, repositoryId, objectId: name.subarray(0, 16) })
  const blocks = sizeBytes / blockBytes
  const { session, mac: _, ...footer } = Footer.decode(wholeBlock(readBlock, blocks - 1))
  const { items, itemBlocks, filterBlocks, fenceBlocks } = footer
  if (toHex(session) !== toHex(name.subarray(16, packNameBytes))) throw new FormatError('it names another session')
  if (items < 1 || itemBlocks + filterBlocks + fenceBlocks + 2 !== blocks)
    throw new FormatError(`its ${blocks} blocks are not those that its end counts`)
  return footer
}

export const sealBlock = (block: Uint8Array): void =>
  viewOf(block).setUint32(blockRoomBytes, crc32(block.subarray(0, blockRoomBytes)), true)

export const isWhole = (block: Uint8Array): boolean =>
  crc32(block.subarray(0, blockRoomBytes)) === viewOf(block).getUint32(blockRoomBytes, true)

function wholeBlock(readBlock: (block: number) => Uint8Array, block: number): Uint8Array {
  const found = readBlock(block)
  if (!isWhole(found)) throw new FormatError(`the checksum of block ${block} is wrong`)
  return found
}

const viewOf = (source: Uint8Array) => new DataView(source.buffer, source.byteOffset, source.byteLength)
