import { FormatError } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { Session, Transfer } from '../session/session.ts'
import { folderPath } from './folder-path.ts'

export interface FilePlace {
  /** The datacenter's inventory path as vSphere stores it (`Vm.datacenterPath`). Not needed on ESXi. */
  readonly datacenterPath?: string | undefined
  readonly signal?: AbortSignal | undefined
}

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
  const path = pathOf(session, file, datacenterPath)
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
  const path = pathOf(session, file, datacenterPath)
  using transfer = await session.http({ method: 'PUT', path, body: bytes }, { signal })
  for await (const _ of transfer.body) continue // to its end, so that the connection can be used again
  if (transfer.status !== 200 && transfer.status !== 201)
    throw fail('vsphere.file-refused', { file, host: session.host, status: transfer.status })
}

/** The only datacenter of an ESXi host. Source: vSphere Web Services SDK, observed by users. Evidence: observed. */
const esxiDatacenter = 'ha-datacenter'

function pathOf(session: Session, file: string, datacenterPath = esxiDatacenter): string {
  try {
    return folderPath(file, session.isVCenter ? datacenterPath : esxiDatacenter)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw fail('vsphere.file-name-invalid', { file }, error)
  }
}
