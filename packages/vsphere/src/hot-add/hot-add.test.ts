import { describe, expect, it } from 'vitest'
import type { Device } from '../vm/vm-disk.ts'
import { findAttached, hangsOn } from './attached-disk.ts'
import { freeSlot } from './free-slot.ts'

const controller = (key: number, busNumber: number, $type = 'ParaVirtualSCSIController', sharedBus = 'noSharing') =>
  ({ $type, key, busNumber, sharedBus }) as Device
const disk = (controllerKey: number, unitNumber: number, backing: object = {}) =>
  ({ $type: 'VirtualDisk', key: 2000 + unitNumber, controllerKey, unitNumber, backing }) as unknown as Device
const filled = (key: number, count: number) =>
  Array.from({ length: count }, (_, unit) => unit)
    .filter((unit) => unit !== 7)
    .map((unit) => disk(key, unit))

describe('a free slot', () => {
  it('is on the emptiest paravirtual controller, and never the unit of the controller itself', () => {
    const devices = [controller(1000, 0), controller(1001, 1), ...filled(1000, 2), ...filled(1001, 7)]
    expect(freeSlot(devices, 13)).toEqual({ controllerKey: 1000, unitNumber: 2, address: 'scsi0:2' })
    expect(freeSlot([controller(1000, 0), ...filled(1000, 7)], 13)?.unitNumber).toBe(8)
  })

  it('is on another kind of SCSI controller where no paravirtual one has room', () => {
    const devices = [controller(1000, 0), controller(1001, 1, 'VirtualLsiLogicSASController'), ...filled(1000, 16)]
    expect(freeSlot(devices, 13)?.address).toBe('scsi1:0')
  })

  it('is above 15 only on a paravirtual controller of hardware 14 and later', () => {
    const full = [controller(1000, 0), ...filled(1000, 16)]
    expect(freeSlot(full, 13)).toBeUndefined()
    expect(freeSlot(full, 14)?.address).toBe('scsi0:16')
    const lsi = [controller(1000, 0, 'VirtualLsiLogicController'), ...filled(1000, 16)]
    expect(freeSlot(lsi, 19)).toBeUndefined()
  })

  it('is on no shared bus, and on nothing but SCSI', () => {
    const shared = controller(1000, 0, 'ParaVirtualSCSIController', 'physicalSharing')
    expect(freeSlot([shared, controller(15_000, 0, 'VirtualAHCIController')], 19)).toBeUndefined()
    expect(freeSlot([], 19)).toBeUndefined()
  })
})

describe('an attached disk', () => {
  const path = '[ds] web/web.vmdk'
  const uuid = '6000C293-1f2e-0000-0000-000000000001'
  const slot = { controllerKey: 1000, unitNumber: 3, path, uuid }
  const mode = { diskMode: 'independent_nonpersistent' }

  it.each([
    ['as asked', disk(1000, 3, { ...mode, fileName: path, uuid: '6000c2931f2e00000000000000000001' })],
    [
      'with a redo log on top',
      disk(1000, 3, { ...mode, fileName: '[ds] web/web-REDO_1.vmdk', parent: { fileName: path } }),
    ],
  ])('is known %s', (_, device) => {
    expect(findAttached([disk(1000, 0), device], slot)).toBe(device)
    expect(hangsOn([device], path)).toBe(true)
  })

  it.each([
    ['another slot', disk(1000, 4, { ...mode, fileName: path, uuid })],
    ['another controller', disk(1001, 3, { ...mode, fileName: path, uuid })],
    ['another file', disk(1000, 3, { ...mode, fileName: '[ds] web/web_1.vmdk', uuid })],
    ['another uuid', disk(1000, 3, { ...mode, fileName: path, uuid: '6000C293-1f2e-0000-0000-000000000002' })],
    [
      'another mode, as somebody who means to keep it has attached it',
      disk(1000, 3, { diskMode: 'persistent', fileName: path, uuid }),
    ],
  ])('is not one in %s', (_, device) => expect(findAttached([device], slot)).toBeUndefined())
})
