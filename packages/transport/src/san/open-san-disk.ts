import { checkRun, diskFail, type Extent } from '@vmkeep/disk'
import { codeOf, messageOf } from '@vmkeep/kit'
import { openVmdk, type VmdkReader } from '@vmkeep/vmdk'
import type { VmfsVolume } from '@vmkeep/vmfs'
import { parseDatastorePath } from '@vmkeep/vsphere'
import { differenceOf } from '../difference-of.ts'
import { fail } from '../errors.ts'
import { namesEncryption } from '../is-encrypted.ts'
import { sectorSizeOf } from '../sector-size-of.ts'
import type { VmDiskReader, VmDiskRequest } from '../transport.ts'
import { ChainFiles } from './chain-files.ts'
import { compareWithHost } from './compare-with-host.ts'
import { findDatastore } from './find-datastore.ts'
import { defaultLunFolder } from './find-lun.ts'
import { openVolume } from './open-volume.ts'
import { StillTheSame } from './still-the-same.ts'

/**
 * Opens a VMDK, and its parents, in the VMFS on its datastore's LUNs. The layers below a snapshot do not change, so that they can be read while the
 * VM writes to its own; that they did not is looked at after every read.
 *
 * @throws `transport.san-refused` with the reason; `transport.another-disk`, `transport.san-differs`; `vmfs.*`, `vmdk.*`
 */
export async function openSanDisk(request: VmDiskRequest): Promise<VmDiskReader> {
  const { path, settings } = request
  const place = parseDatastorePath(path)!
  const datastore = await findDatastore(request)
  const volume = await openVolume(path, datastore, settings.lunFolder ?? defaultLunFolder)
  try {
    const files = new ChainFiles(volume, datastore.name)
    const vmdk = await openVmdk(place.path, { files })
    if (namesEncryption(vmdk.database))
      throw fail('transport.san-refused', { disk: path, reason: 'the disk is encrypted' })
    const fact = differenceOf(vmdk, request)
    if (fact !== undefined)
      throw fail('transport.another-disk', { disk: path, path: `${volume.name}:/${place.path}`, fact })
    const disk = new SanDisk(request, vmdk, volume, new StillTheSame(path, files.opened))
    await compareWithHost(disk, request)
    return disk
  } catch (error) {
    await volume[Symbol.asyncDispose]()
    throw error
  }
}

/** A VMDK on a LUN as the rest of vmkeep knows disks. */
class SanDisk implements VmDiskReader {
  readonly transport = 'san'
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #path: string
  readonly #vmdk: VmdkReader
  readonly #volume: VmfsVolume
  readonly #same: StillTheSame
  #closed = false

  constructor(request: VmDiskRequest, vmdk: VmdkReader, volume: VmfsVolume, same: StillTheSame) {
    this.#path = request.path
    this.#vmdk = vmdk
    this.#volume = volume
    this.#same = same
    this.capacityBytes = vmdk.capacityBytes
    this.sectorSizeBytes = sectorSizeOf(request, vmdk.database)
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check({ offsetBytes, lengthBytes: target.length }, signal)
    await this.#explained(async () => {
      await this.#vmdk.read(offsetBytes, target, signal)
      await this.#same.confirm()
    }, signal)
  }

  /** What is left out is believed by the caller as zeroes: so each extent, and the end, comes only when the map was still true behind it. */
  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    this.#check(within, signal)
    const extents = this.#vmdk.allocated(within, signal)[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await this.#explained(async () => {
        const next = await extents.next()
        await this.#same.confirm()
        return next
      }, signal)
      if (done === true) return
      yield value
    }
  }

  async metadata(): Promise<Readonly<Record<string, string>>> {
    this.#check({ offsetBytes: 0, lengthBytes: 0 }, undefined)
    return this.#vmdk.database
  }

  #check({ offsetBytes, lengthBytes }: Extent, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#path })
    checkRun(this.#path, this.capacityBytes, offsetBytes, lengthBytes)
  }

  /** What was asked is in order: what a disk below complains of is a fault of the LUN, and another transport may do better. */
  async #explained<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await work()
    } catch (error) {
      signal?.throwIfAborted()
      if (this.#closed) throw diskFail('disk.closed', { disk: this.#path })
      if (codeOf(error)?.startsWith('disk.') !== true) throw error
      throw fail('transport.san-changed', { disk: this.#path, file: 'its LUN', fact: messageOf(error) }, error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#vmdk[Symbol.asyncDispose]()
    await this.#volume[Symbol.asyncDispose]()
  }
}
