import type { DataObject, ManagedObjectReference } from '@vmkeep/vsphere/types'
import { VimFault } from '../faults/vim-fault.ts'
import { ManagedEntity } from '../inventory/managed-entity.ts'
import type { Call, Handlers } from './call.ts'
import { nameOf } from './check-privileges.ts'
import { hasOn, type User } from './user.ts'

type World = Call<'HasPrivilegeOnEntity'>['world']

export const authorizationMethods: Handlers = {
  HasPrivilegeOnEntity({ world, request }) {
    const name = nameOf(world.inventory.get(request.entity))
    const user = userOf(world, request.sessionId)
    return (request.privId ?? []).map((id) => hasOn(user, id, name))
  },

  HasPrivilegeOnEntities: ({ world, request }) =>
    granted(world, request.entity, userOf(world, request.sessionId), request.privId ?? []),

  HasUserPrivilegeOnEntities: ({ world, request }) =>
    granted(world, request.entities, userNamed(world, request.userName), request.privId ?? []),

  FetchUserPrivilegeOnEntities({ world, request }) {
    const user = userNamed(world, request.userName)
    return request.entities.map((entity) => ({
      entity: world.inventory.get(entity).ref,
      privileges: [...user.privileges].filter((id) => hasOn(user, id, nameOf(world.inventory.get(entity)))).toSorted(),
    }))
  },

  RetrieveEntityPermissions: ({ world, request }) => {
    world.inventory.getAs(ManagedEntity, request.entity, 'entity')
    return permissions(world)
  },
  RetrieveAllPermissions: ({ world }) => permissions(world),
  RetrieveRolePermissions: ({ world, request }) => permissions(world).filter(({ roleId }) => roleId === request.roleId),

  // One at a time keeps a method disabled, and enables it again: who says another source's id is refused, or does nothing.
  // Source: MethodAlreadyDisabledFault, vSphere Web Services API 8.0. Evidence: documented (the fault, its source); the rest inferred.
  DisableMethods({ world, request: { entity, method, sourceId } }) {
    const wanted = entitiesOf(world, entity).flatMap(({ disabledBy }) => method.map((one) => ({ disabledBy, ...one })))
    for (const { disabledBy, method: name } of wanted) {
      const by = disabledBy.get(name)
      if (by !== undefined) throw new VimFault('MethodAlreadyDisabledFault', { sourceId: by })
    }
    for (const { disabledBy, method: name } of wanted) disabledBy.set(name, sourceId)
    world.inventory.changed()
  },

  EnableMethods({ world, request: { entity, method, sourceId } }) {
    for (const { disabledBy } of entitiesOf(world, entity))
      for (const name of method) if (disabledBy.get(name) === sourceId) disabledBy.delete(name)
    world.inventory.changed()
  },

  QueryAssignedLicenses: ({ world }) => {
    const [license] = world.licenses
    return license === undefined
      ? []
      : [{ entityId: world.instanceUuid, entityDisplayName: 'lab', assignedLicense: license }]
  },
}

const entitiesOf = (world: World, refs: readonly ManagedObjectReference[]): ManagedEntity[] =>
  refs.map((ref) => world.inventory.getAs(ManagedEntity, ref, 'entity'))

function granted(
  world: World,
  refs: readonly ManagedObjectReference[],
  user: User,
  ids: readonly string[],
): DataObject<'EntityPrivilege'>[] {
  return refs.map((ref) => ({
    entity: world.inventory.get(ref).ref,
    privAvailability: ids.map((privId) => ({
      privId,
      isGranted: hasOn(user, privId, nameOf(world.inventory.get(ref))),
    })),
  }))
}

function userOf(world: World, sessionKey: string): User {
  const session = world.sessions.open.find(({ key }) => key === sessionKey)
  if (session === undefined) throw new VimFault('InvalidArgument', { invalidProperty: 'sessionId' })
  return session.user
}

function userNamed(world: World, userName: string): User {
  const user = world.users.find(({ name }) => name.toLowerCase() === userName.toLowerCase())
  if (user === undefined) throw new VimFault('UserNotFound', { principal: userName, unresolved: false })
  return user
}

/** The first user is the administrator, the others have what the lab was told to give them. */
function permissions(world: World): DataObject<'Permission'>[] {
  return world.users.map(({ name }, index) => ({
    entity: world.rootFolder.ref,
    principal: name,
    group: false,
    roleId: index === 0 ? -1 : -2,
    propagate: true,
  }))
}
