import type { Device } from './vm-disk.ts'

const busByType: Readonly<Record<string, string>> = {
  VirtualSCSIController: 'scsi',
  ParaVirtualSCSIController: 'scsi',
  VirtualBusLogicController: 'scsi',
  VirtualLsiLogicController: 'scsi',
  VirtualLsiLogicSASController: 'scsi',
  VirtualIDEController: 'ide',
  VirtualSATAController: 'sata',
  VirtualAHCIController: 'sata',
  VirtualNVMEController: 'nvme',
}

export type DiskController = Extract<Device, { readonly busNumber: number }>

/** What a controller is called in an address: `scsi`, `sata`, `nvme`, `ide`; `undefined` for one that carries no disks. */
export const busOf = (device: Device): string | undefined => busByType[device.$type]

export const isController = (device: Device): device is DiskController => 'busNumber' in device

/** Where a device hangs, as a vmx file writes it: `scsi0:1`. `key2000` where its controller is unknown to us. */
export function addressOf(device: Device, devices: readonly Device[]): string {
  const controller = controllerOf(device, devices)
  const bus = controller && busOf(controller)
  if (controller === undefined || bus === undefined) return `key${device.key}`
  return `${bus}${controller.busNumber}:${device.unitNumber ?? 0}`
}

/** The controller a device hangs on. */
export function controllerOf(device: Device, devices: readonly Device[]): DiskController | undefined {
  return devices.filter(isController).find((controller) => controller.key === device.controllerKey)
}

/** `virtualSharing` or `physicalSharing` where several VMs share the bus. NVMe controllers can since API 8.0.2. */
export function sharedBusOf(controller: DiskController | undefined): string | undefined {
  return controller !== undefined && 'sharedBus' in controller ? controller.sharedBus : undefined
}
