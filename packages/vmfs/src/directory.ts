import { FormatError } from '@vmkeep/kit'
import {
  decodeEntry5,
  decodeEntry6,
  DirectoryBlock,
  DirectoryEntry5,
  DirectoryEntry6,
  DirectoryHeader,
  directoryHeaderBytes,
  entryBlocks,
  type EntryRecord,
  mapBlocksOf,
  usedSlots,
} from './directory-format.ts'
import type { Geometry } from './fs-header-format.ts'

export interface DirectoryEntry extends EntryRecord {
  /** The entry as it lies on the volume, and where: it is looked at again to know that the name still leads to this file. */
  readonly bytes: Uint8Array
  readonly volumeOffsetBytes: number
}

type ReadPiece = (offsetBytes: number, sizeBytes: number) => Promise<{ bytes: Uint8Array; atBytes: number }>

/** A folder of 16,000 names takes 5 MiB; no folder of VMs comes near. */
const lengthBytesMax = 64 * 2 ** 20

/** The entries of a folder, but for `.` and `..`. A block at a time. @throws FormatError */
export function readDirectory(geometry: Geometry, lengthBytes: number, read: ReadPiece): AsyncIterable<DirectoryEntry> {
  if (lengthBytes > lengthBytesMax) throw new FormatError(`a folder of ${lengthBytes} bytes`)
  return geometry.generation === 5 ? read5(lengthBytes, read) : read6(geometry, lengthBytes, read)
}

async function* read5(lengthBytes: number, read: ReadPiece): AsyncIterable<DirectoryEntry> {
  const { sizeBytes } = DirectoryEntry5
  for (let at = 0; at + sizeBytes <= lengthBytes; at += sizeBytes) {
    const { bytes, atBytes } = await read(at, sizeBytes)
    const entry = decodeEntry5(bytes)
    if (entry !== undefined && !isSelf(entry)) yield { ...entry, bytes, volumeOffsetBytes: atBytes }
  }
}

async function* read6(geometry: Geometry, lengthBytes: number, read: ReadPiece): AsyncIterable<DirectoryEntry> {
  const blockBytes = geometry.clusterHeaderBytes / 2
  const blocks = Math.floor((lengthBytes - directoryHeaderBytes) / blockBytes)
  const readBlock = async (block: number) => {
    if (block >= blocks) throw new FormatError(`block ${block} of a folder that has ${blocks}`)
    return read(directoryHeaderBytes + block * blockBytes, blockBytes)
  }
  const header = DirectoryHeader.decode((await read(0, DirectoryHeader.sizeBytes)).bytes)
  const blocksPerMap = 2 * (blockBytes - DirectoryBlock.sizeBytes)
  for (const [index, mapBlock] of mapBlocksOf(header).entries()) {
    const map = (await readBlock(mapBlock)).bytes.subarray(DirectoryBlock.sizeBytes)
    for (const block of entryBlocks(map, index * blocksPerMap)) yield* entriesOf(await readBlock(block))
  }
}

function* entriesOf({ bytes: block, atBytes }: { bytes: Uint8Array; atBytes: number }): Iterable<DirectoryEntry> {
  for (const slot of usedSlots(block)) {
    const start = DirectoryBlock.sizeBytes + slot * DirectoryEntry6.sizeBytes
    const bytes = block.slice(start, start + DirectoryEntry6.sizeBytes)
    const entry = decodeEntry6(bytes)
    if (!isSelf(entry)) yield { ...entry, bytes, volumeOffsetBytes: atBytes + start }
  }
}

const isSelf = ({ name }: EntryRecord) => name === '.' || name === '..'
