import { hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { type FilePlace, requestPath } from './request-path.ts'

export interface LargeFile extends FilePlace {
  /** Its size as vSphere lists it: other bytes than these are an error. */
  readonly sizeBytes: number
}

const resumesMax = 5

/**
 * The bytes of a large file of a datastore, in order, as pieces of any size. When the connection breaks it goes on where it was.
 * Nobody may write to the file meanwhile.
 *
 * Source: vSphere Web Services SDK programming guide, "HTTP access to vSphere server files". Evidence: documented; that ranges are
 * served: observed by others. A server that ignores the range is read again from its start, and what came before is passed over.
 *
 * @param file `[datastore] folder/name.vmem`
 * @throws `vsphere.file-name-invalid`, `vsphere.file-refused`, `vsphere.file-cut` if it is shorter or longer than it was listed
 */
export async function* streamFile(session: Session, file: string, large: LargeFile): AsyncGenerator<Uint8Array> {
  const { sizeBytes, signal } = large
  let cameBytes = 0
  for (let resumed = 0; ; resumed++) {
    try {
      for await (const piece of from(session, file, large, cameBytes)) {
        cameBytes += piece.length
        if (cameBytes > sizeBytes) break
        yield piece
      }
      break
    } catch (error) {
      signal?.throwIfAborted()
      if (resumed === resumesMax || !hasCode(error, 'vsphere.reply-lost', 'vsphere.timed-out')) throw error
    }
  }
  if (cameBytes !== sizeBytes) throw fail('vsphere.file-cut', { file, host: session.host, sizeBytes, cameBytes })
}

async function* from(
  session: Session,
  file: string,
  { datacenterPath, signal }: LargeFile,
  offsetBytes: number,
): AsyncGenerator<Uint8Array> {
  const path = requestPath(session, file, datacenterPath)
  const headers = { range: `bytes=${offsetBytes}-` }
  using transfer = await session.httpGet(path, offsetBytes === 0 ? { signal } : { signal, headers })
  const { status } = transfer
  if (status !== 200 && status !== 206) throw fail('vsphere.file-refused', { file, host: session.host, status })
  let passOverBytes = status === 206 ? 0 : offsetBytes
  for await (const piece of transfer.body) {
    const known = Math.min(passOverBytes, piece.length)
    passOverBytes -= known
    if (known < piece.length) yield piece.subarray(known)
  }
}
