import { stat } from 'node:fs/promises'
import type { DiskReader } from '@vmkeep/disk'
import { openBlockDevice } from '@vmkeep/disk'
import { messageOf } from '@vmkeep/kit'
import { openPartition, VmfsVolume, type VolumeDevice } from '@vmkeep/vmfs'
import { fail } from '../errors.ts'
import type { SanDatastore } from './datastore-on-luns.ts'
import { findLun } from './find-lun.ts'
import { notVisible } from './survey-luns.ts'

/**
 * Opens the file system of a datastore on its LUNs: for reading only, and past the kernel's cache, since hosts write to them and the cache would not know.
 *
 * @throws `transport.san-refused`, `vmfs.*`
 */
export async function openVolume(disk: string, { name, vmfs }: SanDatastore, folder: string): Promise<VmfsVolume> {
  const refuse = (reason: string) => fail('transport.san-refused', { disk, reason })
  const devices: VolumeDevice[] = []
  try {
    for (const { diskName, partition } of vmfs.extent) {
      const path = await findLun(diskName, folder)
      if (path === undefined) throw refuse(notVisible(name, diskName, folder))
      const lun = await openLun(path, refuse)
      devices.push({ name: diskName, disk: await openedPart(lun, partition, diskName) })
    }
  } catch (error) {
    for (const device of devices) await device.disk[Symbol.asyncDispose]()
    throw error
  }
  const volume = await VmfsVolume.open(devices)
  if (volume.uuid === vmfs.uuid.toLowerCase()) return volume
  await volume[Symbol.asyncDispose]()
  throw refuse(`the volume on ${vmfs.extent[0]!.diskName} is ${volume.uuid}; the datastore ${name} is ${vmfs.uuid}`)
}

async function openLun(path: string, refuse: (reason: string) => Error): Promise<DiskReader> {
  const device = await openBlockDevice(path).catch((error: unknown) => {
    throw refuse(`${path} cannot be opened: ${messageOf(error)}; root, or the group disk, may read block devices`)
  })
  if (device.isDirect || !(await stat(path)).isBlockDevice()) return device
  await device[Symbol.asyncDispose]()
  throw refuse(`${path} cannot be read past the kernel's cache, which does not know what hosts write`)
}

async function openedPart(lun: DiskReader, partition: number, name: string): Promise<DiskReader> {
  try {
    return await openPartition(lun, partition, name)
  } catch (error) {
    await lun[Symbol.asyncDispose]()
    throw error
  }
}
