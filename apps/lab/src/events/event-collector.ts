import type { DataObject } from '@vmkeep/vsphere/types'
import type { LabObject } from '../inventory/lab-object.ts'
import { HistoryCollector, type HistoryRecord } from '../tasks/history.ts'
import type { EventEntry, LabEvent } from './event-log.ts'
import { matchesEvent } from './matches-event.ts'

type Filter = DataObject<'EventFilterSpec'>

/** A client's way through the event log. */
export class EventCollector extends HistoryCollector<EventEntry, LabEvent> {
  constructor(value: string, filter: Filter, record: HistoryRecord<EventEntry>, find: FindObject) {
    super('EventHistoryCollector', value, {
      filter: { $type: 'EventFilterSpec', ...filter },
      record,
      matches: (entry) => matchesEvent(filter, entry, find),
      shown: ({ event }) => event,
    })
  }

  get initialized(): boolean {
    return true
  }
}

export type FindObject = (ref: { readonly type: string; readonly value: string }) => LabObject | undefined
