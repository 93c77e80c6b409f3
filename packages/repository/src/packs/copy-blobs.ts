import { FormatError } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { blobHeaderBytes, blobTagBytes } from '../formats/blob.ts'
import { toHex } from '../formats/hex.ts'
import type { PackEntry } from '../formats/pack.ts'
import { planReads } from '../images/plan-reads.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import { openStoredBlob } from './open-stored-blob.ts'
import type { SealedBlob } from '../workers/seal-blob.ts'
import type { PackStream } from './pack-stream.ts'

/** A blob that was copied, and where it lies now. */
export interface CopiedBlob {
  readonly pack: IndexedPack
  readonly entry: PackEntry
}

/**
 * Copies blobs of a stored pack as they are into `stream`. Each is opened first: what is damaged is not copied.
 *
 * @throws `storage.not-found` if the pack is gone, `repository.chunk-corrupt`
 */
export async function copyBlobs(
  core: Core,
  { pack, entries }: { readonly pack: IndexedPack; readonly entries: readonly PackEntry[] },
  stream: PackStream,
  signal?: AbortSignal,
): Promise<CopiedBlob[]> {
  const copied: CopiedBlob[] = []
  for (const { offsetBytes, lengthBytes, blobs } of planReads(entries.map((entry) => ({ ...entry, pack })))) {
    const source = new Uint8Array(lengthBytes)
    await core.objects.getRange(pack.key, offsetBytes, source, signal)
    for (const { index, offsetBytes: at, storedBytes } of blobs) {
      const blob = source.subarray(at - offsetBytes, at - offsetBytes + storedBytes)
      await checkBlob(core, { pack, entry: entries[index]! }, blob, signal)
      copied.push(await stream.append(partsOf(blob)))
    }
  }
  return copied
}

async function checkBlob(
  core: Core,
  { pack, entry: { id, type, offsetBytes } }: CopiedBlob,
  blob: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await openStoredBlob(core, blob, { id, type }, signal)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw fail('repository.chunk-corrupt', { id: toHex(id), pack: pack.key, offsetBytes, reason: error.message }, error)
  }
}

/** A sealed blob in its three parts. */
export const partsOf = (blob: Uint8Array): SealedBlob => ({
  header: blob.subarray(0, blobHeaderBytes),
  ciphertext: blob.subarray(blobHeaderBytes, blob.length - blobTagBytes),
  tag: blob.subarray(blob.length - blobTagBytes),
})
