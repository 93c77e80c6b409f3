import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { DatastoreFile } from '../storage/model.ts'
import type { ByteRange } from './parse-range.ts'

const pieceSizeBytes = 256 * 1024

export interface SendFileOptions {
  readonly signal: AbortSignal
  /** By rule: the connection ends at this byte. */
  readonly cutAt?: number | undefined
}

/** Sends a part of a file, a piece at a time, no faster than the client takes it. */
export async function sendFile(
  response: ServerResponse,
  file: DatastoreFile,
  { start, end }: ByteRange,
  { signal, cutAt = Infinity }: SendFileOptions,
): Promise<void> {
  for (let at = start; at < end && !signal.aborted; at += pieceSizeBytes) {
    if (at >= cutAt) return void response.destroy()
    const piece = Buffer.alloc(Math.min(pieceSizeBytes, end - at, cutAt - at))
    await file.read(at, piece, signal)
    if (!response.write(piece)) await once(response, 'drain', { signal }).catch(() => {})
  }
  if (cutAt < end) response.destroy()
  else response.end()
}
