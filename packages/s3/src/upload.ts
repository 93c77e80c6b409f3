import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

/** An object on its way up, without a copy of it. */
export interface Upload {
  readonly sizeBytes: number
  readonly sha256: Buffer
  /** The bytes from the start, for one try. */
  readonly body: () => Readable | Buffer
}

/** Hashing holds the thread: this much takes some 10 ms. */
const hashAtOnceBytes = 8 * 1024 * 1024

/** Measures and hashes what is to be stored. `bytes` must not change until the upload is over. */
export async function uploadOf(bytes: Uint8Array | readonly Uint8Array[], signal?: AbortSignal): Promise<Upload> {
  const pieces = bytes instanceof Uint8Array ? [bytes] : bytes
  const hash = createHash('sha256')
  let [sizeBytes, sincePauseBytes] = [0, 0]
  for (const piece of pieces) {
    sizeBytes += piece.length
    sincePauseBytes += piece.length
    hash.update(piece)
    if (sincePauseBytes < hashAtOnceBytes) continue
    sincePauseBytes = 0
    await setImmediate()
    signal?.throwIfAborted()
  }
  const body = () => (pieces.length === 1 ? bufferOf(pieces[0]!) : Readable.from(pieces.map(bufferOf)))
  return { sizeBytes, sha256: hash.digest(), body }
}

/** The same memory as a Buffer, which is what the SDK does not copy. */
const bufferOf = (piece: Uint8Array) => Buffer.from(piece.buffer, piece.byteOffset, piece.length)

/** The same promises of size and hash, and a byte on the way that broke: to see who finds out. */
export function damaged({ body, ...promises }: Upload): Upload {
  const wrong = Buffer.from(body() as Buffer)
  wrong[wrong.length >> 1]! ^= 1
  return { ...promises, body: () => wrong }
}
