import type { Core } from '../core.ts'
import { openBlob, UnknownGeneration } from '../workers/seal-blob.ts'

/** Opens a blob; if it has a data key that is not in the ring, perhaps because somebody has added it since, the ring is read again. */
export async function openStoredBlob(
  { ring }: Core,
  blob: Uint8Array,
  expected: { readonly id: Uint8Array; readonly type?: number },
  signal?: AbortSignal,
): Promise<Uint8Array> {
  try {
    return openBlob(ring.keys, blob, expected)
  } catch (error) {
    if (!(error instanceof UnknownGeneration)) throw error
    await ring.refresh(signal)
    return openBlob(ring.keys, blob, expected)
  }
}
