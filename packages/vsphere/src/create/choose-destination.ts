import { fail } from '../errors.ts'
import { sameName, samePath } from '../inventory/names.ts'
import type { DatastoreSpot, DestinationInventory, HostSpot, PoolSpot, Spot } from './destination-inventory.ts'

/** Names, or inventory paths, of the parts of a destination. */
export interface DestinationNames {
  readonly datacenter?: string | undefined
  readonly folder?: string | undefined
  /** A pool, or a cluster or host whose topmost pool is meant. */
  readonly resourcePool?: string | undefined
  readonly host?: string | undefined
  readonly datastore?: string | undefined
}

export interface ChosenDestination {
  readonly datacenter: Spot
  readonly folder: Spot
  readonly pool: PoolSpot
  readonly host: HostSpot
  readonly datastore: DatastoreSpot
}

/**
 * Chooses where a VM goes. Pure.
 *
 * What is `asked` for must exist and fit together; what is `preferred` (the place the VM came from) is taken where it
 * exists and fits; otherwise the only possibility is taken, and where there are several somebody has to say which.
 * Hosts that are disconnected or in maintenance and datastores that are down are no possibilities.
 * A host is always named, because a cluster without DRS chooses none by itself.
 *
 * @throws `vsphere.place-not-found`, `vsphere.place-ambiguous`, with what there is
 */
export function chooseDestination(
  inventory: DestinationInventory,
  asked: DestinationNames,
  preferred: DestinationNames = {},
): ChosenDestination {
  const datacenter = chooseDatacenter(inventory, asked, preferred)
  const inside = <T extends Spot>(spots: readonly T[]) =>
    spots.filter((spot) => spot.datacenter === datacenter.ref.value)
  const folder = chooseFolder(inside(inventory.folders), asked.folder, preferred.folder)
  const { host, datastore } = chooseHostAndDatastore(inventory, inside, asked, preferred)
  const pools = inside(inventory.pools).filter((pool) => pool.compute === host.compute)
  return { datacenter, folder, host, datastore, pool: choosePool(inventory, pools, host, asked, preferred) }
}

const fits = (spot: Spot, wanted: string): boolean =>
  wanted.includes('/') && samePath(spot.path, wanted) ? true : sameName(spot.name, wanted) || spot.ref.value === wanted

const find = <T extends Spot>(spots: readonly T[], wanted: string | undefined): T[] =>
  wanted === undefined ? [] : spots.filter((spot) => fits(spot, wanted))

/** The one that is asked for, else the preferred one if there is one, else the only one. */
function choose<T extends Spot>(
  kind: string,
  spots: readonly T[],
  asked: string | undefined,
  preferred: string | undefined,
): T {
  const found = asked === undefined ? find(spots, preferred) : find(spots, asked)
  const wanted = asked ?? ''
  if (asked !== undefined && found.length === 0)
    throw fail('vsphere.place-not-found', { kind, wanted, candidates: pathsOf(spots) })
  const [only, ...more] = found.length === 1 ? found : asked === undefined ? spots : found
  if (only === undefined) throw fail('vsphere.place-not-found', { kind, wanted, candidates: [] })
  if (more.length > 0) throw fail('vsphere.place-ambiguous', { kind, wanted, candidates: pathsOf([only, ...more]) })
  return only
}

const candidatesMax = 20
const pathsOf = (spots: readonly Spot[]): string[] => {
  const paths = spots.map(({ path }) => path).toSorted()
  return paths.length <= candidatesMax
    ? paths
    : [...paths.slice(0, candidatesMax), `${paths.length - candidatesMax} more`]
}

/** A part that is asked for and lies in one datacenter settles which one is meant. */
function chooseDatacenter(inventory: DestinationInventory, asked: DestinationNames, preferred: DestinationNames): Spot {
  const { datacenters, folders, hosts, pools, computes, datastores } = inventory
  if (asked.datacenter !== undefined) return choose('datacenter', datacenters, asked.datacenter, undefined)
  const implied = [
    find(folders, asked.folder),
    find(hosts, asked.host),
    find<Spot>([...pools, ...computes], asked.resourcePool),
    find(datastores, asked.datastore),
  ].filter((spots) => spots.length > 0)
  const possible = datacenters.filter(({ ref }) =>
    implied.every((spots) => spots.some(({ datacenter }) => datacenter === ref.value)),
  )
  return choose('datacenter', possible, undefined, preferred.datacenter)
}

