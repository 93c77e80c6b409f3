import { describe, expect, it } from 'vitest'
import { unknownElements } from '../types/index.ts'
import { disksOf } from './disks-of.ts'
import { configOf, diskDevice, flatBacking, gib, scsiController } from './fixtures.ts'
import type { Device, VirtualDiskDevice, VmConfig } from './vm-disk.ts'

const only = (device: VirtualDiskDevice, controller: Device = scsiController()) =>
  disksOf(configOf([controller, device]))[0]!

describe('disksOf', () => {
  it('tells everything of a plain disk', () => {
    const { device: _, ...disk } = only(diskDevice())
    expect(disk).toEqual({
      key: 2000,
      label: 'Hard disk 1',
      address: 'scsi0:0',
      capacityBytes: 16 * gib,
      fileName: '[fast] web-1/web-1.vmdk',
      datastoreName: 'fast',
      diskMode: 'persistent',
      sharing: 'sharingNone',
      backingType: 'VirtualDiskFlatVer2BackingInfo',
      controllerSharedBus: 'noSharing',
      changeId: '52 de c0 d9 b9 43 9d 10-61 d5 4c 1b e9 7b 65 63/81',
      uuid: '6000C294-0f7d-94a1-0000-000000000001',
      diskObjectId: '1-2000',
      thinProvisioned: true,
    })
  })

  it.each<[string, Device, number, string]>([
    ['ParaVirtualSCSIController', scsiController({ busNumber: 2 }), 5, 'scsi2:5'],
    [
      'VirtualLsiLogicSASController',
      { ...scsiController(), $type: 'VirtualLsiLogicSASController' } as Device,
      1,
      'scsi0:1',
    ],
    ['VirtualAHCIController', { $type: 'VirtualAHCIController', key: 1000, busNumber: 1 }, 4, 'sata1:4'],
    ['VirtualNVMEController', { $type: 'VirtualNVMEController', key: 1000, busNumber: 0 }, 3, 'nvme0:3'],
    ['VirtualIDEController', { $type: 'VirtualIDEController', key: 1000, busNumber: 1 }, 0, 'ide1:0'],
    ['a controller nobody listed', scsiController({ key: 1001 }), 0, 'key2000'],
  ])('names the slot on %s', (_, controller, unitNumber, address) => {
    expect(only(diskDevice({ unitNumber }), controller).address).toBe(address)
  })

  it('falls back to kilobytes where an old server gives no bytes, and to nothing where it gives neither', () => {
    expect(only(diskDevice({ capacityInBytes: undefined, capacityInKB: 8 })).capacityBytes).toBe(8192)
    expect(only(diskDevice({ capacityInBytes: undefined, capacityInKB: undefined as never })).capacityBytes).toBe(0)
  })

  it('takes an empty change id for none', () => {
    expect(only(diskDevice({ backing: flatBacking({ changeId: '' }) })).changeId).toBeUndefined()
  })

  it('reads a raw device mapping, a disk without backing, and one of a kind unknown here', () => {
    const rdm = only(
      diskDevice({
        backing: {
          $type: 'VirtualDiskRawDiskMappingVer1BackingInfo',
          fileName: '[fast] db/rdm.vmdk',
          compatibilityMode: 'physicalMode',
          lunUuid: '0200',
        },
      }),
    )
    expect(rdm).toMatchObject({
      rdmMode: 'physicalMode',
      fileName: '[fast] db/rdm.vmdk',
      backingType: 'VirtualDiskRawDiskMappingVer1BackingInfo',
    })
    expect(rdm.diskMode).toBeUndefined()
    expect(only(diskDevice({ backing: undefined }))).toMatchObject({ fileName: '', backingType: '' })
    expect(only(diskDevice({ backing: { $type: 'VirtualDiskHoloBackingInfo' } as never }))).toMatchObject({
      fileName: '',
      backingType: 'VirtualDiskHoloBackingInfo',
    })
  })

  it.each([
    ['native_4k', 4096],
    ['native_512', 512],
    ['emulated_512', undefined],
  ])('reads the sector size of the format %s', (format, sectorBytes) => {
    const device = {
      ...diskDevice(),
      [unknownElements]: [{ name: 'virtualDiskFormat', xml: `<virtualDiskFormat>${format}</virtualDiskFormat>` }],
    }
    expect(only(device).sectorBytes).toBe(sectorBytes)
  })

  it('finds no disks in a configuration without hardware', () => {
    expect(disksOf({ ...configOf([]), hardware: undefined as never } as VmConfig)).toEqual([])
    expect(disksOf(configOf([scsiController()]))).toEqual([])
  })
})
