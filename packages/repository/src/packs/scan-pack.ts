import { FormatError } from '@vmkeep/kit'
import { blobHeaderBytes, blobOverheadBytes, decodeBlobHeader, plainBytesMax } from '../formats/blob.ts'
import { headerBytes } from '../formats/common-header.ts'
import type { PackEntry } from '../formats/pack.ts'
import type { ObjectStore } from '../storage/object-store.ts'

/** What lies in a pack whose trailer is lost: blob after blob by their own headers, up to the first that makes no sense. */
export async function scanPack(
  objects: ObjectStore,
  key: string,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<PackEntry[]> {
  const entries: PackEntry[] = []
  const source = new Uint8Array(blobHeaderBytes)
  for (let at = headerBytes; at + blobOverheadBytes <= sizeBytes;) {
    await objects.getRange(key, at, source, signal)
    const entry = entryAt(source, at)
    if (entry === undefined) break
    entries.push(entry)
    at += entry.storedBytes
  }
  return entries
}

function entryAt(source: Uint8Array, offsetBytes: number): PackEntry | undefined {
  const stated = new DataView(source.buffer, source.byteOffset).getUint32(8, true)
  if (stated > plainBytesMax + blobOverheadBytes) return undefined
  try {
    const { id, storedBytes, plainBytes, type, compression } = decodeBlobHeader(source, stated)
    return { id, offsetBytes, storedBytes, plainBytes, type, compression }
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}
