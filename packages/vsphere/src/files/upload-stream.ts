import { fail } from '../errors.ts'
import type { Session } from '../session/session.ts'
import { type LargeFile } from './stream-file.ts'
import { requestPath } from './request-path.ts'

/**
 * Uploads a large file to a datastore, replacing one of that name. The folder must exist. What was sent before a failure stays there.
 *
 * @param pieces exactly `sizeBytes` bytes
 * @throws `vsphere.file-name-invalid`, `vsphere.file-refused`, `vsphere.reply-lost`
 */
export async function uploadStream(
  session: Session,
  file: string,
  pieces: AsyncIterable<Uint8Array>,
  { datacenterPath, sizeBytes, signal }: LargeFile,
): Promise<void> {
  const path = requestPath(session, file, datacenterPath)
  const headers = { 'content-length': String(sizeBytes) }
  using transfer = await session.http({ method: 'PUT', path, body: pieces }, { signal, headers })
  for await (const _ of transfer.body) continue // to its end, so that the connection can be used again
  if (transfer.status !== 200 && transfer.status !== 201)
    throw fail('vsphere.file-refused', { file, host: session.host, status: transfer.status })
}
