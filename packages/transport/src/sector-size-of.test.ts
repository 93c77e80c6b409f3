import { type Device, unknownElements } from '@vmkeep/vsphere'
import { expect, it } from 'vitest'
import { sectorSizeOf } from './sector-size-of.ts'

const diskOf = (format?: string): Device => ({
  $type: 'VirtualDisk',
  key: 2000,
  capacityInKB: 1024,
  ...(format !== undefined && {
    [unknownElements]: [{ name: 'virtualDiskFormat', xml: `<virtualDiskFormat>${format}</virtualDiskFormat>` }],
  }),
})

it.each([
  ['as vSphere says', diskOf('native_4k'), {}, 4096],
  ['as vSphere says, not as an old descriptor does', diskOf('native_512'), { logicalSectorSize: '4096' }, 512],
  ['as the descriptor says, where vSphere does not', diskOf(), { logicalSectorSize: '4096' }, 4096],
  ['512 where nobody says', diskOf(), {}, 512],
  ['512 where the device is not known and the descriptor is odd', undefined, { logicalSectorSize: 'x' }, 512],
])('the sectors of a disk read from its files are %s', (_, device, database, size) => {
  expect(sectorSizeOf({ ...(device && { device }) }, database)).toBe(size)
})
