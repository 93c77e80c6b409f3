import { diskFail, endOf, type Extent, between } from '@vmkeep/disk'
import { AppError, codeOf } from '@vmkeep/kit'
import { fail } from './errors.ts'
import type { TransportName } from './settings.ts'
import type { VmDiskReader, VmDiskRequest } from './transport.ts'

/** A transport that may reach the disk. */
export interface Candidate {
  readonly name: TransportName
  open(request: VmDiskRequest): Promise<VmDiskReader>
}

/** A disk that several transports reach: when one fails, what it owed is asked of the next. Nothing that was read is read again. */
export class FallbackDisk implements VmDiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #request: VmDiskRequest
  readonly #candidates: readonly Candidate[]
  #at: number
  #disk: VmDiskReader
  #switching: Promise<void> | undefined
  #closed = false

  /** @param candidates at least one */
  static async open(request: VmDiskRequest, candidates: readonly Candidate[]): Promise<VmDiskReader> {
    const { disk, at } = await openFirst(request, candidates, 0)
    return new FallbackDisk(request, candidates, at, disk)
  }

  private constructor(request: VmDiskRequest, candidates: readonly Candidate[], at: number, disk: VmDiskReader) {
    this.#request = request
    this.#candidates = candidates
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

  /**
   * Goes on to the next transport, once for all who failed on `disk`. Throws `error` when there is none, or it was no fault of the disk.
   * Who still waited for a disk that was left since is told that it is closed: that too is asked of the next.
   */
  async #leave(disk: VmDiskReader, error: unknown, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    this.#request.signal.throwIfAborted()
    if (this.#closed || isOfBytesRead(error)) throw error
    if (disk !== this.#disk) return
    if (codeOf(error)?.startsWith('disk.') === true) throw error
    this.#switching ??= this.#next(error).finally(() => {
      this.#switching = undefined
    })
    await this.#switching
  }

  async #next(cause: unknown): Promise<void> {
    const from = this.#candidates[this.#at]!
    const to = this.#candidates[this.#at + 1]
    if (to === undefined) throw cause
    this.#request.onFallback({ from: from.name, to: to.name, cause })
    const failed = this.#disk
    const next = this.#at + 1
    this.#at = this.#candidates.length - 1 // if none opens, none is asked again
    const { disk, at } = await openFirst(this.#request, this.#candidates, next)
    if (this.#closed || disk.capacityBytes !== this.capacityBytes) {
      await disk[Symbol.asyncDispose]()
      const { path } = this.#request
      if (this.#closed) throw diskFail('disk.closed', { disk: path })
      const said = `${this.#candidates[at]!.name} says it has ${disk.capacityBytes} bytes`
      const fact = `${said}, ${from.name} said ${this.capacityBytes}`
      throw fail('transport.another-disk', { disk: path, path, fact })
    }
    this.#at = at
    this.#disk = disk
    await failed[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#disk[Symbol.asyncDispose]()
  }
}

/** The disk by the first of the candidates, from `first` on, that opens it. */
async function openFirst(request: VmDiskRequest, candidates: readonly Candidate[], first: number) {
  for (let at = first; ; at++)
    try {
      return { at, disk: await candidates[at]!.open(request) }
    } catch (error) {
      request.signal.throwIfAborted()
      const to = candidates[at + 1]
      if (to === undefined) throw error
      request.onFallback({ from: candidates[at]!.name, to: to.name, cause: error })
    }
}

/** What was read already is in doubt: nobody can go on from there. */
const isOfBytesRead = (error: unknown): boolean => error instanceof AppError && error.remedy === 'quarantine'
