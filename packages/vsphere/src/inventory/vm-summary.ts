import type { Enumeration, ManagedObjectReference } from '../types/index.ts'

/** A VM in a list. What vSphere does not say is absent: a VM whose configuration is gone is still listed. */
export interface VmSummary {
  readonly ref: ManagedObjectReference
  readonly name: string
  /** `/datacenter/vm/folder/name`; a slash inside a name is `%2f`. */
  readonly inventoryPath: string
  readonly instanceUuid?: string | undefined
  readonly biosUuid?: string | undefined
  readonly powerState?: Enumeration<'VirtualMachinePowerState'> | undefined
  readonly connectionState?: Enumeration<'VirtualMachineConnectionState'> | undefined
  readonly template: boolean
  readonly hostName?: string | undefined
  readonly guestFullName?: string | undefined
  /** What its disks may grow to, and what they take now. */
  readonly provisionedBytes?: number | undefined
  readonly usedBytes?: number | undefined
}
