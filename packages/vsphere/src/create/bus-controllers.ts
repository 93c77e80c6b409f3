import type { DiskController } from '../vm/controllers.ts'
import type { Device } from '../vm/vm-disk.ts'
import type { CreateOptions, Warn } from './create-options.ts'
import { labelOf, leaveOut, needs } from './leave-out.ts'
import { pick } from './pick.ts'

/** A controller for the new VM, on the same bus number, with no sharing and no devices yet. */
export function controllerFor(device: DiskController, options: CreateOptions, warn: Warn): Device | undefined {
  warnAboutSharing(device, warn)
  const common = { ...pick(device, 'slotInfo', 'busNumber'), key: -device.key }
  if (device.$type === 'VirtualNVMEController')
    return needs('6.5', device, options, warn) && { ...common, $type: device.$type }
  if (device.$type === 'VirtualUSBController')
    return { ...common, ...pick(device, '$type', 'autoConnectDevices', 'ehciEnabled') }
  if (device.$type === 'VirtualUSBXHCIController') return { ...common, ...pick(device, '$type', 'autoConnectDevices') }
  if (device.$type === 'VirtualSATAController' || device.$type === 'VirtualAHCIController')
    return { ...common, $type: 'VirtualAHCIController' }
  if (isScsi(device)) return { ...common, ...pick(device, '$type', 'hotAddRemove'), sharedBus: 'noSharing' }
  return leaveOut(device, 'this version does not know that kind of controller.', warn)
}

type ScsiController = Extract<DiskController, { readonly scsiCtlrUnitNumber?: number | undefined }>

const isScsi = (device: DiskController): device is ScsiController =>
  /^(?:ParaVirtualSCSI|VirtualBusLogic|VirtualLsiLogic|VirtualLsiLogicSAS|VirtualSCSI)Controller$/.test(device.$type)

function warnAboutSharing(device: DiskController, warn: Warn): void {
  if (!('sharedBus' in device) || device.sharedBus === undefined || device.sharedBus === 'noSharing') return
  warn({
    code: 'bus-sharing-off',
    device: labelOf(device),
    sentence: `${labelOf(device)} shared its bus with other VMs; the new one does not.`,
  })
}
