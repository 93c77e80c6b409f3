import type { Extent } from '@vmkeep/disk'
import type { TransportName, VmDiskReader } from '@vmkeep/transport'
import type { Vm, VmDatastore, VmDisk } from '@vmkeep/vsphere'
import { type LatencyGuard, slowness } from './latency-guard.ts'

/** A read that took very long is followed by a rest of this at most: connections have to be kept alive. */
const restMaxMs = 10_000

/**
 * A disk that is read slowly while its datastore is slow: one read at a time for all disks there, and after each a rest as long as it took,
 * so that for half of the time the datastore has nothing to do for us. It never stops: each read is followed by the next.
 */
export class SlowedDisk implements VmDiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #disk: VmDiskReader
  readonly #datastore: VmDatastore
  readonly #guard: LatencyGuard
  #slowedMs = 0

  constructor(disk: VmDiskReader, datastore: VmDatastore, guard: LatencyGuard) {
    this.capacityBytes = disk.capacityBytes
    this.sectorSizeBytes = disk.sectorSizeBytes
    this.#disk = disk
    this.#datastore = datastore
    this.#guard = guard
  }

  get transport(): TransportName {
    return this.#disk.transport
  }

  /** How long it has rested for the datastore's sake. */
  get slowedSeconds(): number {
    return this.#slowedMs / 1000
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const slowMs = this.#slowMs()
    if (slowMs === undefined) return this.#disk.read(offsetBytes, target, signal)
    const { clock, slowReads } = this.#guard
    using _turn = await slowReads.for(this.#datastore.name).acquire(signal)
    const startedMs = clock.monotonicMs()
    await this.#disk.read(offsetBytes, target, signal)
    const restMs = Math.min(restMaxMs, Math.max(slowMs, clock.monotonicMs() - startedMs))
    await clock.sleep(restMs, signal)
    this.#slowedMs += restMs
  }

  metadata(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#disk.metadata(signal)
  }

  allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    return this.#disk.allocated(within, signal)
  }

  /** How slow the datastore is, where that is too slow. */
  #slowMs(): number | undefined {
    const { readMaxMs } = this.#guard.limits
    const latency = this.#guard.lastOf(this.#datastore)
    const { name } = this.#datastore
    if (latency === undefined || latency.latencyMs <= readMaxMs) {
      if (this.#guard.forget(`slow ${name}`))
        this.#guard.tell(`datastore ${name} is read at full speed again`, 'datastore-calm')
      return undefined
    }
    this.#guard.tellOnce(
      `slow ${name}`,
      `reads are slowed down for ${slowness(name, latency, readMaxMs)}`,
      'reads-slowed',
    )
    return latency.latencyMs
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#disk[Symbol.asyncDispose]()
  }
}

/** The disk as it is read under the guard. Nothing is slowed down without one, or where its datastore is not known. */
export function slowedDisk(
  guard: LatencyGuard | undefined,
  vm: Pick<Vm, 'datastores'>,
  { datastoreName }: Pick<VmDisk, 'datastoreName'>,
  opened: VmDiskReader,
): SlowedDisk | undefined {
  const datastore = vm.datastores.find(({ name }) => name === datastoreName)
  return guard && datastore && new SlowedDisk(opened, datastore, guard)
}
