import type { VmFacts } from '@vmkeep/selection'
import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import { readTags } from '../tags/read-tags.ts'
import type { TagsRead } from '../tags/vm-tag.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { readFieldNames } from './describe-place.ts'
import type { InventoryTree } from './inventory-tree.ts'
import { listVms } from './list-vms.ts'
import { decodeName } from './names.ts'
import { readInventoryTree } from './read-inventory-tree.ts'
import type { VmSummary } from './vm-summary.ts'

/** A VM with all that selectors ask for, in names. What vSphere does not say is absent; what the config calls it, nobody knows here. */
export interface SelectableVm extends Omit<VmFacts, 'vcenter'> {
  readonly summary: VmSummary
}

export interface SelectableVmsRead {
  readonly vms: readonly SelectableVm[]
  /** A selector that asks for tags must not be answered where they are unknown. */
  readonly tags: TagsRead
}

const paths = [
  'resourcePool',
  'datastore',
  'customValue',
  'summary.config.numCpu',
  'summary.config.memorySizeMB',
  'summary.config.numVirtualDisks',
] as const

/**
 * Every VM and template with what selectors ask for, in a handful of passes over the inventory however many there are. Tags
 * come first, in a visit to the REST API: until it is over, this session rests.
 */
export async function readSelectableVms(session: Session, signal?: AbortSignal): Promise<SelectableVmsRead> {
  const tags = await readTags(session, signal)
  const summaries: VmSummary[] = []
  for await (const summary of listVms(session, signal)) summaries.push(summary)
  const places = await readPlaces(session, signal)
  const more = await readMore(session, places, signal)
  const vms = summaries.map((summary) => ({
    ...factsOf(summary),
    ...(more.get(summary.ref.value) ?? { datastores: [], attributes: {} }),
    tags: tags.known.get(summary.ref.value) ?? [],
  }))
  return { vms, tags }
}

function factsOf(summary: VmSummary) {
  const { name, inventoryPath: path, instanceUuid: uuid, hostName: host, template, powerState } = summary
  const [, datacenter] = path.split('/')
  const power = ({ poweredOn: 'on', poweredOff: 'off', suspended: 'suspended' } as const)[powerState ?? 'poweredOff']
  const { guestFullName: guest, provisionedBytes, usedBytes } = summary
  const isKnown = powerState !== undefined
  return {
    summary,
    name,
    path,
    uuid,
    datacenter,
    host,
    template,
    guest,
    provisionedBytes,
    usedBytes,
    ...(isKnown && { power }),
  }
}

/** Where things are called what, each read once. */
interface Places {
  readonly tree: InventoryTree
  readonly datastores: ReadonlyMap<string, string>
  readonly fields: ReadonlyMap<number, string>
}

async function readPlaces(session: Session, signal: AbortSignal | undefined): Promise<Places> {
  const from = { under: session.content.rootFolder }
  const tree = await readInventoryTree(session, signal)
  for (const type of ['ComputeResource', 'ResourcePool'] as const)
    for await (const { ref, properties } of retrieve(session, { type, from, paths: ['name', 'parent'] }, signal))
      tree.add({ ref, name: properties.name ?? ref.value, parent: properties.parent })
  const datastores = new Map<string, string>()
  for await (const { ref, properties } of retrieve(session, { type: 'Datastore', from, paths: ['name'] }, signal))
    datastores.set(ref.value, decodeName(properties.name ?? ref.value))
  const { customFieldsManager } = session.content
  const fields = customFieldsManager && (await readFieldNames(session, customFieldsManager, signal))
  return { tree, datastores, fields: fields ?? new Map() }
}

type More = Pick<SelectableVm, 'cluster' | 'pool' | 'datastores' | 'attributes' | 'cpus' | 'memoryBytes' | 'disks'>

async function readMore(
  session: Session,
  { tree, datastores, fields }: Places,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, More>> {
  const found = new Map<string, More>()
  const request = { type: 'VirtualMachine', from: { under: session.content.rootFolder }, paths } as const
  for await (const { ref, properties } of retrieve(session, request, signal)) {
    const memoryMb = properties['summary.config.memorySizeMB']
    const values = (properties.customValue ?? []).map((value) => [
      fields.get(value.key) ?? String(value.key),
      'value' in value ? String(value.value) : '',
    ])
    found.set(ref.value, {
      ...poolOf(tree, properties.resourcePool),
      datastores: (properties.datastore ?? []).map((datastore) => datastores.get(datastore.value) ?? datastore.value),
      attributes: Object.fromEntries(values) as Record<string, string>,
      cpus: properties['summary.config.numCpu'],
      disks: properties['summary.config.numVirtualDisks'],
      memoryBytes: memoryMb === undefined ? undefined : memoryMb * 2 ** 20,
    })
  }
  return found
}

function poolOf(tree: InventoryTree, pool: ManagedObjectReference | undefined): Pick<More, 'cluster' | 'pool'> {
  if (pool === undefined) return {}
  const chain = tree.chainTo(pool)
  const cluster = chain.find(({ ref }) => ref.type === 'ClusterComputeResource')
  const node = chain.at(-1)
  const path = node && tree.pathOf(node.name, node.parent)
  return { pool: path, cluster: cluster && decodeName(cluster.name) }
}
