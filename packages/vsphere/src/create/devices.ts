import type { AnyOf } from '../types/index.ts'
import { isController } from '../vm/controllers.ts'
import { devicesOf, isDisk } from '../vm/disks-of.ts'
import type { Device, VmConfig } from '../vm/vm-disk.ts'
import { controllerFor } from './bus-controllers.ts'
import type { CreateOptions, CreateWarning, Warn } from './create-options.ts'
import { cdromFor, floppyFor, type Place, serialPortFor } from './drives-and-ports.ts'
import { labelOf, leaveOut, needs } from './leave-out.ts'
import { isNetworkCard, networkCardFor } from './network-cards.ts'
import { pick } from './pick.ts'

// A new VM has these from the start; adding them again is an error. Devices on them keep the controller's fixed key.
// Source: VDDK programming guide, "Restoring a virtual machine". Evidence: documented.
const builtIn: ReadonlySet<string> = new Set([
  'VirtualIDEController',
  'VirtualPS2Controller',
  'VirtualPCIController',
  'VirtualSIOController',
  'VirtualKeyboard',
  'VirtualPointingDevice',
  'VirtualMachineVMCIDevice',
  'VirtualMachineVideoCard',
])

/** The keys of the built-in controllers, the same in every VM. */
const fixedKeys: ReadonlySet<number> = new Set([100, 200, 201, 300, 400, 600])

/** Devices bound to one host or to one VM's secrets: left out, and why. */
const bound: Readonly<Record<string, CreateWarning['sentence']>> = {
  VirtualTPM:
    'its secrets are bound to the old VM. A new virtual TPM can be added later; what the old one sealed needs its recovery key.',
  VirtualPCIPassthrough: 'it is bound to hardware of one host. Add it again on the new host.',
  VirtualSriovEthernetCard: 'it is bound to hardware of one host. Add it again on the new host.',
  VirtualSCSIPassthrough: 'it is bound to hardware of one host. Add it again on the new host.',
  VirtualUSB: 'it is bound to a USB port of one host. Attach it again on the new host.',
  VirtualNVDIMM: 'persistent memory is not in the backup.',
  VirtualNVDIMMController: 'persistent memory is not in the backup.',
  VirtualParallelPort: 'it is bound to a device or a file of one host.',
  VirtualMachineVMIROM: 'current hosts no longer support it.',
}

const isBound = (device: Device): boolean =>
  device.$type in bound || /^Virtual(?:SoundCard|Ensoniq1371|HdAudioCard|SoundBlaster16)$/.test(device.$type)

/** The devices of a new VM, disks left out, each as an addition. */
export function deviceChangesOf(
  config: VmConfig,
  options: CreateOptions,
  warn: Warn,
): AnyOf<'VirtualDeviceConfigSpec'>[] {
  const devices = devicesOf(config).filter((device) => !isDisk(device))
  const moved = devices.flatMap((device) => newDevice(device, devices, options, warn) ?? [])
  return moved.map((device) => ({ $type: 'VirtualDeviceConfigSpec', operation: 'add', device }))
}

function newDevice(device: Device, all: readonly Device[], options: CreateOptions, warn: Warn): Device | undefined {
  if (builtIn.has(device.$type)) return undefined
  if (isBound(device)) return leaveOut(device, bound[device.$type] ?? 'sound needs a device of the host.', warn)
  if (isNetworkCard(device)) return networkCardFor(device, labelOf(device), options, warn)
  if (isController(device)) return controllerFor(device, options, warn)
  const place = placeOf(device, all)
  if (device.$type === 'VirtualCdrom') return cdromFor(device, place, warn)
  if (device.$type === 'VirtualFloppy') return floppyFor(device, place, warn)
  if (device.$type === 'VirtualSerialPort') return serialPortFor(device, place, warn)
  if (device.$type === 'VirtualWDT')
    return needs('7.0', device, options, warn) && { ...pick(device, '$type', 'runOnBoot'), ...place, running: false }
  if (device.$type === 'VirtualPrecisionClock')
    return needs('7.0', device, options, warn) && { ...pick(device, '$type', 'backing'), ...place }
  return leaveOut(device, 'this version does not know that kind of device.', warn)
}

/** Negative keys tell new devices apart; only the built-in controllers keep theirs. */
function placeOf(device: Device, all: readonly Device[]): Place {
  const key = device.key === 0 ? -1 : -device.key
  const { controllerKey, unitNumber } = device
  if (controllerKey === undefined) return { key }
  const controller = all.find((other) => other.key === controllerKey)
  const onBuiltIn = controller === undefined ? fixedKeys.has(controllerKey) : builtIn.has(controller.$type)
  return { key, controllerKey: onBuiltIn ? controllerKey : -controllerKey, unitNumber }
}
