import { timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { bytes, FormatError, ignored, struct, u32le } from '@vmkeep/kit'
import { hmac } from './aead.ts'
import { decodeHeader, encodeHeader, headerBytes, magic } from './common-header.ts'
import { packBytesMax } from './pack.ts'

/** docs/formats/repository.md §5.3. */
const ParityHead = struct('repository.parity', 32, {
  packBytes: u32le,
  shardBytes: u32le,
  dataShards: u32le,
  groups: u32le,
  session: bytes(8),
  reserved: ignored(8),
})

const macBytes = 32
const groupDataShards = 32
const shardBytesMax = 64 * 1024
const shardBytesUnit = 512
export const parityPerGroup = 2

/** How a pack of some size is cut into shards. Shard i belongs to group i mod groups: what is lost in a row is spread over the groups. */
export interface ParityLayout {
  readonly packBytes: number
  readonly shardBytes: number
  readonly dataShards: number
  readonly groups: number
}

export function parityLayout(packBytes: number): ParityLayout {
  const even = Math.ceil(packBytes / groupDataShards / shardBytesUnit) * shardBytesUnit
  const shardBytes = Math.min(shardBytesMax, Math.max(shardBytesUnit, even))
  const dataShards = Math.ceil(packBytes / shardBytes)
  return { packBytes, shardBytes, dataShards, groups: Math.ceil(dataShards / groupDataShards) }
}

const checksAt = headerBytes + ParityHead.sizeBytes
const shardsAt = ({ dataShards, groups }: ParityLayout) =>
  checksAt + 4 * (dataShards + groups * parityPerGroup) + macBytes
export const parityBytesOf = (layout: ParityLayout): number =>
  shardsAt(layout) + layout.groups * parityPerGroup * layout.shardBytes
export const parityBytesMax = parityBytesOf(parityLayout(packBytesMax))

export interface ParityIdentity {
  readonly repositoryId: Uint8Array
  /** The pack's, 24 bytes. */
  readonly name: Uint8Array
}

export interface Parity {
  readonly layout: ParityLayout
  /** CRC-32 of each shard of the pack, the last one filled up with zeroes, and then of each parity shard. */
  readonly checksums: Uint32Array
  /** Group after group, two each. */
  readonly shards: Uint8Array
}

export function encodeParity({ repositoryId, name }: ParityIdentity, parity: Parity, indexKey: Uint8Array): Uint8Array {
  const { layout, checksums, shards } = parity
  const encoded = new Uint8Array(parityBytesOf(layout))
  encoded.set(encodeHeader({ magic: magic.parity, repositoryId, objectId: name.subarray(0, 16), kind: 1 }))
  encoded.set(ParityHead.encode({ ...layout, session: name.slice(16) }), headerBytes)
  const view = new DataView(encoded.buffer)
  for (const [i, checksum] of checksums.entries()) view.setUint32(checksAt + 4 * i, checksum, true)
  const macAt = shardsAt(layout) - macBytes
  encoded.set(hmac(indexKey, encoded.subarray(0, macAt)), macAt)
  encoded.set(shards, macAt + macBytes)
  return encoded
}

/** Damaged parity shards are no reason to refuse: their checksums tell. @throws FormatError */
export function decodeParity(source: Uint8Array, { repositoryId, name }: ParityIdentity, indexKey: Uint8Array): Parity {
  decodeHeader(source, { magic: magic.parity, repositoryId, objectId: name.subarray(0, 16), kind: 1 })
  const head = ParityHead.decode(source.subarray(headerBytes))
  if (head.packBytes < 1 || head.packBytes > packBytesMax) throw new FormatError(`a pack of ${head.packBytes} bytes`)
  const layout = parityLayout(head.packBytes)
  const isSame = (['shardBytes', 'dataShards', 'groups'] as const).every((key) => head[key] === layout[key])
  if (!isSame) throw new FormatError(`its shards are not those of a pack of ${head.packBytes} bytes`)
  if (source.length !== parityBytesOf(layout))
    throw new FormatError(`it has ${source.length} bytes for a pack of ${head.packBytes}`)
  const at = shardsAt(layout)
  if (!timingSafeEqual(hmac(indexKey, source.subarray(0, at - macBytes)), source.subarray(at - macBytes, at)))
    throw new FormatError('its table is not what was written')
  if (Buffer.compare(head.session, name.subarray(16)) !== 0) throw new FormatError('it names another session')
  const view = new DataView(source.buffer, source.byteOffset)
  const count = layout.dataShards + layout.groups * parityPerGroup
  const checksums = Uint32Array.from({ length: count }, (_, i) => view.getUint32(checksAt + 4 * i, true))
  return { layout, checksums, shards: new Uint8Array(source.subarray(at)) }
}

/** Whether every parity shard is what was written. */
export function isParityWhole({ layout, checksums, shards }: Parity): boolean {
  for (let i = 0; i < layout.groups * parityPerGroup; i++)
    if (!isParityShardWhole({ layout, checksums, shards }, i)) return false
  return true
}

export function isParityShardWhole({ layout, checksums, shards }: Parity, i: number): boolean {
  const shard = shards.subarray(i * layout.shardBytes, (i + 1) * layout.shardBytes)
  return crc32(shard) === checksums[layout.dataShards + i]
}
