import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'

/** Where a VM is at home, in words that are the same through a vCenter and through the host itself. */
export interface VmHome {
  /** The hardware's own uuid of the host that the VM is registered on. */
  readonly hostUuid: string
  /** Its vmx file: the id of the volume and the path there. Names of datastores differ from server to server. */
  readonly vmxFile: string
}

const paths = ['summary.config.vmPathName', 'runtime.host', 'datastore'] as const

/** The homes of VMs, by their references. Of whom vSphere does not tell all of it, nothing. */
export async function readVmHomes(
  session: Session,
  vms: readonly ManagedObjectReference[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, VmHome>> {
  const homes = new Map<string, VmHome>()
  if (vms.length === 0) return homes
  const hosts = await readHostUuids(session, signal)
  const volumes = await readVolumes(session, signal)
  for await (const { ref, properties } of retrieve(session, { type: 'VirtualMachine', from: vms, paths }, signal)) {
    const hostUuid = hosts.get(properties['runtime.host']?.value ?? '')
    const [, datastore, path] = /^\[(.+?)\] (.+)$/.exec(properties['summary.config.vmPathName'] ?? '') ?? []
    const own = (properties.datastore ?? []).map(({ value }) => volumes.get(value))
    const volume = own.find((one) => one?.name === datastore)?.id
    if (hostUuid !== undefined && volume !== undefined) homes.set(ref.value, { hostUuid, vmxFile: `${volume}/${path}` })
  }
  return homes
}

async function readHostUuids(session: Session, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, string>> {
  const uuids = new Map<string, string>()
  const from = { under: session.content.rootFolder }
  const request = { type: 'HostSystem', from, paths: ['summary.hardware'] } as const
  for await (const { ref, properties } of retrieve(session, request, signal)) {
    const uuid = properties['summary.hardware']?.uuid.toLowerCase()
    if (uuid !== undefined && isOwn(uuid)) uuids.set(ref.value, uuid)
  }
  return uuids
}

/**
 * Boards whose maker gave them no uuid of their own all have the same one.
 *
 * Source: SMBIOS 3.6, 7.2.1 (all 0 or all F: none given); reports of boards with 03000200-0400-0500-0006-000700080009. Evidence: documented; observed.
 */
const isOwn = (uuid: string): boolean => !/^(0[0-]*|f[f-]*|03000200-0400-0500-0006-000700080009)$/.test(uuid)

/**
 * The url of a datastore ends with its volume's id: `ds:///vmfs/volumes/ID/` through vCenter, `/vmfs/volumes/ID` of the host itself.
 *
 * Source: DatastoreSummary.url, vSphere Web Services API 8.0. Evidence: documented for vCenter, inferred for the host.
 */
async function readVolumes(session: Session, signal: AbortSignal | undefined) {
  const volumes = new Map<string, { readonly name: string; readonly id: string }>()
  const from = { under: session.content.rootFolder }
  const request = { type: 'Datastore', from, paths: ['name', 'summary.url'] } as const
  for await (const { ref, properties } of retrieve(session, request, signal)) {
    const [, id] = /\/vmfs\/volumes\/([^/]+)\/?$/.exec(properties['summary.url'] ?? '') ?? []
    if (id !== undefined && properties.name !== undefined) volumes.set(ref.value, { name: properties.name, id })
  }
  return volumes
}
