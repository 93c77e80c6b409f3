import { managedObjectSchema } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import { ManagedEntity } from '../inventory/managed-entity.ts'
import { type Handlers, sessionOf, targetAs } from '../soap/call.ts'
import { addSessionObject, removeSessionObject } from '../soap/session-objects.ts'
import { ContainerView, ListView } from './views.ts'

export const viewMethods: Handlers = {
  CreateContainerView(call) {
    const { world, request } = call
    const root = world.inventory.getAs(ManagedEntity, request.container, 'container')
    const type = request.type ?? []
    if (type.some((name) => managedObjectSchema(name) === undefined))
      throw new VimFault('InvalidArgument', { invalidProperty: 'type' })
    const options = { type, recursive: request.recursive, inventory: world.inventory }
    return addSessionObject(world, sessionOf(call), (value) => new ContainerView(value, root, options)).ref
  },

  CreateListView(call) {
    const { inventory } = call.world
    const view = addSessionObject(call.world, sessionOf(call), (value) => new ListView(value, inventory))
    view.reset(call.request.obj ?? [])
    return view.ref
  },

  ModifyListView: (call) => targetAs(call, ListView).modify(call.request.add ?? [], call.request.remove ?? []),
  ResetListView: (call) => targetAs(call, ListView).reset(call.request.obj ?? []),
  DestroyView: (call) => removeSessionObject(call.world, sessionOf(call), call.target),
}
