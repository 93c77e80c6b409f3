import type { DataObject } from '@vmkeep/vsphere/types'
import type { EventEntry } from './event-log.ts'
import { eventDescription } from './event-descriptions.ts'
import type { FindObject } from './event-collector.ts'
import { isWithin } from './is-within.ts'

type Filter = DataObject<'EventFilterSpec'>

const categoryOf = new Map(eventDescription.eventInfo.map(({ key, category }) => [key, category]))

/** Whether an event passes a filter. Alarms and scheduled tasks have no events here. */
export function matchesEvent(filter: Filter, entry: EventEntry, find: FindObject): boolean {
  const { event } = entry
  if (filter.alarm !== undefined || filter.scheduledTask !== undefined) return false
  if (filter.entity !== undefined && !isAbout(filter.entity, entry, find)) return false
  if (filter.time !== undefined && !isWithin(event.createdTime, filter.time)) return false
  if (filter.userName?.userList !== undefined && !filter.userName.userList.includes(event.userName)) return false
  if (filter.eventChainId !== undefined && filter.eventChainId !== event.chainId) return false
  if (isListed(filter.category, categoryOf.get(event.$type) ?? 'info') === false) return false
  return isListed([...(filter.type ?? []), ...(filter.eventTypeId ?? [])], event.$type, `vim.event.${event.$type}`)
}

function isListed(list: readonly string[] | undefined, ...names: readonly string[]): boolean {
  return list === undefined || list.length === 0 || list.some((one) => names.includes(one))
}

function isAbout(
  { entity, recursion }: DataObject<'EventFilterSpecByEntity'>,
  entry: EventEntry,
  find: FindObject,
): boolean {
  const wanted = find(entity)
  const at = entry.entities.findIndex((one) => one === wanted)
  if (at < 0) return false
  // the entities of an entry begin with the one it is about; those around it follow
  return recursion === 'all' || (recursion === 'self' ? at === 0 : at > 0)
}
