import { type DiskReader, openRawFile } from '@vmkeep/disk'
import { fail } from '../errors.ts'
import type { DiskDescription } from './vm-description.ts'

/** What a disk starts with. Whoever gets it owns the source. */
export interface DiskSource {
  readonly capacityBytes: number
  readonly source?: DiskReader
}

/** Opens a raw image, or says how big an empty disk is. @throws `lab.bad-description` */
export async function openDiskSource(vm: string, disk: DiskDescription): Promise<DiskSource> {
  if (disk.image === undefined) {
    if (disk.capacityBytes === undefined)
      throw fail('lab.bad-description', { what: `a disk of "${vm}"`, why: 'it has neither an image nor a capacity' })
    return { capacityBytes: disk.capacityBytes }
  }
  const source = await openRawFile(disk.image)
  return { capacityBytes: disk.capacityBytes ?? source.capacityBytes, source }
}
