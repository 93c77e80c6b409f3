import { checkRun, diskFail, type Extent } from '@vmkeep/disk'
import { hasCode } from '@vmkeep/kit'
import { openResumingNfcDisk, type ResumingNfcDisk } from '@vmkeep/nfc'
import { openNfcTicket } from '@vmkeep/vsphere'
import type { VmDiskReader, VmDiskRequest, VmDiskWriter } from '../open-vm-disk.ts'

/**
 * Opens a VM's disk over NFC. Each connection has a ticket of its own, from the host that the VM runs on at that moment.
 *
 * Buffers of 1 MiB: fewer, larger fragments; a host short of memory refuses them and smaller ones are used.
 */
export async function openNfcDisk(
  request: VmDiskRequest,
  access: 'read' | 'write',
): Promise<VmDiskReader & VmDiskWriter> {
  const { session, vm, deviceKey, path, settings, clock, random, onReconnect } = request
  const disk = await openResumingNfcDisk({
    ticket: (signal) => openNfcTicket(session, { vm, deviceKey, access }, signal ?? request.signal),
    path,
    access,
    transport: settings.name,
    compression: settings.compression,
    bufferBytes: 1024 * 1024,
    ...(settings.silenceMs === undefined ? {} : { timeouts: { requestMs: settings.silenceMs } }),
    clock,
    random,
    onReconnect: ({ cause }) => onReconnect(cause),
    signal: request.signal,
  })
  return new NfcDisk(disk, settings.name)
}

/** An NFC disk as the rest of vmkeep knows disks. */
class NfcDisk implements VmDiskReader, VmDiskWriter {
  readonly transport: string
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly ascending = false
  readonly #disk: ResumingNfcDisk
  #closed = false

  constructor(disk: ResumingNfcDisk, transport: string) {
    this.#disk = disk
    this.transport = transport
    this.capacityBytes = disk.capacityBytes
    this.sectorSizeBytes = disk.sectorSizeBytes
  }

  read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#run(offsetBytes, target.length, signal, () => this.#disk.read(offsetBytes, target, signal))
  }

  write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#run(offsetBytes, bytes.length, signal, () => this.#disk.write(offsetBytes, bytes, signal))
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    yield* this.#disk.allocated(within, signal)
  }

  async metadata(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#disk.readDiskMetadata(signal)
  }

  finish(signal?: AbortSignal): Promise<void> {
    return this.#disk.finish(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#disk[Symbol.asyncDispose]()
  }

  async #run(
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal | undefined,
    work: () => Promise<void>,
  ): Promise<void> {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#disk.path })
    checkRun(this.#disk.path, this.capacityBytes, offsetBytes, lengthBytes)
    try {
      await work()
    } catch (error) {
      if (hasCode(error, 'nfc.closed')) throw diskFail('disk.closed', { disk: this.#disk.path })
      throw error
    }
  }
}
