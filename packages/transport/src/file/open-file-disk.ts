import { join } from 'node:path'
import type { Extent } from '@vmkeep/disk'
import { openVmdk, type VmdkReader } from '@vmkeep/vmdk'
import { parseDatastorePath } from '@vmkeep/vsphere'
import { differenceOf } from '../difference-of.ts'
import { fail } from '../errors.ts'
import { encrypted, isEncrypted, namesEncryption } from '../is-encrypted.ts'
import { sectorSizeOf } from '../sector-size-of.ts'
import type { TransportSettings } from '../settings.ts'
import type { DiskPlace, VmDiskReader, VmDiskRequest } from '../transport.ts'
import { directFiles } from './direct-files.ts'

export function whyNotFile(disk: DiskPlace, { mountedDatastores = {} }: TransportSettings): string | undefined {
  const datastore = parseDatastorePath(disk.path)?.datastore
  if (datastore === undefined) return 'the disk is no file of a datastore'
  if (!Object.hasOwn(mountedDatastores, datastore)) return `the datastore ${datastore} is not mounted on this machine`
  return isEncrypted(disk) ? encrypted : undefined
}

/**
 * Opens the VMDK of a disk, and its parents, where its datastore is mounted: NFS, or a copy of it. The layers below a snapshot do not
 * change, so that they can be read while the VM writes to its own.
 *
 * @throws `transport.file-refused` if it is encrypted; `transport.another-disk` if size or uuid are not the disk's: then something else is mounted there; `vmdk.*`
 */
export async function openFileDisk(request: VmDiskRequest): Promise<VmDiskReader> {
  const { path, settings, capacityBytes, uuid } = request
  const place = parseDatastorePath(path)!
  const root = settings.mountedDatastores![place.datastore]!
  const file = join(root, place.path)
  const disk = await openVmdk(file, settings.fileCaching === 'buffered' ? { root } : { files: directFiles(root) })
  const fact = differenceOf(disk, { capacityBytes, uuid })
  const isNoise = namesEncryption(disk.database)
  if (fact === undefined && !isNoise) return new FileDisk(disk, sectorSizeOf(request, disk.database))
  await disk[Symbol.asyncDispose]()
  if (isNoise) throw fail('transport.file-refused', { disk: path, reason: encrypted })
  throw fail('transport.another-disk', { disk: path, path: file, fact: fact! })
}

/** A VMDK on a mounted datastore as the rest of vmkeep knows disks. */
class FileDisk implements VmDiskReader {
  readonly transport = 'file'
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #disk: VmdkReader

  constructor(disk: VmdkReader, sectorSizeBytes: number) {
    this.#disk = disk
    this.capacityBytes = disk.capacityBytes
    this.sectorSizeBytes = sectorSizeBytes
  }

  read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#disk.read(offsetBytes, target, signal)
  }

  allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    return this.#disk.allocated(within, signal)
  }

  async metadata(): Promise<Readonly<Record<string, string>>> {
    return this.#disk.database
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disk[Symbol.asyncDispose]()
  }
}
