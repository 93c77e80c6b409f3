import type { DataObject } from '@vmkeep/vsphere/types'

/** Category of every event the lab posts. */
const categories: Readonly<Record<string, 'info' | 'warning' | 'error' | 'user'>> = {
  BadUsernameSessionEvent: 'error',
  EnteredMaintenanceModeEvent: 'info',
  ExitMaintenanceModeEvent: 'info',
  ExtendedEvent: 'warning',
  GeneralUserEvent: 'user',
  HostConnectedEvent: 'info',
  HostConnectionLostEvent: 'error',
  SessionTerminatedEvent: 'info',
  TaskEvent: 'info',
  UserLoginSessionEvent: 'info',
  UserLogoutSessionEvent: 'info',
  VmBeingMigratedEvent: 'info',
  VmCreatedEvent: 'info',
  VmMigratedEvent: 'info',
  VmPoweredOffEvent: 'info',
  VmPoweredOnEvent: 'info',
  VmReconfiguredEvent: 'info',
  VmRegisteredEvent: 'info',
  VmRelocatedEvent: 'info',
  VmRemovedEvent: 'info',
  VmRenamedEvent: 'info',
  VmSuspendedEvent: 'info',
}

/** What clients look up to show an event: its category and its form. */
export const eventDescription: DataObject<'EventDescription'> = {
  category: ['info', 'warning', 'error', 'user'].map((key) => ({
    $type: 'ElementDescription',
    label: key,
    summary: key,
    key,
  })),
  eventInfo: Object.entries(categories).map(([key, category]) => ({
    key,
    description: key.replace(/Event$/, ''),
    category,
    formatOnDatacenter: '{fullFormattedMessage}',
    formatOnComputeResource: '{fullFormattedMessage}',
    formatOnHost: '{fullFormattedMessage}',
    formatOnVm: '{fullFormattedMessage}',
    fullFormat: '{fullFormattedMessage}',
  })),
}
