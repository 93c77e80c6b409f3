import type { Call, Handlers } from '../../soap/call.ts'
import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import { Datacenter } from '../datacenter.ts'
import { ComputeResource } from '../compute-resource.ts'
import { escapeName } from '../entity-name.ts'
import { Folder } from '../folder.ts'
import type { HostSystem } from '../host.ts'
import { ManagedEntity } from '../managed-entity.ts'
import type { VirtualMachine } from '../virtual-machine.ts'

type World = Call<'FindByUuid'>['world']

export const searchMethods: Handlers = {
  FindByUuid: ({ world, request }) => byUuid(world, request)[0]?.ref,
  FindAllByUuid: ({ world, request }) => byUuid(world, request).map(({ ref }) => ref),
  FindByDnsName: ({ world, request }) =>
    byGuest(world, request.vmSearch, ({ guest }) => guest.hostName, request.dnsName)[0],
  FindAllByDnsName: ({ world, request }) =>
    byGuest(world, request.vmSearch, ({ guest }) => guest.hostName, request.dnsName),
  FindByIp: ({ world, request }) => byGuest(world, request.vmSearch, ({ guest }) => guest.ipAddress, request.ip)[0],
  FindAllByIp: ({ world, request }) => byGuest(world, request.vmSearch, ({ guest }) => guest.ipAddress, request.ip),

  FindByInventoryPath({ world, request }) {
    const names = request.inventoryPath.split('/').filter((name) => name !== '')
    let at: ManagedEntity | undefined = world.rootFolder
    for (const name of names) at = at === undefined ? undefined : childrenOf(at).find((child) => isCalled(child, name))
    return at?.ref
  },

  FindByDatastorePath({ world, request }) {
    world.inventory.getAs(Datacenter, request.datacenter, 'datacenter')
    return world.vms.find(({ storage }) => storage.vmxPath === request.path.trim())?.ref
  },

  FindChild({ world, request }) {
    const entity = world.inventory.getAs(ManagedEntity, request.entity, 'entity')
    return childrenOf(entity).find((child) => isCalled(child, request.name))?.ref
  },
}

/** A name in a path may be written plain or escaped. */
const isCalled = ({ name }: ManagedEntity, wanted: string): boolean => name === wanted || name === escapeName(wanted)

function childrenOf(entity: ManagedEntity): readonly ManagedEntity[] {
  if (entity instanceof Folder) return entity.children
  if (entity instanceof Datacenter) return Object.values(entity.folders) as Folder[]
  if (entity instanceof ComputeResource) return [...entity.hosts, entity.pool]
  return []
}

interface UuidSearch {
  readonly uuid: string
  readonly vmSearch: boolean
  readonly instanceUuid?: boolean | undefined
  readonly datacenter?: ManagedObjectReference | undefined
}

/** Case does not matter. Source: vim25.md §5.2. Evidence: observed. */
function byUuid(
  world: World,
  { uuid, vmSearch, instanceUuid, datacenter }: UuidSearch,
): (VirtualMachine | HostSystem)[] {
  if (datacenter !== undefined) world.inventory.getAs(Datacenter, datacenter, 'datacenter')
  const wanted = uuid.toLowerCase()
  if (!vmSearch) return world.hosts.filter((host) => host.uuid === wanted)
  return world.vms.filter(
    ({ settings }) => (instanceUuid === true ? settings.instanceUuid : settings.uuid).toLowerCase() === wanted,
  )
}

function byGuest(
  world: World,
  vmSearch: boolean,
  of: (vm: VirtualMachine) => string | undefined,
  wanted: string,
): ManagedObjectReference[] {
  if (!vmSearch)
    return world.hosts.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase()).map(({ ref }) => ref)
  return world.vms.filter((vm) => of(vm)?.toLowerCase() === wanted.toLowerCase()).map(({ ref }) => ref)
}
