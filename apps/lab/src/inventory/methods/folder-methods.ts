import type { ManagedObjectReference } from '@vmkeep/vsphere/types'
import { VimFault } from '../../faults/vim-fault.ts'
import { checkPrivileges } from '../../soap/check-privileges.ts'
import { type Call, type Handlers, targetAs } from '../../soap/call.ts'
import { parseDatastorePath } from '../../storage/index.ts'
import { startTask } from '../../tasks/start-task.ts'
import { Folder } from '../folder.ts'
import { HostSystem } from '../host.ts'
import { ManagedEntity } from '../managed-entity.ts'
import { ResourcePool } from '../resource-pool.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { addNewVm } from '../vm/new-vm.ts'
import type { ConfigSpec } from '../vm/plan-reconfigure.ts'
import { reconfigure } from '../vm/reconfigure.ts'
import { reconfigurePrivileges } from '../vm/reconfigure-privileges.ts'
import { registerVm } from '../vm/register-vm.ts'
import { removeVm } from '../vm/remove-vm.ts'

export const folderMethods: Handlers = {
  CreateFolder(call) {
    const parent = targetAs(call, Folder)
    const { name } = call.request
    if (name === '') throw new VimFault('InvalidName', { name })
    const other = parent.children.find((child) => child.name === name)
    if (other !== undefined) throw new VimFault('DuplicateName', { name, object: other.ref })
    const { world } = call
    const folder = world.inventory.add(new Folder(world, world.morefs.folder(parent.kind), name, parent.kind, parent))
    parent.attach(folder)
    return folder.ref
  },

  MoveIntoFolder_Task(call) {
    const target = targetAs(call, Folder)
    const list = call.request.list.map((ref) => call.world.inventory.getAs(ManagedEntity, ref, 'list'))
    return startTask(call, { descriptionId: 'Folder.moveInto', entity: target, shared: true }, () => {
      for (const entity of list) moveInto(target, entity)
    })
  },

  CreateVM_Task(call) {
    const folder = targetAs(call, Folder)
    const { config, pool } = call.request
    const place = placeOf(call, pool)
    const needed = reconfigurePrivileges({ deviceChange: config.deviceChange })
    checkPrivileges(call, folder, needed)
    checkPrivileges(call, place.pool, ['Resource.AssignVMToPool'])
    const options = { descriptionId: 'Folder.createVm', entity: folder, shared: true, cancelable: true }
    return startTask(call, options, async () => (await createVm(folder, config, place)).ref)
  },

  RegisterVM_Task(call) {
    const folder = targetAs(call, Folder)
    const { path, name, asTemplate, pool, host } = call.request
    if (!asTemplate && pool === undefined) throw new VimFault('InvalidArgument', { invalidProperty: 'pool' })
    const place = placeOf(call, pool ?? call.world.compute.pool.ref, host)
    const options = { descriptionId: 'Folder.registerVm', entity: folder, shared: true }
    return startTask(call, options, async () => (await registerVm(folder, { path, name, asTemplate, ...place })).ref)
  },
}

interface Place {
  readonly pool: ResourcePool
  readonly host: HostSystem
}

function placeOf(
  {
    world,
    request,
  }: Pick<Call<'CreateVM_Task'>, 'world'> & {
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
async function createVm(folder: Folder, config: ConfigSpec, { pool, host }: Place): Promise<VirtualMachine> {
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

function moveInto(target: Folder, entity: ManagedEntity): void {
  const isFitting = !(entity instanceof Folder) || entity.kind === target.kind
  const isInside = [...target.lineage()].includes(entity)
  if (!isFitting || isInside || !target.childType.some((type) => type === entity.ref.type))
    throw new VimFault('InvalidFolder', { target: target.ref })
  const other = target.children.find((child) => child !== entity && child.name === entity.name)
  if (other !== undefined) throw new VimFault('DuplicateName', { name: entity.name, object: other.ref })
  if (entity.parentEntity instanceof Folder) entity.parentEntity.detach(entity)
  target.attach(entity)
}
