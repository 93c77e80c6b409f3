import {
  blockTypes,
  DirectoryBlock,
  DirectoryEntry6,
  DirectoryHeader,
  directoryHeaderBytes,
} from '../directory-format.ts'
import { hashOfName } from './directory-hash.ts'

export interface NewEntry {
  readonly name: string
  readonly type: number
  readonly address: number
}

export interface NewDirectory {
  readonly self: Omit<NewEntry, 'name'>
  readonly parent: Omit<NewEntry, 'name'>
  readonly entries: readonly NewEntry[]
  readonly isRoot: boolean
  readonly blockBytes: number
}

const hashTableAtBytes = DirectoryHeader.sizeBytes + 2 * DirectoryEntry6.sizeBytes

/** header │ a map of the blocks │ blocks of entries */
export function directoryBytes({ self, parent, entries, isRoot, blockBytes }: NewDirectory): Buffer {
  const slots = Math.floor((blockBytes - DirectoryBlock.sizeBytes) / DirectoryEntry6.sizeBytes)
  const blocks = Math.ceil(entries.length / slots)
  const directory = Buffer.alloc(directoryHeaderBytes + (1 + blocks) * blockBytes)
  const count = entries.length + 2
  directory.set(
    DirectoryHeader.encode({
      entries: count,
      allocated: count,
      maps: 1,
      mapBlocks: new Uint8Array(512),
      checksum: new Uint8Array(16),
    }),
  )
  directory.set(entryBytes({ ...self, name: '.' }, DirectoryHeader.sizeBytes, isRoot), DirectoryHeader.sizeBytes)
  const parentAt = DirectoryHeader.sizeBytes + DirectoryEntry6.sizeBytes
  directory.set(entryBytes({ ...parent, name: '..' }, parentAt, isRoot), parentAt)
  directory.set(mapBytes(blocks, entries.length === blocks * slots, blockBytes), directoryHeaderBytes)
  for (let block = 0; block < blocks; block++)
    placeBlock(directory, entries.slice(block * slots, (block + 1) * slots), {
      block: block + 1,
      slots,
      blockBytes,
      isRoot,
    })
  return directory
}

function placeBlock(
  directory: Buffer,
  entries: readonly NewEntry[],
  { block, slots, blockBytes, isRoot }: { block: number; slots: number; blockBytes: number; isRoot: boolean },
): void {
  const at = directoryHeaderBytes + block * blockBytes
  const bitmap = Buffer.alloc(56)
  for (let slot = entries.length; slot < slots; slot++) bitmap[slot >> 3]! |= 1 << (slot & 7)
  const freeSlots = slots - entries.length
  directory.set(DirectoryBlock.encode({ version: 1, type: blockTypes.entries, slots, freeSlots, bitmap }), at)
  for (const [slot, entry] of entries.entries()) {
    const entryAt = at + DirectoryBlock.sizeBytes + slot * DirectoryEntry6.sizeBytes
    directory.set(entryBytes(entry, entryAt, isRoot), entryAt)
    const hashAt = hashTableAtBytes + 4 * hashOfName(entry.name, isRoot).index
    if (directory.readUInt32LE(hashAt) !== 0)
      throw new Error(`${entry.name} meets another name in the hash table: rename it`)
    directory.writeUInt32LE(((slot << 24) | (block << 2) | blockTypes.entries) >>> 0, hashAt)
  }
}

function entryBytes({ name, type, address }: NewEntry, offsetBytes: number, isRoot: boolean): Uint8Array {
  const isDot = name === '.' || name === '..'
  const { index, link } = isDot ? { index: 0, link: 0 } : hashOfName(name, isRoot)
  const text = Buffer.alloc(256)
  text.write(name)
  return DirectoryEntry6.encode({
    type,
    address,
    generation: 1,
    hashIndex: index,
    linkHash: link,
    offsetBytes: BigInt(offsetBytes),
    name: text,
  })
}

/** Four bits for each block: its type, 4 if it has room, 8 if nothing was ever in it. */
function mapBytes(blocks: number, isFull: boolean, blockBytes: number): Buffer {
  const bytes = Buffer.alloc(blockBytes, 0x88)
  bytes.set(
    DirectoryBlock.encode({ version: 0, type: blockTypes.map, slots: 0, freeSlots: 0, bitmap: new Uint8Array(56) }),
  )
  const set = (block: number, value: number) => {
    const at = DirectoryBlock.sizeBytes + (block >> 1)
    bytes[at] = block % 2 === 0 ? (bytes[at]! & 0x0f) | (value << 4) : (bytes[at]! & 0xf0) | value
  }
  set(0, blockTypes.map)
  for (let block = 1; block <= blocks; block++)
    set(block, block === blocks && !isFull ? blockTypes.entries | 4 : blockTypes.entries)
  return bytes
}
