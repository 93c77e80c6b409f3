import { ascii, bytes, type Decoded, exactly, FormatError, struct, u8, u16le, u32le } from '@vmkeep/kit'

export const blobType = { chunk: 1, mapPage: 2, smallFile: 3 } as const
export const compression = { none: 0, zstd: 1 } as const

export const idBytes = 32
export const blobHeaderBytes = 64
export const blobTagBytes = 16
export const blobOverheadBytes = blobHeaderBytes + blobTagBytes
export const plainBytesMax = 4 * 1024 * 1024

/** docs/formats/repository.md §5.1. The header is also the additional data of the seal. */
const BlobHeader = struct('repository.blob', blobHeaderBytes, {
  magic: exactly(ascii(4), 'BLB1'),
  type: u8,
  compression: u8,
  flags: exactly(u16le, 0),
  storedBytes: u32le,
  plainBytes: u32le,
  keyGeneration: u32le,
  id: bytes(idBytes),
  nonce: bytes(12),
})
export type BlobHeader = Decoded<typeof BlobHeader>

export const encodeBlobHeader = (header: Omit<BlobHeader, 'magic' | 'flags'>): Uint8Array => BlobHeader.encode(header)

/** The header of a blob of `blobBytes` in all, which `source` begins with. @throws FormatError if it cannot be one */
export function decodeBlobHeader(source: Uint8Array, blobBytes: number): BlobHeader {
  const header = BlobHeader.decode(source)
  const { type, plainBytes, storedBytes } = header
  if (type !== blobType.chunk && type !== blobType.mapPage && type !== blobType.smallFile)
    throw new FormatError(`blob type ${type} is not known`)
  if (header.compression !== compression.none && header.compression !== compression.zstd)
    throw new FormatError(`compression ${header.compression} is not known`)
  if (plainBytes < 1 || plainBytes > plainBytesMax) throw new FormatError(`${plainBytes} plain bytes are out of range`)
  if (storedBytes !== blobBytes) throw new FormatError(`it states ${storedBytes} bytes where ${blobBytes} lie`)
  const ciphertextBytes = storedBytes - blobOverheadBytes
  if (header.compression === compression.none ? ciphertextBytes !== plainBytes : ciphertextBytes < 1)
    throw new FormatError(`${ciphertextBytes} sealed bytes cannot hold ${plainBytes}`)
  return header
}

/** Which data key a blob was sealed with, by its header; 0 for a map page. */
export const generationOf = (header: Uint8Array): number =>
  new DataView(header.buffer, header.byteOffset).getUint32(16, true)
