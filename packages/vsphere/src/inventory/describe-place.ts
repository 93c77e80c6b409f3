import { collect, hasCode } from '@vmkeep/kit'
import { readProperties } from '../properties/read-properties.ts'
import { retrieve } from '../properties/retrieve.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import type { VmStoragePolicies } from '../policies/read-storage-policies.ts'
import type { VmTag } from '../tags/vm-tag.ts'
import type { Vm } from '../vm/vm.ts'
import { type Ancestor, ancestorsOf, datacenterOf, pathTo } from './ancestors.ts'
import { endpointIdOf } from './endpoint-id.ts'
import { decodeName } from './names.ts'
import { readNetworks } from './read-networks.ts'
import type { VmNetwork } from './vm-network.ts'

/**
 * Where a VM lives, in names: references mean nothing on another vCenter, nor on this one after a disaster.
 * What this account may not see is absent.
 */
export interface Place {
  /** The address of the vCenter or ESXi. */
  readonly endpoint: string
  readonly endpointId: string
  readonly datacenter?: string | undefined
  readonly cluster?: string | undefined
  readonly host?: string | undefined
  /** Inventory paths. The pool is absent where it is the root of its cluster or host. */
  readonly resourcePool?: string | undefined
  readonly folder?: string | undefined
  readonly datastores: readonly string[]
  readonly networks: readonly VmNetwork[]
  /** Custom attributes by their names. */
  readonly customValues: Readonly<Record<string, string>>
  /** Absent where they could not be read, and in restore points of older versions. */
  readonly tags?: readonly VmTag[] | undefined
  /** Absent where the VM has none, where they could not be read, and in restore points of older versions. */
  readonly storagePolicies?: VmStoragePolicies | undefined
}

/** Describes where a VM lives. */
export async function describePlace(
  session: Session,
  vm: Pick<Vm, 'ref' | 'host' | 'datastores'>,
  signal?: AbortSignal,
): Promise<Place> {
  const request = { type: 'VirtualMachine', ref: vm.ref, paths: ['network', 'resourcePool', 'customValue'] } as const
  const { network = [], resourcePool, customValue = [] } = await readProperties(session, request, signal)
  const chain = await ancestorsOf(session, vm.ref, signal)
  const pool = resourcePool === undefined ? [] : await ancestorsOf(session, resourcePool, signal)
  const folder = chain.slice(0, -1)
  return {
    endpoint: session.host,
    endpointId: endpointIdOf(session),
    datacenter: datacenterOf(chain)?.name,
    cluster: clusterOf(pool),
    host: vm.host?.name,
    resourcePool: isRootPool(pool) ? undefined : pathTo(pool),
    folder: folder.length === 0 ? undefined : pathTo(folder),
    datastores: vm.datastores.map(({ name }) => name),
    networks: await readNetworks(session, network, signal),
    customValues: await readCustomValues(session, customValue, signal),
  }
}

function clusterOf(pool: readonly Ancestor[]): string | undefined {
  const cluster = pool.find(({ ref }) => ref.type === 'ClusterComputeResource')
  return cluster && decodeName(cluster.storedName)
}

/** Every cluster and host has one pool that holds the others; it is called "Resources" everywhere and says nothing. */
const isRootPool = (pool: readonly Ancestor[]): boolean => pool.at(-2)?.ref.type !== 'ResourcePool'

async function readCustomValues(
  session: Session,
  values: readonly { readonly key: number; readonly $type: string }[],
  signal: AbortSignal | undefined,
): Promise<Record<string, string>> {
  const manager = session.content.customFieldsManager
  if (values.length === 0 || manager === undefined) return {}
  const names = await readFieldNames(session, manager, signal)
  return Object.fromEntries(
    values.map((value) => [names.get(value.key) ?? String(value.key), 'value' in value ? String(value.value) : '']),
  )
}

/** Without the right to see the definitions the values are kept under their numbers. */
export async function readFieldNames(
  session: Session,
  manager: ManagedObjectReference,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<number, string>> {
  try {
    const [found] = await collect(
      retrieve(session, { type: 'CustomFieldsManager', from: manager, paths: ['field'] }, signal),
    )
    return new Map((found?.properties.field ?? []).map(({ key, name }) => [key, name]))
  } catch (error) {
    if (hasCode(error, 'vsphere.no-permission', 'vsphere.not-found')) return new Map()
    throw error
  }
}
