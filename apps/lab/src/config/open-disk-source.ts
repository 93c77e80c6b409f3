import { type DiskReader, openRawFile } from '@vmkeep/disk'
import { openVmdk } from '@vmkeep/vmdk'
import { fail } from '../errors.ts'
import { generateDisk, type GeneratedDisk } from '../guest/index.ts'
import type { DiskDescription } from './vm-description.ts'

/** What a disk starts with. Whoever gets it owns the source. */
export interface DiskSource {
  readonly capacityBytes: number
  readonly source?: DiskReader | undefined
  /** What is known of a disk that was made up: its files, and where a guest may write. */
  readonly generated?: GeneratedDisk
}

/**
 * Opens a raw image or a VMDK, makes a disk up, or says how big an empty one is. Images that are made up are kept in `imageFolder`.
 *
 * @throws `lab.bad-description`
 */
export async function openDiskSource(vm: string, disk: DiskDescription, imageFolder: string): Promise<DiskSource> {
  if (disk.generate !== undefined) {
    const generated = await generateDisk(disk.generate, { folder: imageFolder })
    return { capacityBytes: disk.capacityBytes ?? generated.capacityBytes, source: await generated.open(), generated }
  }
  if (disk.image !== undefined) return openImage(vm, disk.image, disk.capacityBytes)
  if (disk.capacityBytes !== undefined) return { capacityBytes: disk.capacityBytes }
  throw fail('lab.bad-description', { what: `a disk of "${vm}"`, why: 'it has neither an image nor a capacity' })
}

async function openImage(vm: string, image: string, asked: number | undefined): Promise<DiskSource> {
  const source = await (image.endsWith('.vmdk') ? openVmdk(image) : openRawFile(image))
  const capacityBytes = asked ?? Math.ceil(source.capacityBytes / 512) * 512
  if (capacityBytes >= source.capacityBytes) return { capacityBytes, source }
  await source[Symbol.asyncDispose]()
  throw fail('lab.bad-description', {
    what: `a disk of "${vm}"`,
    why: `${image} is larger than ${capacityBytes} bytes`,
  })
}
