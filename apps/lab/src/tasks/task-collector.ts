import type { DataObject } from '@vmkeep/vsphere/types'
import type { FindObject } from '../events/event-collector.ts'
import { isWithin } from '../events/is-within.ts'
import { HistoryCollector, type HistoryRecord } from './history.ts'
import type { Task } from './task.ts'

type Filter = DataObject<'TaskFilterSpec'>
type TaskInfo = DataObject<'TaskInfo'>

/** A client's way through the tasks there were, forgotten ones included. */
export class TaskCollector extends HistoryCollector<Task, TaskInfo> {
  constructor(value: string, filter: Filter, record: HistoryRecord<Task>, find: FindObject) {
    super('TaskHistoryCollector', value, {
      filter: { $type: 'TaskFilterSpec', ...filter },
      record,
      matches: (task) => matchesTask(filter, task, find),
      shown: ({ info }) => info,
    })
  }
}

function matchesTask(filter: Filter, { spec, info }: Task, find: FindObject): boolean {
  if (filter.alarm !== undefined || filter.scheduledTask !== undefined) return false
  if (filter.entity !== undefined && !isOf(filter.entity, spec, find)) return false
  if (filter.time !== undefined && !isWithin(timeOf(filter.time.timeType, info) ?? '', filter.time)) return false
  if (filter.userName?.userList !== undefined && !filter.userName.userList.includes(spec.userName)) return false
  if (filter.state !== undefined && filter.state.length > 0 && !filter.state.includes(info.state)) return false
  return (
    filter.eventChainId === undefined ||
    filter.eventChainId.length === 0 ||
    filter.eventChainId.includes(info.eventChainId)
  )
}

function isOf(
  { entity, recursion }: DataObject<'TaskFilterSpecByEntity'>,
  { entity: of }: Task['spec'],
  find: FindObject,
): boolean {
  const wanted = find(entity)
  if (recursion === 'self') return wanted === of
  return [...of.lineage()].some((one) => one === wanted && (recursion === 'all' || one !== of))
}

function timeOf(type: DataObject<'TaskFilterSpecByTime'>['timeType'], info: TaskInfo): string | undefined {
  if (type === 'queuedTime') return info.queueTime
  return type === 'startedTime' ? info.startTime : info.completeTime
}
