import { VimFault } from '../../faults/vim-fault.ts'
import { checkPrivileges } from '../../soap/check-privileges.ts'
import { type Handlers, targetAs } from '../../soap/call.ts'
import { startTask } from '../../tasks/start-task.ts'
import { Folder } from '../folder.ts'
import { ManagedEntity } from '../managed-entity.ts'
import { createVm, placeOf } from '../vm/create-vm.ts'
import { reconfigurePrivileges } from '../vm/reconfigure-privileges.ts'
import { registerVm } from '../vm/register-vm.ts'

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
    const needed = reconfigurePrivileges({ deviceChange: config.deviceChange, vmProfile: config.vmProfile })
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
