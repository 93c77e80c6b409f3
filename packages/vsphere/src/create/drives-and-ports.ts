import type { Device } from '../vm/vm-disk.ts'
import type { Warn } from './create-options.ts'
import { labelOf, leaveOut } from './leave-out.ts'

/** Where a device goes: its key, and the controller it hangs on. */
export type Place = Pick<Device, 'key' | 'controllerKey' | 'unitNumber'>

const disconnected = { startConnected: false, allowGuestControl: true, connected: false } as const

/** A drive without a disc. An ISO of the old place may not exist in the new one, and then the whole VM would be refused. */
export function cdromFor(device: Extract<Device, { $type: 'VirtualCdrom' }>, place: Place, warn: Warn): Device {
  if (device.backing?.$type === 'VirtualCdromIsoBackingInfo')
    warn({
      code: 'cdrom-emptied',
      device: labelOf(device),
      sentence: `${labelOf(device)} comes back without its disc ${device.backing.fileName}.`,
    })
  const backing = { $type: 'VirtualCdromRemoteAtapiBackingInfo', deviceName: '', useAutoDetect: false } as const
  return { $type: 'VirtualCdrom', ...place, backing, connectable: disconnected }
}

export function floppyFor(device: Extract<Device, { $type: 'VirtualFloppy' }>, place: Place, warn: Warn): Device {
  if (device.backing?.$type === 'VirtualFloppyImageBackingInfo')
    warn({
      code: 'floppy-emptied',
      device: labelOf(device),
      sentence: `${labelOf(device)} comes back without its image ${device.backing.fileName}.`,
    })
  const backing = { $type: 'VirtualFloppyRemoteDeviceBackingInfo', deviceName: '', useAutoDetect: false } as const
  return { $type: 'VirtualFloppy', ...place, backing, connectable: disconnected }
}

/** Ports to a pipe or a network service come back; those to a file or a device of the host can't. */
export function serialPortFor(
  device: Extract<Device, { $type: 'VirtualSerialPort' }>,
  place: Place,
  warn: Warn,
): Device | undefined {
  const { backing } = device
  const movable =
    backing?.$type === 'VirtualSerialPortURIBackingInfo' || backing?.$type === 'VirtualSerialPortPipeBackingInfo'
  if (!movable) return leaveOut(device, 'it is bound to a device or a file of one host.', warn)
  return { $type: 'VirtualSerialPort', ...place, backing, yieldOnPoll: device.yieldOnPoll, connectable: disconnected }
}
