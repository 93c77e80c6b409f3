import { type BlockDevice, checkRun, diskFail, endOf, type Extent, openBlockDevice } from '@vmkeep/disk'
import { codeOf, messageOf } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import { openNfcDisk } from '../nfc/open-nfc-disk.ts'
import type { VmDiskReader, VmDiskRequest } from '../transport.ts'
import { AttachedDevice } from './attached-device.ts'

/**
 * Attaches a snapshot's disk to the machine we run on and reads it there as a block device, past the kernel's cache.
 * Closing it takes the disk off again.
 *
 * NFC stands beside it: for the first sector, which a guest may change as the disk appears; for what is allocated; for the VMDK's
 * metadata, which no block device has.
 *
 * @throws `transport.*`, `vsphere.*`, `nfc.*`: nothing is attached then
 */
export async function openHotaddDisk(request: VmDiskRequest): Promise<VmDiskReader> {
  const { proxy } = request.settings
  if (proxy === undefined || 'whyNot' in proxy) throw fail('transport.not-logged', { disk: request.path })
  await using made = new AsyncDisposableStack()
  const attached = made.use(await AttachedDevice.attach(request, proxy)) // disposed last: after what has it open
  const nfc = made.use(await openNfcDisk(request, 'nbdssl', 'read'))
  const device = made.use(await openDevice(attached.device.path, request.path))
  if (device.capacityBytes !== request.capacityBytes || nfc.capacityBytes !== request.capacityBytes)
    throw another(request, attached.device.path, `it has ${device.capacityBytes} bytes, not ${request.capacityBytes}`)
  const first = await firstSector(request, nfc, device)
  return new HotaddDisk({ request, nfc, device, first, resources: made.move() })
}

async function openDevice(device: string, path: string): Promise<BlockDevice> {
  try {
    return await openBlockDevice(device)
  } catch (error) {
    throw fail('transport.device-failed', { disk: path, device, why: messageOf(error) }, error)
  }
}

/**
 * The signature that Windows gives a disk whose own is taken, and the reserved word behind it.
 * Source: vadp.md §5.2 (VDDK 6.5.2 notes: bytes 0x1bc-0x1bd of sector 0 change silently); Microsoft, MBR: signature at 0x1b8. Evidence: documented.
 */
const signature = { start: 0x1b8, end: 0x1be }

/** The first sector as the host has it. All but the signature must be on the device too: else it is another disk. */
async function firstSector(request: VmDiskRequest, nfc: VmDiskReader, device: BlockDevice): Promise<Uint8Array> {
  const lengthBytes = Math.min(Math.max(nfc.sectorSizeBytes, device.sectorSizeBytes), request.capacityBytes)
  const [first, seen] = [Buffer.alloc(lengthBytes), Buffer.alloc(lengthBytes)]
  await nfc.read(0, first, request.signal)
  await device.read(0, seen, request.signal)
  for (const [at, byte] of first.entries())
    if (byte !== seen[at] && !(at >= signature.start && at < signature.end))
      throw another(request, device.path, `its first sector is another one, from byte ${at} on`)
  return first
}

const another = ({ path }: VmDiskRequest, device: string, fact: string): Error =>
  fail('transport.another-disk', { disk: path, path: device, fact })

interface HotaddParts {
  readonly request: VmDiskRequest
  readonly nfc: VmDiskReader
  readonly device: BlockDevice
  readonly first: Uint8Array
  readonly resources: AsyncDisposableStack
}

/** A disk on this machine, as the rest of vmkeep knows disks. */
class HotaddDisk implements VmDiskReader {
  readonly transport = 'hotadd'
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #parts: HotaddParts
  #closed: Promise<void> | undefined

  constructor(parts: HotaddParts) {
    this.#parts = parts
    this.capacityBytes = parts.device.capacityBytes
    this.sectorSizeBytes = parts.nfc.sectorSizeBytes
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    this.#check({ offsetBytes, lengthBytes: target.length }, signal)
    const { request, device, first } = this.#parts
    try {
      await device.read(offsetBytes, target, signal)
    } catch (error) {
      signal?.throwIfAborted()
      if (codeOf(error) === 'disk.closed') throw error
      throw fail('transport.device-failed', { disk: request.path, device: device.path, why: messageOf(error) }, error)
    }
    if (offsetBytes < first.length) target.set(first.subarray(offsetBytes, offsetBytes + target.length))
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    this.#check(within, signal)
    yield* this.#parts.nfc.allocated(within, signal)
  }

  metadata(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#parts.nfc.metadata(signal)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#parts.resources.disposeAsync()
    return this.#closed
  }

  #check(extent: Extent, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    const { path } = this.#parts.request
    if (this.#closed !== undefined) throw diskFail('disk.closed', { disk: path })
    checkRun(path, this.capacityBytes, extent.offsetBytes, endOf(extent) - extent.offsetBytes)
  }
}
