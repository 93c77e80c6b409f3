import { hasCode } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { decodeName } from '../inventory/names.ts'
import { readProperties } from '../properties/read-properties.ts'
import type { Session } from '../session/session.ts'
import { faultOf } from '../soap/fault-error.ts'
import type { DataObject, ManagedObjectReference } from '../types/index.ts'
import { hostOfVm } from '../vm/host-of-vm.ts'

/** A way in to one disk of one VM, for one connection. */
export interface NfcTicket {
  readonly host: string
  readonly port: number
  /** SHA-1 of the host's certificate: who answers must show exactly that one. */
  readonly sslThumbprint: string
  /** `vpxa-nfc` through vCenter, `nfc` on ESXi itself. */
  readonly service: string
  readonly serviceVersion: string
  readonly sessionId: string
}

const nfcPort = 902

/**
 * The NFC service of a server, which is missing in its public service content.
 *
 * Source: cloudbase/OpenVixDiskLib docs, nfc_auth.md: RetrieveInternalContent names it, as `nfcService` on vCenter and
 * `ha-nfc-service` on ESXi. Evidence: observed by them; the names are used only where that call is refused.
 */
export async function nfcServiceRef(session: Session, signal?: AbortSignal): Promise<ManagedObjectReference> {
  const _this = { type: 'ServiceInstance', value: 'ServiceInstance' }
  try {
    const content = await session.call('RetrieveInternalContent', { _this }, { signal })
    if (content.nfcService !== undefined) return content.nfcService
  } catch (error) {
    if (!hasCode(error, 'vsphere.not-supported', 'vsphere.invalid-request', 'vsphere.no-permission')) throw error
  }
  return { type: 'NfcService', value: session.isVCenter ? 'nfcService' : 'ha-nfc-service' }
}

/**
 * Gets a ticket for one connection to one disk. The VM's host is looked up each time, so a VM that was moved meanwhile is
 * found where it is now. Which link of a snapshot chain is read is decided later, by the path that is opened.
 *
 * @throws `vsphere.no-permission` (VirtualMachine.Provisioning.DiskRandomRead or .DiskRandomAccess),
 *   `vsphere.nfc-unavailable`, `vsphere.vm-without-host`, `vsphere.not-found`
 */
export async function openNfcTicket(
  session: Session,
  request: { readonly vm: ManagedObjectReference; readonly deviceKey: number; readonly access: 'read' | 'write' },
  signal?: AbortSignal,
): Promise<NfcTicket> {
  const { vm, deviceKey, access } = request
  const host = await hostOf(session, vm, signal)
  const _this = await nfcServiceRef(session, signal)
  const method = access === 'read' ? 'NfcRandomAccessOpenReadonly' : 'NfcRandomAccessOpenDisk'
  try {
    const ticket = await session.call(method, { _this, vm, diskDeviceKey: deviceKey, hostForAccess: host }, { signal })
    if (ticket.sslThumbprint === undefined || ticket.sslThumbprint === '') throw untrusted(session, method)
    return {
      host: await addressOf(session, ticket, host, signal),
      port: ticket.port ?? nfcPort,
      sslThumbprint: ticket.sslThumbprint,
      service: ticket.service,
      serviceVersion: ticket.serviceVersion,
      sessionId: ticket.sessionId,
    }
  } catch (error) {
    if (isServiceMissing(error)) throw fail('vsphere.nfc-unavailable', { host: session.host }, error)
    throw error
  }
}

/** Without a thumbprint we could not tell the host from anybody in between. */
const untrusted = (session: Session, what: string): Error =>
  fail('vsphere.bad-answer', { host: session.host, what, reason: 'a ticket without the thumbprint of the host' })

async function hostOf(
  session: Session,
  vm: ManagedObjectReference,
  signal: AbortSignal | undefined,
): Promise<ManagedObjectReference> {
  const host = await hostOfVm(session, vm, signal)
  if (host === undefined) throw fail('vsphere.vm-without-host', { vm: vm.value })
  return host
}

/** A ticket of an ESXi host names no host: it is the one we are logged in to. */
async function addressOf(
  session: Session,
  ticket: DataObject<'HostServiceTicket'>,
  host: ManagedObjectReference,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (ticket.host !== undefined && ticket.host !== '') return ticket.host
  if (!session.isVCenter) return session.host
  const { name } = await readProperties(session, { type: 'HostSystem', ref: host, paths: ['name'] }, signal)
  return decodeName(name ?? host.value)
}

/** Whether the server has no such service at all, told from a VM or host that is gone. */
function isServiceMissing(error: unknown): boolean {
  const fault = faultOf(error)
  if (fault?.$type === 'ManagedObjectNotFound') return fault.obj.type === 'NfcService'
  return fault?.$type === 'MethodNotFound' || fault?.$type === 'InvalidRequest' || fault?.$type === 'NotImplemented'
}
