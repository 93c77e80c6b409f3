import { retrieve, type Retrieved } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import type { InventoryTree } from './inventory-tree.ts'
import { decodeName } from './names.ts'
import { readInventoryTree } from './read-inventory-tree.ts'
import type { VmSummary } from './vm-summary.ts'

// From the summary, which vSphere keeps even of VMs whose configuration it can't read.
const paths = [
  'name',
  'parent',
  'parentVApp',
  'runtime.powerState',
  'runtime.connectionState',
  'runtime.host',
  'summary.config.template',
  'summary.config.uuid',
  'summary.config.instanceUuid',
  'summary.config.guestFullName',
  'summary.storage',
] as const

/**
 * Every VM and template this account may see, in no particular order. Streams page by page.
 * VMs that are orphaned, inaccessible or without configuration are there too, with what is known of them.
 */
export async function* listVms(session: Session, signal?: AbortSignal): AsyncIterable<VmSummary> {
  const tree = await readInventoryTree(session, signal)
  const hostNames = await readHostNames(session, signal)
  const request = { type: 'VirtualMachine', from: { under: session.content.rootFolder }, paths } as const
  for await (const found of retrieve(session, request, signal)) yield summaryOf(found, tree, hostNames)
}

async function readHostNames(session: Session, signal: AbortSignal | undefined): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>()
  const request = { type: 'HostSystem', from: { under: session.content.rootFolder }, paths: ['name'] } as const
  for await (const { ref, properties } of retrieve(session, request, signal))
    if (properties.name !== undefined) names.set(ref.value, decodeName(properties.name))
  return names
}

function summaryOf(
  { ref, properties }: Retrieved<'VirtualMachine', (typeof paths)[number]>,
  tree: InventoryTree,
  hostNames: ReadonlyMap<string, string>,
): VmSummary {
  const storedName = properties.name ?? ref.value
  const storage = properties['summary.storage']
  return {
    ref,
    name: decodeName(storedName),
    inventoryPath: tree.pathOf(storedName, properties.parentVApp ?? properties.parent),
    instanceUuid: idOf(properties['summary.config.instanceUuid']),
    biosUuid: idOf(properties['summary.config.uuid']),
    powerState: properties['runtime.powerState'],
    connectionState: properties['runtime.connectionState'],
    template: properties['summary.config.template'] === true,
    hostName: hostNameOf(properties['runtime.host'], hostNames),
    guestFullName: idOf(properties['summary.config.guestFullName']),
    provisionedBytes: storage && Number(storage.committed) + Number(storage.uncommitted),
    usedBytes: storage && Number(storage.committed),
  }
}

/** An empty text says nothing; vSphere sends one for VMs it can't read. */
const idOf = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

const hostNameOf = (host: ManagedObjectReference | undefined, names: ReadonlyMap<string, string>): string | undefined =>
  host && names.get(host.value)
