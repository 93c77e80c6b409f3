import { timingSafeEqual } from 'node:crypto'
import { bytes, type Decoded, FormatError, ignored, size64le, struct, u8, u32le } from '@vmkeep/kit'
import { hmac } from './aead.ts'
import { blobOverheadBytes } from './blob.ts'
import { decodeHeader, encodeHeader, headerBytes, magic } from './common-header.ts'
import { packNameBytes } from './object-names.ts'
import { packBlobsMax, packBytesMax } from './pack.ts'

/** docs/formats/repository.md §6. */
const DeltaHead = struct('repository.delta', 16, { packs: u32le, entries: u32le, number: u32le, reserved: ignored(4) })

const PackRow = struct('repository.delta-pack', 80, {
  name: bytes(packNameBytes),
  sizeBytes: u32le,
  blobs: u32le,
  plainBytes: size64le,
  sha256: bytes(32),
  kind: u8,
  reserved: ignored(3),
  keyGeneration: u32le,
})
export type PackRow = Omit<Decoded<typeof PackRow>, 'reserved'>

export const packRowBytes = PackRow.sizeBytes
export const encodePackRow = (row: PackRow): Uint8Array => PackRow.encode(row)

export const prefixBytes = 16
/** 16 bytes of the id, u32 pack row, u32 offset, u24 stored length, u8 type + 16 × compression. */
export const entryBytes = 28
const macBytes = 32
export const deltaPacksMax = 256
export const deltaEntriesMax = 262_144
export const deltaBytesMax =
  headerBytes + DeltaHead.sizeBytes + deltaPacksMax * PackRow.sizeBytes + deltaEntriesMax * entryBytes + macBytes

/** Where a blob lies. */
export interface IndexEntry {
  /** The id, or at least its first half. */
  readonly id: Uint8Array
  /** Which of the delta's packs. */
  readonly pack: number
  readonly offsetBytes: number
  readonly storedBytes: number
  readonly type: number
  readonly compression: number
}

export interface DeltaIdentity {
  readonly repositoryId: Uint8Array
  readonly sessionId: Uint8Array
  readonly number: number
}

export function encodeDelta(
  { repositoryId, sessionId, number }: DeltaIdentity,
  packs: readonly PackRow[],
  entries: readonly IndexEntry[],
  indexKey: Uint8Array,
): Uint8Array {
  const header = encodeHeader({ magic: magic.delta, repositoryId, objectId: sessionId, kind: 1 })
  const head = DeltaHead.encode({ packs: packs.length, entries: entries.length, number })
  const sorted = entries.toSorted((a, b) => Buffer.compare(a.id, b.id))
  const body = Buffer.concat([header, head, ...packs.map((row) => encodePackRow(row)), ...sorted.map(encodeEntry)])
  return Buffer.concat([body, hmac(indexKey, body)])
}

/** @throws FormatError if it is damaged, not this delta, or says impossible things */
export function decodeDelta(
  source: Uint8Array,
  { repositoryId, sessionId, number }: DeltaIdentity,
  indexKey: Uint8Array,
): { packs: PackRow[]; entries: DeltaEntries } {
  decodeHeader(source, { magic: magic.delta, repositoryId, objectId: sessionId, kind: 1 })
  const head = DeltaHead.decode(source.subarray(headerBytes))
  if (head.packs > deltaPacksMax || head.entries > deltaEntriesMax)
    throw new FormatError(`it claims ${head.packs} packs and ${head.entries} entries`)
  const packsAt = headerBytes + DeltaHead.sizeBytes
  const entriesAt = packsAt + head.packs * PackRow.sizeBytes
  const macAt = entriesAt + head.entries * entryBytes
  if (source.length !== macAt + macBytes)
    throw new FormatError(`it has ${source.length} bytes for ${head.packs} packs and ${head.entries} entries`)
  if (!timingSafeEqual(hmac(indexKey, source.subarray(0, macAt)), source.subarray(macAt)))
    throw new FormatError('it is not what was written')
  if (head.number !== number) throw new FormatError(`it is number ${head.number} of its session, not ${number}`)
  const packs = Array.from({ length: head.packs }, (_, i) =>
    decodePackRow(source.subarray(packsAt + i * PackRow.sizeBytes)),
  )
  return { packs, entries: new DeltaEntries(source.subarray(entriesAt, macAt), packs) }
}

/** The entries of a delta, read in place: an index may hold hundreds of millions. */
export class DeltaEntries {
  readonly #view: DataView
  readonly #bytes: Uint8Array

  /** @throws FormatError if an entry lies outside its pack */
  constructor(source: Uint8Array, packs: readonly PackRow[]) {
    this.#bytes = source
    this.#view = new DataView(source.buffer, source.byteOffset, source.byteLength)
    for (let i = 0; i < this.length; i++) {
      const pack = packs[this.packOf(i)]
      const stored = this.storedBytesOf(i)
      if (pack === undefined || stored <= blobOverheadBytes || this.offsetBytesOf(i) + stored > pack.sizeBytes)
        throw new FormatError(`its entry ${i} lies outside its pack`)
    }
  }

  get length(): number {
    return this.#bytes.length / entryBytes
  }

  /** The first half of the id, as a view. */
  prefixOf(i: number): Uint8Array {
    return this.#bytes.subarray(i * entryBytes, i * entryBytes + prefixBytes)
  }

  packOf(i: number): number {
    return this.#view.getUint32(i * entryBytes + 16, true)
  }

  offsetBytesOf(i: number): number {
    return this.#view.getUint32(i * entryBytes + 20, true)
  }

  storedBytesOf(i: number): number {
    return this.#view.getUint32(i * entryBytes + 24, true) & 0xff_ff_ff
  }

  typeOf(i: number): number {
    return this.#view.getUint8(i * entryBytes + 27) & 15
  }
}

function encodeEntry({ id, pack, offsetBytes, storedBytes, type, compression }: IndexEntry): Uint8Array {
  const encoded = new Uint8Array(entryBytes)
  encoded.set(id.subarray(0, prefixBytes))
  const view = new DataView(encoded.buffer)
  view.setUint32(16, pack, true)
  view.setUint32(20, offsetBytes, true)
  view.setUint32(24, storedBytes + (type + 16 * compression) * 2 ** 24, true)
  return encoded
}

/** @throws FormatError if the row is impossible */
export function decodePackRow(source: Uint8Array): PackRow {
  const row = PackRow.decode(source)
  if (row.sizeBytes > packBytesMax || row.blobs < 1 || row.blobs > packBlobsMax)
    throw new FormatError(`its pack of ${row.sizeBytes} bytes and ${row.blobs} blobs is impossible`)
  return row
}
