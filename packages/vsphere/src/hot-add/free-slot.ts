import { busOf, isController } from '../vm/controllers.ts'
import type { Device } from '../vm/vm-disk.ts'
import type { DiskSlot } from './attached-disk.ts'

export interface FreeSlot extends DiskSlot {
  /** `scsi1:4` */
  readonly address: string
}

/** Source: VirtualSCSIController.scsiCtlrUnitNumber: the unit a controller takes for itself. Evidence: documented. */
const ownUnit = 7
/** Source: vSphere configuration maximums, "virtual SCSI targets per virtual SCSI adapter": 15, the controller's own left out. Evidence: documented. */
const unitsMax = 16
/** With PVSCSI of hardware 14 and later. Source: vSphere 6.7 configuration maximums: 64 per PVSCSI adapter. Evidence: documented. */
const unitsMaxOfParavirtual = 65

/**
 * Where a disk could be attached: the emptiest SCSI controller that shares its bus with nobody, paravirtual ones first.
 * Only what exists is used: a controller that is added stays in the admin's VM, or goes with its last disk.
 */
export function freeSlot(devices: readonly Device[], hardwareVersion: number): FreeSlot | undefined {
  const free = devices
    .filter(isController)
    .filter(
      (device) =>
        busOf(device) === 'scsi' && (!('sharedBus' in device) || (device.sharedBus ?? 'noSharing') === 'noSharing'),
    )
    .map((controller) => ({ controller, units: freeUnits(controller, devices, hardwareVersion) }))
    .filter(({ units }) => units.length > 0)
    .toSorted((a, b) => rank(b.controller) - rank(a.controller) || b.units.length - a.units.length)
  const [best] = free
  if (best === undefined) return undefined
  const unitNumber = best.units[0]!
  return { controllerKey: best.controller.key, unitNumber, address: `scsi${best.controller.busNumber}:${unitNumber}` }
}

const isParavirtual = ({ $type }: Device): boolean => $type === 'ParaVirtualSCSIController'
const rank = (device: Device): number => (isParavirtual(device) ? 1 : 0)

function freeUnits(controller: Device, devices: readonly Device[], hardwareVersion: number): number[] {
  const taken = new Set(devices.filter((one) => one.controllerKey === controller.key).map((one) => one.unitNumber))
  return unitsOf(controller, hardwareVersion).filter((unit) => !taken.has(unit))
}

/** Source: vSphere configuration maximums: 30 devices on a SATA, 15 on an NVMe, 2 on an IDE adapter. Evidence: documented. */
const unitsMaxOfOthers: Readonly<Record<string, number>> = { sata: 30, nvme: 15, ide: 2 }

/** The units of a controller on which disks can hang. */
export function unitsOf(controller: Device, hardwareVersion: number): number[] {
  const bus = busOf(controller) ?? ''
  const ofScsi = isParavirtual(controller) && hardwareVersion >= 14 ? unitsMaxOfParavirtual : unitsMax
  const max = bus === 'scsi' ? ofScsi : (unitsMaxOfOthers[bus] ?? 0)
  return Array.from({ length: max }, (_, unit) => unit).filter((unit) => bus !== 'scsi' || unit !== ownUnit)
}
