import type { ImageReader } from '@vmkeep/repository'
import { streamFile, uploadStream } from '@vmkeep/vsphere'
import { diskProgress } from '../../disk-progress.ts'
import { fail } from '../../errors.ts'
import type { RestoreContext } from '../restore-to-vsphere.ts'

const pieceBytes = 1024 * 1024

/** All bytes of an image in order, holes as zeroes. */
async function* bytesOf(image: ImageReader, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const zeroes = new Uint8Array(pieceBytes)
  let sentTo = 0
  const holeTo = function* (toBytes: number) {
    for (; sentTo < toBytes; sentTo += Math.min(pieceBytes, toBytes - sentTo))
      yield zeroes.subarray(0, Math.min(pieceBytes, toBytes - sentTo))
  }
  for await (const run of image.runs(undefined, { signal })) {
    using held = run
    yield* holeTo(held.offsetBytes)
    yield Buffer.from(held.bytes) // the run's bytes go back to their pool while the socket may still hold them
    sentTo += held.bytes.length
  }
  yield* holeTo(image.capacityBytes)
}

/**
 * Puts an image into a file beside the VM.
 *
 * @param path `[datastore] folder/name.vmem`
 * @throws `restore.verify-failed` if it reads back otherwise
 */
export async function sendFile(
  { session, plan, verify, onEvent, signal }: RestoreContext,
  { path, image }: { readonly path: string; readonly image: ImageReader },
): Promise<void> {
  const { capacityBytes: sizeBytes } = image
  const place = { datacenterPath: plan.place.datacenterPath, sizeBytes, signal }
  const about = { vm: plan.name, disk: 'Memory' } as const
  onEvent({ type: 'disk-phase', ...about, phase: 'write', detail: path })
  const progress = diskProgress(onEvent, about, sizeBytes)
  await uploadStream(session, path, counted(bytesOf(image, signal), progress), place)
  if (!verify) return
  onEvent({ type: 'disk-phase', ...about, phase: 'verify', detail: path })
  await compare(counted(streamFile(session, path, place), progress), bytesOf(image, signal), path)
}

async function* counted(pieces: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void) {
  let bytes = 0
  for await (const piece of pieces) {
    yield piece
    onBytes((bytes += piece.length))
  }
}

/** Of two streams of the same length, whatever their pieces. */
async function compare(found: AsyncIterable<Uint8Array>, expected: AsyncGenerator<Uint8Array>, disk: string) {
  let [offsetBytes, rest] = [0, new Uint8Array(0) as Uint8Array]
  for await (const piece of found)
    for (let from = 0; from < piece.length;) {
      if (rest.length === 0) rest = ((await expected.next()).value as Uint8Array | undefined) ?? new Uint8Array(0)
      const length = Math.min(rest.length, piece.length - from)
      const part = piece.subarray(from, from + length)
      if (length === 0 || Buffer.compare(part, rest.subarray(0, length)) !== 0)
        throw fail('restore.verify-failed', { disk, offsetBytes: offsetBytes + firstOther(part, rest) })
      rest = rest.subarray(length)
      from += length
      offsetBytes += length
    }
}

const firstOther = (found: Uint8Array, expected: Uint8Array) =>
  Math.max(
    0,
    found.findIndex((byte, at) => byte !== expected[at]),
  )
