import type { Extent } from '@vmkeep/disk'
import { readDisks } from '@vmkeep/vsphere'
import { fail } from '../errors.ts'
import type { DiskPlace, VmDiskReader, VmDiskRequest } from '../transport.ts'
import { LeasePass } from './lease-pass.ts'
import { PassingDisk } from './passing-disk.ts'
import { type HeldLease, holdLease } from './shared-lease.ts'

/** A lease sends nothing but whole disks. */
export const whyNotLease = ({ inPart }: DiskPlace): string | undefined =>
  inPart === true ? 'a lease sends the whole disk, and only what changed is wanted' : undefined

/** How often a passage that broke is begun again, where no other transport is there to go on. */
const restartsMax = 2

/**
 * Opens a disk of a snapshot, or of a VM that is off, through a lease (ExportSnapshot, ExportVm): a stream from its start to its end.
 *
 * @throws `transport.lease-without-disk`, `.lease-another-disk`; `vsphere.no-permission` (VApp.Export), `vsphere.busy`, …
 */
export async function openLeaseDisk(request: VmDiskRequest): Promise<VmDiskReader> {
  const { slot, sectorSizeBytes } = await deviceOf(request)
  const source = new LeaseSource(request, slot)
  const disk = new PassingDisk({
    path: request.path,
    capacityBytes: request.capacityBytes,
    sectorSizeBytes,
    open: (signal) => source.open(AbortSignal.any([signal, request.signal])),
    restartsMax: request.settings.order.at(-1) === 'lease' ? restartsMax : 0,
    onRestart: request.onReconnect,
    onProgress: (passedBytes) => source.report(passedBytes),
    clock: request.clock,
  })
  const opened = new LeaseDisk(disk, source)
  try {
    await disk.begin()
    return opened
  } catch (error) {
    await opened[Symbol.asyncDispose]()
    throw error
  }
}

/** Where the disk hangs: that is how a lease names it. */
async function deviceOf({ session, vm, snapshot, deviceKey, path, signal }: VmDiskRequest) {
  const disks = await readDisks(session, snapshot ?? vm, signal)
  const disk = disks.find(({ key }) => key === deviceKey)
  if (disk === undefined) throw fail('transport.lease-without-disk', { disk: path, offered: [] })
  return { slot: disk.address, sectorSizeBytes: disk.sectorBytes ?? 512 }
}

/** Where passages come from: a lease that is held as long as the disk is open, and asked for anew when it is lost. */
class LeaseSource implements AsyncDisposable {
  readonly #request: VmDiskRequest
  readonly #slot: string
  #held: HeldLease | undefined
  #isWhole = false
  metadata: Readonly<Record<string, string>> = {}

  constructor(request: VmDiskRequest, slot: string) {
    this.#request = request
    this.#slot = slot
  }

  async open(signal: AbortSignal): Promise<LeasePass> {
    if (this.#held?.lease.lost.aborted === true) await this.#release()
    const { lease } = (this.#held ??= await holdLease(this.#request, this.#request.signal))
    const { path } = this.#request
    const file = lease.files.find(({ slot, isDisk }) => isDisk && slot === this.#slot)
    if (file === undefined)
      throw fail('transport.lease-without-disk', { disk: path, offered: lease.files.map(({ key }) => key) })
    this.#isWhole = false
    const pass = await LeasePass.open(lease, file, this.#request, signal)
    this.metadata = pass.metadata
    pass.onProven = () => (this.#isWhole = true)
    return pass
  }

  report(passedBytes: number): void {
    this.#held?.lease.report((passedBytes / this.#request.capacityBytes) * 100)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#release()
  }

  async #release(): Promise<void> {
    const held = this.#held
    this.#held = undefined
    await held?.release(this.#isWhole ? 'whole' : 'in part')
  }
}

/** A disk of a lease as the rest of vmkeep knows disks. */
class LeaseDisk implements VmDiskReader {
  readonly transport = 'lease'
  readonly #disk: PassingDisk
  readonly #source: LeaseSource

  constructor(disk: PassingDisk, source: LeaseSource) {
    this.#disk = disk
    this.#source = source
  }

  get capacityBytes(): number {
    return this.#disk.capacityBytes
  }
  get sectorSizeBytes(): number {
    return this.#disk.sectorSizeBytes
  }

  read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#disk.read(offsetBytes, target, signal)
  }

  allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    return this.#disk.allocated(within, signal)
  }

  async metadata(): Promise<Readonly<Record<string, string>>> {
    this.#disk.mustBeOpen()
    return this.#source.metadata
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disk[Symbol.asyncDispose]()
    await this.#source[Symbol.asyncDispose]()
  }
}
