import { VimFault } from '../faults/vim-fault.ts'
import { ManagedEntity } from '../inventory/managed-entity.ts'
import { type Call, type Handlers, sessionOf, targetAs } from '../soap/call.ts'
import { addSessionObject, removeSessionObject } from '../soap/session-objects.ts'
import { HistoryCollector } from '../tasks/history.ts'
import { TaskCollector } from '../tasks/task-collector.ts'
import { EventCollector, type FindObject } from './event-collector.ts'
import { matchesEvent } from './matches-event.ts'

const eventsMax = 1000 // what vSphere gives of one query

export const historyMethods: Handlers = {
  QueryEvents({ world, request }) {
    const find: FindObject = (ref) => world.inventory.find(ref)
    const matching = world.events.record.all.filter(({ item }) => matchesEvent(request.filter, item, find))
    return matching.slice(-Math.min(request.filter.maxCount ?? eventsMax, eventsMax)).map(({ item }) => item.event)
  },

  CreateCollectorForEvents(call) {
    const { world, request } = call
    const find = findFor(call, request.filter.entity?.entity)
    const make = (value: string) => new EventCollector(value, request.filter, world.events.record, find)
    return addSessionObject(world, sessionOf(call), make).ref
  },

  CreateCollectorForTasks(call) {
    const { world, request } = call
    const find = findFor(call, request.filter.entity?.entity)
    const make = (value: string) => new TaskCollector(value, request.filter, world.tasks.record, find)
    return addSessionObject(world, sessionOf(call), make).ref
  },

  ReadNextEvents: (call) => targetAs(call, EventCollector).readNext(call.request.maxCount),
  ReadPreviousEvents: (call) => targetAs(call, EventCollector).readPrevious(call.request.maxCount),
  ReadNextTasks: (call) => targetAs(call, TaskCollector).readNext(call.request.maxCount),
  ReadPreviousTasks: (call) => targetAs(call, TaskCollector).readPrevious(call.request.maxCount),

  SetCollectorPageSize(call) {
    targetAs(call, HistoryCollector).setPageSize(call.request.maxCount)
    call.world.inventory.changed()
  },
  RewindCollector: (call) => targetAs(call, HistoryCollector).rewind(),
  ResetCollector: (call) => targetAs(call, HistoryCollector).reset(),
  DestroyCollector: (call) => removeSessionObject(call.world, sessionOf(call), call.target),

  LogUserEvent(call) {
    const entity = call.world.inventory.getAs(ManagedEntity, call.request.entity, 'entity')
    const argument = { name: entity.name, entity: entity.ref }
    const fields = { message: call.request.msg, entity: argument }
    const { user } = sessionOf(call)
    call.world.events.session({
      $type: 'GeneralUserEvent',
      message: `User logged event: ${call.request.msg}`,
      userName: user.name,
      fields,
    })
  },
}

/** How a filter finds its entity. @throws VimFault `ManagedObjectNotFound` if it names one that does not exist */
function findFor(
  { world }: Pick<Call<'CreateCollectorForEvents'>, 'world'>,
  entity: { readonly type: string; readonly value: string } | undefined,
): FindObject {
  if (entity !== undefined && !(world.inventory.get(entity) instanceof ManagedEntity))
    throw new VimFault('InvalidArgument', { invalidProperty: 'filter.entity' })
  return (ref) => world.inventory.find(ref)
}
