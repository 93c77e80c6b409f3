import { VimFault } from '../../faults/vim-fault.ts'
import { checkPrivileges } from '../../soap/check-privileges.ts'
import { type Call, type Handlers, targetAs } from '../../soap/call.ts'
import { startTask } from '../../tasks/start-task.ts'
import { DatastoreObject } from '../datastore.ts'
import { Folder } from '../folder.ts'
import { HostSystem } from '../host.ts'
import { ManagedEntity } from '../managed-entity.ts'
import { ResourcePool } from '../resource-pool.ts'
import { VirtualMachine } from '../virtual-machine.ts'
import { markTemplate } from '../vm/build-vm.ts'
import { moveToDatastore, moveToHost } from '../vm/move-vm.ts'
import { mustBe } from '../vm/power.ts'
import { reconfigure } from '../vm/reconfigure.ts'
import { reconfigurePrivileges } from '../vm/reconfigure-privileges.ts'
import { removeVm } from '../vm/remove-vm.ts'
import { writeVmx } from '../vm/vmx-file.ts'

export const vmConfigMethods: Handlers = {
  ReconfigVM_Task(call) {
    const vm = targetAs(call, VirtualMachine)
    const { spec } = call.request
    checkPrivileges(call, vm, reconfigurePrivileges(spec))
    return startTask(call, { descriptionId: 'VirtualMachine.reconfigure', entity: vm }, () => reconfigure(vm, spec))
  },

  RelocateVM_Task(call) {
    const vm = targetAs(call, VirtualMachine)
    const { inventory } = call.world
    const { spec } = call.request
    const host = spec.host && inventory.getAs(HostSystem, spec.host, 'spec.host')
    const datastore = spec.datastore && inventory.getAs(DatastoreObject, spec.datastore, 'spec.datastore')
    const pool = spec.pool && inventory.getAs(ResourcePool, spec.pool, 'spec.pool')
    return startTask(call, { descriptionId: 'VirtualMachine.relocate', entity: vm, cancelable: true }, async () => {
      if (datastore !== undefined) await moveToDatastore(vm, datastore)
      if (host !== undefined) moveToHost(vm, host)
      if (pool !== undefined) vm.pool = pool
      vm.touch()
    })
  },

  MigrateVM_Task(call) {
    const vm = targetAs(call, VirtualMachine)
    const host = call.request.host && call.world.inventory.getAs(HostSystem, call.request.host, 'host')
    return startTask(call, { descriptionId: 'VirtualMachine.migrate', entity: vm, cancelable: true }, () => {
      if (host !== undefined) moveToHost(vm, host)
    })
  },

  UnregisterVM(call) {
    const vm = targetAs(call, VirtualMachine)
    call.world.tasks.mustBeFree(vm)
    mustBe(vm, ['off', 'suspended'])
    removeVm(vm, { destroy: false })
  },

  MarkAsTemplate(call) {
    const vm = targetAs(call, VirtualMachine)
    call.world.tasks.mustBeFree(vm)
    mustBe(vm, ['off'])
    if (vm.settings.template) throw new VimFault('NotSupported')
    markTemplate(vm)
  },

  MarkAsVirtualMachine(call) {
    const vm = targetAs(call, VirtualMachine)
    if (!vm.settings.template) throw new VimFault('NotSupported')
    vm.pool = call.world.inventory.getAs(ResourcePool, call.request.pool, 'pool')
    vm.settings = { ...vm.settings, template: false }
    vm.touch()
  },

  RefreshStorageInfo: (call) => targetAs(call, VirtualMachine).touch(),

  Destroy_Task(call) {
    const entity = targetAs(call, ManagedEntity)
    if (!(entity instanceof VirtualMachine || entity instanceof Folder)) throw new VimFault('NotSupported')
    checkPrivileges(call, entity, [entity instanceof Folder ? 'Folder.Delete' : 'VirtualMachine.Inventory.Delete'])
    const type = entity instanceof Folder ? 'Folder' : 'VirtualMachine'
    return startTask(call, { descriptionId: `${type}.destroy`, entity }, () => destroy(entity))
  },

  Rename_Task(call) {
    const entity = targetAs(call, ManagedEntity)
    checkPrivileges(call, entity, [entity instanceof VirtualMachine ? 'VirtualMachine.Config.Rename' : 'Folder.Rename'])
    const { newName } = call.request
    return startTask(call, { descriptionId: 'ManagedEntity.rename', entity }, () => rename(call, entity, newName))
  },

  Reload: (call) => call.world.inventory.changed(),

  setCustomValue(call) {
    const entity = targetAs(call, ManagedEntity)
    setField(call, entity, call.world.customFields.named(call.request.key).key, call.request.value)
  },

  SetField(call) {
    const entity = call.world.inventory.getAs(ManagedEntity, call.request.entity, 'entity')
    setField(call, entity, call.world.customFields.get(call.request.key).key, call.request.value)
  },

  AddCustomFieldDef: ({ world, request }) => world.customFields.add(request.name, request.moType),
  RemoveCustomFieldDef: ({ world, request }) => world.customFields.remove(request.key),
  RenameCustomFieldDef: ({ world, request }) => world.customFields.rename(request.key, request.name),
}

function destroy(entity: VirtualMachine | Folder): void {
  if (entity instanceof VirtualMachine) {
    mustBe(entity, ['off', 'suspended'])
    return removeVm(entity, { destroy: true })
  }
  if (entity.children.length > 0 || !(entity.parentEntity instanceof Folder)) throw new VimFault('NotSupported')
  entity.parentEntity.detach(entity)
  entity.world.inventory.remove(entity)
}

function rename(call: Pick<Call<'Rename_Task'>, 'world'>, entity: ManagedEntity, newName: string): void {
  if (newName === '') throw new VimFault('InvalidName', { name: newName, entity: entity.ref })
  const siblings = entity.parentEntity instanceof Folder ? entity.parentEntity.children : []
  const other = siblings.find((child) => child !== entity && child.name === newName)
  if (other !== undefined) throw new VimFault('DuplicateName', { name: newName, object: other.ref })
  const oldName = entity.name
  entity.rename(newName)
  if (!(entity instanceof VirtualMachine)) return
  entity.settings = { ...entity.settings, name: entity.name }
  writeVmx(entity)
  call.world.events.vm(entity, {
    $type: 'VmRenamedEvent',
    message: `Renamed ${oldName} from ${oldName} to ${entity.name} in ${call.world.datacenter.name}`,
    fields: { oldName, newName: entity.name },
  })
}

function setField(call: Pick<Call<'SetField'>, 'world'>, entity: ManagedEntity, key: number, value: string): void {
  if (value === '') entity.customFields.delete(key)
  else entity.customFields.set(key, value)
  call.world.inventory.changed()
}
