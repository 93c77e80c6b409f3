import { historyMethods } from '../events/event-methods.ts'
import { fileMethods } from '../inventory/methods/file-methods.ts'
import { folderMethods } from '../inventory/methods/folder-methods.ts'
import { guestMethods } from '../inventory/methods/guest-methods.ts'
import { hostMethods } from '../inventory/methods/host-methods.ts'
import { leaseMethods } from '../inventory/methods/lease-methods.ts'
import { nfcServiceMethods } from '../inventory/methods/nfc-service-methods.ts'
import { ovfMethods } from '../inventory/methods/ovf-methods.ts'
import { searchMethods } from '../inventory/methods/search-methods.ts'
import { vmConfigMethods } from '../inventory/methods/vm-config-methods.ts'
import { vmPowerMethods } from '../inventory/methods/vm-power-methods.ts'
import { vmSnapshotMethods } from '../inventory/methods/vm-snapshot-methods.ts'
import { performanceMethods } from '../performance/performance-methods.ts'
import { propertyCollectorMethods } from '../properties/property-collector-methods.ts'
import { viewMethods } from '../properties/view-methods.ts'
import { authorizationMethods } from './authorization-methods.ts'
import type { Handlers } from './call.ts'
import { serviceMethods } from './service-methods.ts'

/** Every method the lab answers. What the type table declares beyond these is `NotImplemented`. */
export const allMethods: Handlers = {
  ...serviceMethods,
  ...propertyCollectorMethods,
  ...viewMethods,
  ...searchMethods,
  ...authorizationMethods,
  ...historyMethods,
  ...vmSnapshotMethods,
  ...vmPowerMethods,
  ...vmConfigMethods,
  ...folderMethods,
  ...fileMethods,
  ...nfcServiceMethods,
  ...leaseMethods,
  ...ovfMethods,
  ...hostMethods,
  ...performanceMethods,
  ...guestMethods,
}
