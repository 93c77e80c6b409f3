import { diskFail, endOf, type Extent, between } from '@vmkeep/disk'
import { AppError, codeOf } from '@vmkeep/kit'
import { fail } from './errors.ts'
import type { TransportName } from './settings.ts'
import type { VmDiskReader, VmDiskRequest } from './transport.ts'
import { transports } from './transports.ts'

/** A disk that several transports reach: when one fails, what it owed is asked of the next. Nothing that was read is read again. */
export class FallbackDisk implements VmDiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #request: VmDiskRequest
  readonly #names: readonly TransportName[]
  #at: number
  #disk: VmDiskReader
  #switching: Promise<void> | undefined
  #closed = false

  /** @param names at least one */
  static async open(request: VmDiskRequest, names: readonly TransportName[]): Promise<VmDiskReader> {
    for (let at = 0; ; at++)
      try {
        return new FallbackDisk(request, names, at, await transports[names[at]!].open(request))
      } catch (error) {
        request.signal.throwIfAborted()
        if (at + 1 === names.length) throw error
        request.onFallback({ from: names[at]!, to: names[at + 1]!, cause: error })
      }
  }

  private constructor(request: VmDiskRequest, names: readonly TransportName[], at: number, disk: VmDiskReader) {
    this.#request = request
    this.#names = names
    this.#at = at
    this.#disk = disk
    this.capacityBytes = disk.capacityBytes
    this.sectorSizeBytes = disk.sectorSizeBytes
  }

  get transport(): TransportName {
    return this.#disk.transport
  }

  read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#asked((disk) => disk.read(offsetBytes, target, signal), signal)
  }

  metadata(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return this.#asked((disk) => disk.metadata(signal), signal)
  }

  /** What the next transport says counts from where the failed one stopped. */
  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    for (let rest = within; ;) {
      const disk = this.#disk
      try {
        for await (const extent of disk.allocated(rest, signal)) {
          yield extent
          rest = between(endOf(extent), endOf(within))
        }
        return
      } catch (error) {
        await this.#leave(disk, error, signal)
      }
    }
  }

  async #asked<T>(work: (disk: VmDiskReader) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (;;) {
      const disk = this.#disk
      try {
        return await work(disk)
      } catch (error) {
        await this.#leave(disk, error, signal)
      }
    }
  }

  /** Goes on to the next transport, once for all who failed on `disk`. Throws `error` when there is none, or it was no fault of the disk. */
  async #leave(disk: VmDiskReader, error: unknown, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    this.#request.signal.throwIfAborted()
    if (this.#closed || codeOf(error)?.startsWith('disk.') === true || isOfBytesRead(error)) throw error
    if (disk !== this.#disk) return
    this.#switching ??= this.#next(error).finally(() => {
      this.#switching = undefined
    })
    await this.#switching
  }

  async #next(cause: unknown): Promise<void> {
    const [from, to] = this.#names.slice(this.#at)
    if (to === undefined) throw cause
    this.#request.onFallback({ from: from!, to, cause })
    this.#at++
    const failed = this.#disk
    const disk = await transports[to].open(this.#request)
    if (this.#closed || disk.capacityBytes !== this.capacityBytes) {
      await disk[Symbol.asyncDispose]()
      const { path } = this.#request
      if (this.#closed) throw diskFail('disk.closed', { disk: path })
      const fact = `${to} says it has ${disk.capacityBytes} bytes, ${from} said ${this.capacityBytes}`
      throw fail('transport.another-disk', { disk: path, path, fact })
    }
    this.#disk = disk
    await failed[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#disk[Symbol.asyncDispose]()
  }
}

/** What was read already is in doubt: nobody can go on from there. */
const isOfBytesRead = (error: unknown): boolean => error instanceof AppError && error.remedy === 'quarantine'
