import { fail } from '../errors.ts'
import { ancestorsOf, datacenterOf } from '../inventory/ancestors.ts'
import { sameName } from '../inventory/names.ts'
import { readNetworks } from '../inventory/read-networks.ts'
import type { VmNetwork } from '../inventory/vm-network.ts'
import type { Session } from '../session/session.ts'
import type { ManagedObjectReference } from '../types/index.ts'
import { chooseDestination, type DestinationNames } from './choose-destination.ts'
import { readDestinationInventory } from './destination-inventory.ts'

export interface DestinationRequest extends DestinationNames {
  /** Where the VM came from: taken for what is not asked for, where it exists here and fits. */
  readonly preferred?: DestinationNames
  /** Saved network name → network of the destination. Each of the latter must exist. */
  readonly networkMap?: Readonly<Record<string, string>>
}

/** A place for a VM, all of it there and fitting together. Can be given to `createVm` as it is. */
export interface ResolvedDestination {
  readonly datacenter: ManagedObjectReference
  readonly datacenterName: string
  /** What `uploadFile` and `downloadFile` ask for. */
  readonly datacenterPath?: string | undefined
  readonly folder: ManagedObjectReference
  readonly folderPath: string
  readonly pool: ManagedObjectReference
  readonly poolPath: string
  readonly host: ManagedObjectReference
  readonly hostName: string
  readonly datastore: ManagedObjectReference
  readonly datastoreName: string
  readonly datastoreFreeBytes: number
  /** The networks of the host. */
  readonly networks: readonly VmNetwork[]
}

/**
 * Finds the place that names mean, on vCenter or on a bare ESXi host.
 *
 * @throws `vsphere.place-not-found`, `vsphere.place-ambiguous`, `vsphere.network-unmapped`: each tells what there is
 */
export async function resolveDestination(
  session: Session,
  { preferred, networkMap = {}, ...asked }: DestinationRequest,
  signal?: AbortSignal,
): Promise<ResolvedDestination> {
  const inventory = await readDestinationInventory(session, signal)
  const { datacenter, folder, pool, host, datastore } = chooseDestination(inventory, asked, preferred)
  const networks = await readNetworks(session, host.networks, signal)
  checkNetworks(networkMap, networks)
  return {
    datacenter: datacenter.ref,
    datacenterName: datacenter.name,
    datacenterPath: datacenterOf(await ancestorsOf(session, datacenter.ref, signal))?.storedPath,
    folder: folder.ref,
    folderPath: folder.path,
    pool: pool.ref,
    poolPath: pool.path,
    host: host.ref,
    hostName: host.name,
    datastore: datastore.ref,
    datastoreName: datastore.name,
    datastoreFreeBytes: datastore.freeBytes,
    networks,
  }
}

function checkNetworks(networkMap: Readonly<Record<string, string>>, networks: readonly VmNetwork[]): void {
  const missing = Object.values(networkMap).filter((wanted) => !networks.some(({ name }) => sameName(name, wanted)))
  if (missing.length > 0)
    throw fail('vsphere.network-unmapped', {
      networks: [...new Set(missing)],
      candidates: networks.map(({ name }) => name).toSorted(),
    })
}
