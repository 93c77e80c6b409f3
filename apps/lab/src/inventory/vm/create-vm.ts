import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import { VimFault } from '../../faults/vim-fault.ts'
import { parseDatastorePath } from '../../storage/index.ts'
import type { Folder } from '../folder.ts'
import { HostSystem } from '../host.ts'
import { ResourcePool } from '../resource-pool.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import type { World } from '../world.ts'
import { addNewVm } from './new-vm.ts'
import type { ConfigSpec } from './plan-reconfigure.ts'
import { reconfigure } from './reconfigure.ts'
import { removeVm } from './remove-vm.ts'

export interface Place {
  readonly pool: ResourcePool
  readonly host: HostSystem
}

/** Where a VM that is asked for goes. @throws VimFault `HostNotConnected`, `NoActiveHostInCluster` */
export function placeOf(
  {
    world,
    request,
  }: {
    readonly world: World
    readonly request: { readonly host?: ManagedObjectReference | undefined }
  },
  pool: ManagedObjectReference,
  host = request.host,
): Place {
  const usable = world.hosts.find(({ connection, maintenance }) => connection === 'connected' && !maintenance)
  const chosen = host === undefined ? usable : world.inventory.getAs(HostSystem, host, 'host')
  if (chosen === undefined) throw new VimFault('NoActiveHostInCluster', { computeResource: world.compute.ref })
  if (chosen.connection !== 'connected') throw new VimFault('HostNotConnected')
  return { pool: world.inventory.getAs(ResourcePool, pool, 'pool'), host: chosen }
}

/** Makes an empty VM, then configures it; what can't be configured is not left half made. */
export async function createVm(folder: Folder, config: ConfigSpec, { pool, host }: Place): Promise<VirtualMachine> {
  const { world } = folder
  if (folder.kind !== 'vm') throw new VimFault('NotSupported')
  const { name, files, ...rest } = config
  if (name === undefined) throw new VimFault('InvalidArgument', { invalidProperty: 'configSpec.name' })
  const { datastore, path } = parseDatastorePath(files?.vmPathName ?? `[${defaultDatastore(host)}]`)
  const vmxPath = path.endsWith('.vmx') ? `[${datastore}] ${path}` : undefined
  if (vmxPath !== undefined && world.storage.datastore(datastore).stat(path) !== undefined)
    throw new VimFault('AlreadyExists', { name: vmxPath })
  const vm = addNewVm(world, { name, folder, host, pool, datastore, vmxPath })
  try {
    await reconfigure(vm, rest)
  } catch (error) {
    removeVm(vm, { destroy: true })
    throw error
  }
  world.events.vm(vm, {
    $type: 'VmCreatedEvent',
    message: `Created virtual machine ${vm.name} on ${host.name} in ${world.datacenter.name}`,
  })
  return vm
}

function defaultDatastore(host: HostSystem): string {
  const [first] = host.datastores
  if (first === undefined) throw new VimFault('InvalidDatastore', { name: '' })
  return first.store.name
}
