import { expect, it } from 'vitest'
import type { Device } from '../vm/vm-disk.ts'
import { chooseSlot } from './choose-slot.ts'

const scsi = (busNumber: number, sharedBus = 'noSharing') =>
  ({ $type: 'ParaVirtualSCSIController', key: 1000 + busNumber, busNumber, sharedBus }) as Device
const sata = { $type: 'VirtualAHCIController', key: 15_000, busNumber: 0 } as Device
const disk = { $type: 'VirtualDisk', key: 2000, controllerKey: 1000, unitNumber: 0 } as Device
const devices = [scsi(0), scsi(1, 'physicalSharing'), sata, disk]
const choose = (asked?: string, isRunning = false, hardwareVersion = 'vmx-13') =>
  chooseSlot({ devices, hardwareVersion, isRunning }, asked)

it('takes a free slot, or the one that is asked for', () => {
  expect(choose()).toMatchObject({ address: 'scsi0:1' })
  expect(choose('scsi0:9')).toEqual({ address: 'scsi0:9', controllerKey: 1000, unitNumber: 9 })
  expect(choose('sata0:29')).toMatchObject({ controllerKey: 15_000, unitNumber: 29 })
  expect(choose('scsi0:40', true, 'vmx-19')).toMatchObject({ unitNumber: 40 })
})

it.each([
  ['scsi0:0', 'is taken'],
  ['scsi0:7', 'has no unit 7'],
  ['scsi0:16', 'has no unit 16'],
  ['sata0:30', 'has no unit 30'],
  ['scsi1:0', 'shares its bus'],
  ['nvme0:0', 'no controller nvme0'],
  ['usb:1', 'is no slot'],
])('says why %s cannot be had', (asked, why) => expect(choose(asked)).toContain(why))

it('takes nothing but SCSI while the VM runs', () => expect(choose('sata0:1', true)).toContain('only SCSI'))
