import { checkRun, diskFail, type Extent } from '@vmkeep/disk'
import { hasCode } from '@vmkeep/kit'
import { openResumingNfcDisk, type ResumingNfcDisk } from '@vmkeep/nfc'
import { openNfcTicket } from '@vmkeep/vsphere'
import type { VmDiskReader, VmDiskRequest, VmDiskWriter } from '../transport.ts'
import { PlaceOnHost } from './place-on-host.ts'

/**
 * Opens a VM's disk over NFC. Each connection has a ticket of its own, from the host that the VM runs on at that moment.
 *
 * Buffers of 1 MiB: fewer, larger fragments; a host short of memory refuses them and smaller ones are used.
 */
export async function openNfcDisk(
  request: VmDiskRequest,
  transport: 'nbdssl' | 'nbd',
  access: 'read' | 'write',
): Promise<VmDiskReader & VmDiskWriter> {
  const { session, vm, deviceKey, path, settings, clock, random, onReconnect } = request
  using place = new DisposableStack()
  const onHost = request.nfcConnections && place.use(new PlaceOnHost(request.nfcConnections))
  const open = (signal: AbortSignal) => openNfcTicket(session, { vm, deviceKey, access }, signal)
  const disk = await openResumingNfcDisk({
    ticket: (signal = request.signal) => onHost?.ticket(open, request.onWait ?? (() => {}), signal) ?? open(signal),
    path,
    access,
    transport,
    compression: settings.compression,
    bufferBytes: 1024 * 1024,
    ...(settings.silenceMs === undefined ? {} : { timeouts: { requestMs: settings.silenceMs } }),
    clock,
    random,
    onReconnect: ({ cause }) => onReconnect(cause),
    onReconnected: request.onReconnected,
    signal: request.signal,
  })
  return new NfcDisk(disk, transport, place.move())
}

/** An NFC disk as the rest of vmkeep knows disks. */
class NfcDisk implements VmDiskReader, VmDiskWriter {
  readonly transport: 'nbdssl' | 'nbd'
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly ascending = false
  readonly #disk: ResumingNfcDisk
  readonly #place: Disposable
  #closed = false

  constructor(disk: ResumingNfcDisk, transport: 'nbdssl' | 'nbd', place: Disposable) {
    this.#disk = disk
    this.#place = place
    this.transport = transport
    this.capacityBytes = disk.capacityBytes
    this.sectorSizeBytes = disk.sectorSizeBytes
  }

  read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const run = { offsetBytes, lengthBytes: target.length }
    return this.#run(run, signal, () => this.#disk.read(offsetBytes, target, signal))
  }

  write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const run = { offsetBytes, lengthBytes: bytes.length }
    return this.#run(run, signal, () => this.#disk.write(offsetBytes, bytes, signal))
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    this.#check(within, signal)
    try {
      yield* this.#disk.allocated(within, signal)
    } catch (error) {
      throw this.#explained(error)
    }
  }

  metadata(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#run(nothing, signal, () => this.#disk.readDiskMetadata(signal))
  }

  finish(signal?: AbortSignal): Promise<void> {
    return this.#run(nothing, signal, () => this.#disk.finish(signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    using _place = this.#place // free for others when the connection is gone
    await this.#disk[Symbol.asyncDispose]()
  }

  async #run<T>(run: Extent, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    this.#check(run, signal)
    try {
      return await work()
    } catch (error) {
      throw this.#explained(error)
    }
  }

  #check({ offsetBytes, lengthBytes }: Extent, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#disk.path })
    checkRun(this.#disk.path, this.capacityBytes, offsetBytes, lengthBytes)
  }

  /** What was under way when the disk was closed fails as everything asked of a closed disk does. */
  #explained(error: unknown): unknown {
    return hasCode(error, 'nfc.closed') ? diskFail('disk.closed', { disk: this.#disk.path }) : error
  }
}

/** For what touches no bytes. */
const nothing: Extent = { offsetBytes: 0, lengthBytes: 0 }
