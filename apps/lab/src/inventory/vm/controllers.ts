import type { ControllerKind, DiskDescription } from '../../config/vm-description.ts'
import type { Device } from './vm-settings.ts'

interface ControllerType {
  readonly $type:
    | 'ParaVirtualSCSIController'
    | 'VirtualLsiLogicController'
    | 'VirtualLsiLogicSASController'
    | 'VirtualNVMEController'
    | 'VirtualAHCIController'
    | 'VirtualIDEController'
  readonly firstKey: number
  readonly label: string
  /** How many devices hang on one. */
  readonly units: number
  /** As the vmx file writes the bus: `scsi0:0`. */
  readonly bus: 'scsi' | 'nvme' | 'sata' | 'ide'
  readonly adapter: string
}

export const controllerTypes: Readonly<Record<ControllerKind, ControllerType>> = {
  pvscsi: {
    $type: 'ParaVirtualSCSIController',
    firstKey: 1000,
    label: 'SCSI controller',
    units: 16,
    bus: 'scsi',
    adapter: 'lsilogic',
  },
  lsilogic: {
    $type: 'VirtualLsiLogicController',
    firstKey: 1000,
    label: 'SCSI controller',
    units: 16,
    bus: 'scsi',
    adapter: 'lsilogic',
  },
  lsilogicsas: {
    $type: 'VirtualLsiLogicSASController',
    firstKey: 1000,
    label: 'SCSI controller',
    units: 16,
    bus: 'scsi',
    adapter: 'lsilogic',
  },
  nvme: {
    $type: 'VirtualNVMEController',
    firstKey: 31_000,
    label: 'NVME controller',
    units: 15,
    bus: 'nvme',
    adapter: 'lsilogic',
  },
  sata: {
    $type: 'VirtualAHCIController',
    firstKey: 15_000,
    label: 'SATA controller',
    units: 30,
    bus: 'sata',
    adapter: 'ide',
  },
  ide: { $type: 'VirtualIDEController', firstKey: 200, label: 'IDE', units: 2, bus: 'ide', adapter: 'ide' },
}

/** The unit a SCSI controller takes for itself. Source: VirtualSCSIController.scsiCtlrUnitNumber. Evidence: documented. */
export const ownScsiUnit = 7

const busSharing = { virtual: 'virtualSharing', physical: 'physicalSharing' } as const

/** A controller as a device, by its kind and number. */
export function controllerDevice(
  kind: ControllerKind,
  busNumber: number,
  sharedBus?: DiskDescription['sharedBus'],
): Device {
  const { $type, firstKey, label } = controllerTypes[kind]
  const sharing = sharedBus === undefined ? 'noSharing' : busSharing[sharedBus]
  const common = {
    key: firstKey + busNumber,
    deviceInfo: { $type: 'Description', label: `${label} ${busNumber}`, summary: $type },
    controllerKey: 100,
    unitNumber: 3 + busNumber,
    busNumber,
  } as const
  if ($type === 'VirtualNVMEController') return { $type, ...common, sharedBus: sharing }
  if ($type === 'VirtualAHCIController' || $type === 'VirtualIDEController') return { $type, ...common }
  return { $type, ...common, hotAddRemove: true, sharedBus: sharing, scsiCtlrUnitNumber: ownScsiUnit }
}

export const isController = (device: Device): boolean => 'busNumber' in device

/** 0 for one that is unknown. */
export const busNumberOf = (controller: Device | undefined): number =>
  controller !== undefined && 'busNumber' in controller ? controller.busNumber : 0

/** `scsi0:1`: where a disk hangs, as the vmx file names it. */
export function nodeOf(controller: Device | undefined, unitNumber: number): string {
  const type = Object.values(controllerTypes).find(({ $type }) => $type === controller?.$type)
  return `${type?.bus ?? 'scsi'}${busNumberOf(controller)}:${unitNumber}`
}

/** The lowest unit of a controller that is free. */
export function freeUnit(controller: Device, taken: ReadonlySet<number>): number | undefined {
  const type = Object.values(controllerTypes).find(({ $type }) => $type === controller.$type)
  for (let unit = 0; unit < (type?.units ?? 1); unit++)
    if (!taken.has(unit) && !(type?.bus === 'scsi' && unit === ownScsiUnit)) return unit
  return undefined
}
