// The whole table: everything of vim25 this program speaks, and the lab with it; and what it speaks with the service of storage policies.
// Level 8.0.3.0. Held against the reference by table.test.ts.
import { basics } from './basics.ts'
import { compute } from './compute.ts'
import { controllers } from './controllers.ts'
import { datastore } from './datastore.ts'
import { device } from './device.ts'
import { enums } from './enumerations.ts'
import { events } from './events.ts'
import { faults } from './faults.ts'
import { fileMethods } from './file-methods.ts'
import { guestMethods, guestOperations } from './guest-operations.ts'
import { guest } from './guest.ts'
import { host } from './host.ts'
import { entities, services } from './managed-objects.ts'
import { networkCards } from './network-cards.ts'
import { otherDevices } from './other-devices.ts'
import { ovf } from './ovf.ts'
import { pbmMethods, pbmObjects, pbmTypes } from './pbm.ts'
import { performanceMethods, performanceTypes } from './performance.ts'
import { propertyCollector } from './property-collector.ts'
import { serviceMethods } from './service-methods.ts'
import { session } from './session.ts'
import { tasks } from './tasks.ts'
import { undocumentedMethods, undocumentedTypes } from './undocumented.ts'
import { virtualDisk } from './virtual-disk.ts'
import { vmConfigSpec } from './vm-config-spec.ts'
import { vmConfig } from './vm-config.ts'
import { vmFiles } from './vm-files.ts'
import { vmMethods } from './vm-methods.ts'
import { vmRuntime } from './vm-runtime.ts'

export const dataObjectTable = {
  DynamicData: {},
  ...basics,
  ...session,
  ...propertyCollector,
  ...tasks,
  ...events,
  ...faults,
  ...device,
  ...virtualDisk,
  ...controllers,
  ...networkCards,
  ...otherDevices,
  ...vmConfig,
  ...vmConfigSpec,
  ...vmRuntime,
  ...vmFiles,
  ...guest,
  ...guestOperations,
  ...datastore,
  ...host,
  ...compute,
  ...ovf,
  ...performanceTypes,
  ...undocumentedTypes,
  ...pbmTypes,
} as const

export const enumerationTable: typeof enums = enums

export const managedObjectTable = { ...entities, ...services, ...pbmObjects } as const

export const methodTable = {
  ...serviceMethods,
  ...performanceMethods,
  ...vmMethods,
  ...fileMethods,
  ...guestMethods,
  ...undocumentedMethods,
  ...pbmMethods,
} as const

export type DataObjectTable = typeof dataObjectTable
export type EnumerationTable = typeof enumerationTable
export type ManagedObjectTable = typeof managedObjectTable
export type MethodTable = typeof methodTable
