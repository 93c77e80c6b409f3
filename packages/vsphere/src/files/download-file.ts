import { fail } from '../errors.ts'
import type { Session, Transfer } from '../session/session.ts'
import { type FilePlace, requestPath } from './request-path.ts'

const sizeBytesMaxDefault = 16 * 1024 * 1024

/**
 * Downloads a small file of a datastore into memory: vmx, nvram, vmsd, a log. Disks are not read this way: running VMs
 * lock them, and vSAN and vVols hide them.
 *
 * @param file `[datastore] folder/name.vmx`
 * @throws `vsphere.file-name-invalid`, `vsphere.file-refused` (404 included), `vsphere.file-too-large`
 */
export async function downloadFile(
  session: Session,
  file: string,
  { datacenterPath, signal, sizeBytesMax = sizeBytesMaxDefault }: FilePlace & { readonly sizeBytesMax?: number } = {},
): Promise<Buffer> {
  const path = requestPath(session, file, datacenterPath)
  using transfer = await session.httpGet(path, { signal })
  if (transfer.status !== 200) throw fail('vsphere.file-refused', { file, host: session.host, status: transfer.status })
  if (Number(transfer.headers['content-length'] ?? 0) > sizeBytesMax)
    throw fail('vsphere.file-too-large', { file, sizeBytesMax })
  return await readAll(transfer, file, sizeBytesMax)
}

async function readAll({ body }: Transfer, file: string, sizeBytesMax: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of body) {
    sizeBytes += piece.length
    if (sizeBytes > sizeBytesMax) throw fail('vsphere.file-too-large', { file, sizeBytesMax })
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/**
 * Uploads a small file to a datastore, replacing one of that name. The folder must exist.
 *
 * @throws `vsphere.file-name-invalid`, `vsphere.file-refused`
 */
export async function uploadFile(
  session: Session,
  file: string,
  bytes: Uint8Array,
  { datacenterPath, signal }: FilePlace = {},
): Promise<void> {
  const path = requestPath(session, file, datacenterPath)
  using transfer = await session.http({ method: 'PUT', path, body: bytes }, { signal })
  for await (const _ of transfer.body) continue // to its end, so that the connection can be used again
  if (transfer.status !== 200 && transfer.status !== 201)
    throw fail('vsphere.file-refused', { file, host: session.host, status: transfer.status })
}
