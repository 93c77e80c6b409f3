import { FormatError } from '@vmkeep/kit'
import type { Core } from '../core.ts'
import { fail } from '../errors.ts'
import { nonceBytes } from '../formats/aead.ts'
import { blobHeaderBytes, blobTagBytes, generationOf } from '../formats/blob.ts'
import { toHex } from '../formats/hex.ts'
import type { PackEntry } from '../formats/pack.ts'
import { planReads } from '../images/plan-reads.ts'
import type { IndexedPack } from '../index/chunk-index.ts'
import { newestOf, resealBlob, type SealedBlob } from '../workers/seal-blob.ts'
import { openStoredBlob } from './open-stored-blob.ts'
import type { PackStream } from './pack-stream.ts'
import { canOpenIn, proveBlobs } from './prove-pack.ts'

/** A blob that was copied, and where it lies now. */
export interface CopiedBlob {
  readonly pack: IndexedPack
  readonly entry: PackEntry
}

export interface BlobsToCopy {
  readonly pack: IndexedPack
  readonly entries: readonly PackEntry[]
  /** Whether to seal them with the newest data key; else they are copied as they are. */
  readonly renewKeys?: boolean
}

/**
 * Copies blobs of a stored pack into `stream`. Each is opened first, or, where the key is not at hand, held against the checksum of its
 * pack: what is damaged is not copied.
 *
 * @throws `storage.not-found` if the pack is gone, `repository.chunk-corrupt`, `repository.pack-corrupt`
 */
export async function copyBlobs(
  core: Core,
  { pack, entries, renewKeys = false }: BlobsToCopy,
  stream: PackStream,
  signal?: AbortSignal,
): Promise<CopiedBlob[]> {
  const check = await checkOf(core, pack, entries, signal)
  const copied: CopiedBlob[] = []
  for (const { offsetBytes, lengthBytes, blobs } of planReads(entries.map((entry) => ({ ...entry, pack })))) {
    const source = new Uint8Array(lengthBytes)
    await core.objects.getRange(pack.key, offsetBytes, source, signal)
    for (const { index, offsetBytes: at, storedBytes } of blobs) {
      const blob = source.subarray(at - offsetBytes, at - offsetBytes + storedBytes)
      await check(index, blob)
      copied.push(await stream.append(renewKeys ? renewed(core, blob, entries[index]!) : partsOf(blob)))
    }
  }
  return copied
}

type Check = (index: number, blob: Uint8Array) => Promise<void>

async function checkOf(
  core: Core,
  pack: IndexedPack,
  entries: readonly PackEntry[],
  signal: AbortSignal | undefined,
): Promise<Check> {
  if (!entries.every(({ type }) => canOpenIn(core, pack, type))) {
    const check = await proveBlobs(core, pack, entries, signal)
    return async (index, blob) => check(index, blob)
  }
  return async (index, blob) => {
    const { id, type, offsetBytes } = entries[index]!
    try {
      await openStoredBlob(core, blob, { id, type }, signal)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      const about = { id: toHex(id), pack: pack.key, offsetBytes, reason: error.message }
      throw fail('repository.chunk-corrupt', about, error)
    }
  }
}

/** The blob with the newest data key of its domain, if it has an older one that is at hand. */
function renewed({ ring: { keys }, random }: Core, blob: Uint8Array, { id }: PackEntry): SealedBlob {
  const generation = generationOf(blob)
  if (newestOf(keys, generation) === generation) return partsOf(blob)
  return resealBlob(keys, blob, { id, nonce: random.bytes(nonceBytes) })
}

/** A sealed blob in its three parts. */
export const partsOf = (blob: Uint8Array): SealedBlob => ({
  header: blob.subarray(0, blobHeaderBytes),
  ciphertext: blob.subarray(blobHeaderBytes, blob.length - blobTagBytes),
  tag: blob.subarray(blob.length - blobTagBytes),
})
