import { messageOf, type Clock } from '@vmkeep/kit'
import type { Extent } from '@vmkeep/disk'
import type { GuestDisk } from '../storage/model.ts'
import { type GuestOperation, guestOperations, type GuestWriterKind } from './guest-operations.ts'

export interface GuestWriterOptions {
  readonly seed: string
  readonly kind: GuestWriterKind
  /** Where it may write: `GeneratedDisk.writable`, to keep a file system whole; the whole disk, if left out. */
  readonly areas?: readonly Extent[]
  /** One, if left out. */
  readonly operationsPerStep?: number
}

export interface Pace {
  readonly clock: Clock
  readonly bytesPerSecond: number
}

const tickMs = 100

/**
 * A guest at work: writes in a seeded order, a step at a time or at a pace.
 * Every operation is one indivisible write or trim of the disk.
 */
export class GuestWriter implements AsyncDisposable {
  readonly #disk: GuestDisk
  readonly #operations: Iterator<GuestOperation>
  readonly #operationsPerStep: number
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #bytes = 0
  #count = 0
  #failure: string | undefined

  constructor(disk: GuestDisk, options: GuestWriterOptions) {
    this.#disk = disk
    const areas = options.areas ?? [{ offsetBytes: 0, lengthBytes: disk.capacityBytes }]
    this.#operations = guestOperations(options.kind, areas, options.seed)[Symbol.iterator]()
    this.#operationsPerStep = options.operationsPerStep ?? 1
  }

  /** What it has done so far, and why it stopped by itself, if it did: a full datastore stops a real guest too. */
  get report(): { readonly operations: number; readonly bytes: number; readonly failure: string | undefined } {
    return { operations: this.#count, bytes: this.#bytes, failure: this.#failure }
  }

  async step(count = 1): Promise<void> {
    for (let left = count * this.#operationsPerStep; left > 0; left--) await this.#operate()
  }

  /** Writes at a pace until disposed. */
  run({ clock, bytesPerSecond }: Pace): void {
    this.#running ??= this.#keepPace(clock, bytesPerSecond).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#failure = messageOf(error)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #keepPace(clock: Clock, bytesPerSecond: number): Promise<void> {
    const startMs = clock.monotonicMs()
    const before = this.#bytes
    for (;;) {
      await clock.sleep(tickMs, this.#stop.signal)
      const due = ((clock.monotonicMs() - startMs) / 1000) * bytesPerSecond
      while (this.#bytes - before < due && !this.#stop.signal.aborted) await this.#operate()
    }
  }

  async #operate(): Promise<void> {
    const operation = this.#operations.next().value as GuestOperation
    const { offsetBytes, lengthBytes } = operation.extent
    if (operation.do === 'trim') await this.#disk.trimGuest(offsetBytes, lengthBytes)
    else await this.#disk.writeGuest(offsetBytes, operation.bytes)
    this.#bytes += lengthBytes
    this.#count++
  }
}

/** A guest that writes to `disk` from now on, as fast as its pace or its steps say. Dispose it. */
export function startGuestWriter(disk: GuestDisk, options: GuestWriterOptions & { readonly pace?: Pace }): GuestWriter {
  const writer = new GuestWriter(disk, options)
  if (options.pace !== undefined) writer.run(options.pace)
  return writer
}
