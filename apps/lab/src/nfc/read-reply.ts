import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { Random } from '@vmkeep/kit'
import { compressionKind, encodeFragmentFrame, encodeSkipZ, ioDirection, type ReadRequest } from '@vmkeep/nfc/messages'
import type { OpenDisk } from '../storage/model.ts'
import type { Strike } from './nfc-faults.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Window, WindowPool } from './window-pool.ts'

const deflated = promisify(deflate)

export interface ReadReplyContext {
  readonly disk: OpenDisk
  readonly opId: number
  /** The most a fragment holds. */
  readonly fragmentBytesMax: number
  readonly writer: FrameWriter
  /** What bounds the memory of this connection. */
  readonly windows: WindowPool
  readonly random: Random
  readonly signal: AbortSignal
  /** Asked for every fragment. */
  readonly strike: () => Promise<Strike | undefined>
}

/**
 * Answers one read with fragments, deliberately not in order: windows are read one ahead of the other, and the fragments of a
 * window are shuffled.
 */
export async function replyToRead(request: ReadRequest, context: ReadReplyContext): Promise<void> {
  const { windows, signal } = context
  const running: Promise<void>[] = []
  try {
    for (let at = 0; at < request.lengthBytes; at += windows.windowBytes) {
      const sent = sendWindow(request, at, await windows.take(signal), context)
      sent.catch(() => {}) // awaited below; until then it must not count as unhandled
      running.push(sent)
    }
  } finally {
    await Promise.allSettled(running)
  }
  await Promise.all(running)
}

async function sendWindow(request: ReadRequest, at: number, taken: Window, context: ReadReplyContext): Promise<void> {
  using window = taken
  const { disk, fragmentBytesMax, random, signal } = context
  const bytes = window.bytes.subarray(0, request.lengthBytes - at)
  await disk.read(request.offsetBytes + at, bytes, signal)
  const starts = Array.from({ length: Math.ceil(bytes.length / fragmentBytesMax) }, (_, i) => i * fragmentBytesMax)
  const parts: Uint8Array[] = []
  for (const start of shuffled(starts, random))
    parts.push(...(await fragment(request, at + start, bytes.subarray(start, start + fragmentBytesMax), context)))
  await context.writer.send(...parts)
}

async function fragment(
  request: ReadRequest,
  at: number,
  plain: Buffer,
  context: ReadReplyContext,
): Promise<Uint8Array[]> {
  const packed = await pack(request.compression, plain)
  const frame = encodeFragmentFrame(context.opId, 0n, {
    direction: ioDirection.read,
    compression: packed === undefined ? compressionKind.none : request.compression,
    offsetBytes: request.offsetBytes,
    totalBytes: request.lengthBytes,
    fragmentOffsetBytes: at,
    fragmentBytes: plain.length,
    wireBytes: (packed ?? plain).length,
  })
  const strike = await context.strike()
  if (strike !== undefined) await context.writer.spoil(strike, [frame, packed ?? plain])
  return [frame, packed ?? plain]
}

/** Undefined where it would not shrink, and for kinds this host does not do: then the fragment goes as it is. */
async function pack(kind: number, plain: Buffer): Promise<Uint8Array | undefined> {
  if (kind === compressionKind.skipz) return encodeSkipZ(plain)
  if (kind !== compressionKind.zlib) return undefined
  const packed = await deflated(plain, { level: 1 })
  return packed.length < plain.length ? packed : undefined
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random.fraction() * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