/** Without a word about it, the topmost folder for VMs. */
function chooseFolder(
  folders: DestinationInventory['folders'],
  asked: string | undefined,
  preferred: string | undefined,
): Spot {
  const root = folders.find(({ isRoot }) => isRoot)
  if (asked === undefined && root !== undefined && find(folders, preferred).length !== 1) return root
  return choose('folder', folders, asked, preferred)
}

/** Host and datastore decide together: a datastore is no use on a host that does not mount it. */
function chooseHostAndDatastore(
  { computes, pools, datastores: allDatastores, hosts: allHosts }: DestinationInventory,
  inside: <T extends Spot>(spots: readonly T[]) => T[],
  asked: DestinationNames,
  preferred: DestinationNames,
): { host: HostSpot; datastore: DatastoreSpot } {
  const usable = inside(allHosts).filter((host) => host.usable)
  const computesAsked = computesOf(inside(computes), inside(pools), asked.resourcePool)
  const named = asked.host === undefined ? usable : [choose('host', usable, asked.host, undefined)]
  const possible = named.filter(({ compute }) => computesAsked === undefined || computesAsked.includes(compute))
  if (possible.length === 0) throw refuseHost(asked, usable)
  const mounted = inside(allDatastores).filter(
    ({ ref, usable: isUp }) => isUp && possible.some((host) => host.datastores.includes(ref.value)),
  )
  const datastore = choose('datastore', mounted, asked.datastore, preferred.datastore)
  const mounting = possible.filter((host) => host.datastores.includes(datastore.ref.value))
  return { datastore, host: chooseHost(mounting, asked, preferred) }
}

/** Any host of the right cluster will do; which cluster must be clear. */
function chooseHost(hosts: readonly HostSpot[], asked: DestinationNames, preferred: DestinationNames): HostSpot {
  const preferredHost = find(hosts, preferred.host)[0]
  if (preferredHost !== undefined) return preferredHost
  const isClear = new Set(hosts.map(({ compute }) => compute)).size === 1
  return isClear
    ? hosts.toSorted((a, b) => a.name.localeCompare(b.name))[0]!
    : choose('host', hosts, asked.host, undefined)
}

/** The clusters or single hosts that a pool's name can mean; `undefined` if none was named. @throws `vsphere.place-not-found` */
function computesOf(
  computes: readonly Spot[],
  pools: readonly PoolSpot[],
  wanted: string | undefined,
): readonly string[] | undefined {
  if (wanted === undefined) return undefined
  const found = [
    ...find(pools, wanted).map(({ compute }) => compute),
    ...find(computes, wanted).map(({ ref }) => ref.value),
  ]
  if (found.length === 0)
    throw fail('vsphere.place-not-found', {
      kind: 'resource pool',
      wanted,
      candidates: pathsOf([...computes, ...pools]),
    })
  return found
}

function refuseHost({ resourcePool, host }: DestinationNames, usable: readonly HostSpot[]): Error {
  const wanted = [host, resourcePool].filter((name) => name !== undefined).join(' in ')
  return fail('vsphere.place-not-found', { kind: 'usable host', wanted, candidates: pathsOf(usable) })
}

function choosePool(
  { computes }: DestinationInventory,
  pools: readonly PoolSpot[],
  host: HostSpot,
  asked: DestinationNames,
  preferred: DestinationNames,
): PoolSpot {
  const root = pools.find(({ isRoot }) => isRoot)
  const compute = computes.find(({ ref }) => ref.value === host.compute)
  const meansCompute = asked.resourcePool === undefined || (compute !== undefined && fits(compute, asked.resourcePool))
  const byName = find(pools, asked.resourcePool ?? preferred.resourcePool)
  if (byName.length === 1) return byName[0]!
  if (meansCompute && root !== undefined) return root
  return choose('resource pool', pools, asked.resourcePool, preferred.resourcePool)
}
