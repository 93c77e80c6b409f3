import { fail } from '../errors.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session, Transfer } from '../session/session.ts'
import { transferOf } from '../session/transfer.ts'
import { HttpClient } from '../soap/http-client.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { hostOfVm } from '../vm/host-of-vm.ts'

interface GuestFilePlace {
  readonly vm: ManagedObjectReference
  /** As `InitiateFileTransferFromGuest` gave it. It opens the file to whoever has it, and once. */
  readonly url: string
  /** For errors. */
  readonly path: string
  readonly bytesMax: number
}

const silenceMs = 30_000

/**
 * Reads the end of a file of a guest. It comes from the host that the VM runs on, not from vCenter, whose name stands in for it as `*`.
 * The host must show the certificate that vCenter knows of it.
 *
 * Source: GuestFileManager.InitiateFileTransferFromGuest, FileTransferInformation.url, HostConfigSummary.sslThumbprint. Evidence: documented.
 *
 * @throws `vsphere.bad-answer`, `vsphere.file-refused`
 */
export async function readGuestFile(
  session: Session,
  { vm, url, path: file, bytesMax }: GuestFilePlace,
  signal?: AbortSignal,
): Promise<Buffer> {
  const isOwn = url.startsWith('https://*')
  const text = isOwn ? url.replace('https://*', 'https://own.invalid') : url
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed?.protocol !== 'https:') throw bad(session, file, 'no HTTPS URL')
  const path = `${parsed.pathname}${parsed.search}`
  const port = parsed.port === '' ? 443 : Number(parsed.port)
  if (isOwn || (parsed.hostname === session.host && port === session.port)) {
    using transfer = await session.httpGet(path, { signal, timeoutMs: silenceMs })
    return await endOf(transfer, file, session.host, bytesMax)
  }
  const thumbprint = await thumbprintOf(session, vm, file, signal)
  const place = { host: parsed.hostname, what: `GET ${file}`, signal }
  using client = new HttpClient({ host: parsed.hostname, port }, { by: 'thumbprint', thumbprint })
  const request = { method: 'GET', path } as const
  const asked = { pool: 'transfers', what: place.what, timeoutMs: silenceMs, signal } as const
  using transfer = transferOf(await client.request(request, asked), place)
  return await endOf(transfer, file, parsed.hostname, bytesMax)
}

async function endOf({ status, body }: Transfer, file: string, host: string, bytesMax: number): Promise<Buffer> {
  if (status !== 200) throw fail('vsphere.file-refused', { file, host, status })
  let end = Buffer.alloc(0)
  for await (const piece of body) end = Buffer.concat([end, piece]).subarray(-bytesMax)
  return end
}

async function thumbprintOf(
  session: Session,
  vm: ManagedObjectReference,
  file: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const host = await hostOfVm(session, vm, signal)
  const about = { type: 'HostSystem', paths: ['summary.config.sslThumbprint'] } as const
  const known = host && (await readProperties(session, { ...about, ref: host }, signal))
  const thumbprint = known?.['summary.config.sslThumbprint']
  if (thumbprint === undefined || thumbprint === '')
    throw bad(session, file, 'the URL of a host whose certificate is not known')
  return thumbprint
}

const bad = ({ host }: Session, file: string, reason: string) =>
  fail('vsphere.bad-answer', { host, what: `the transfer of ${file}`, reason })
