import { alignOutward, between, checkRun, cut, diskFail, endOf, type Extent, intersection, joined } from '@vmkeep/disk'
import { codeOf, FormatError, hasCode, Limiter } from '@vmkeep/kit'
import { vixSectorBytes } from '../protocol/messages.ts'
import { type AllocationQuery, allocationQueries, blocksOf, chunkSectors, unaskable } from './allocation-queries.ts'
import { KnownAllocation, type QueryPart } from './known-allocation.ts'
import type { OpenedVddkDisk } from './opened-disk.ts'

export interface VddkDiskOptions {
  readonly path: string
  /** Opens the disk anew, in a fresh process if the last one went down. */
  readonly open: () => Promise<OpenedVddkDisk>
  /** How long the library may be silent while it owes bytes. */
  readonly silenceMs: number
  /** Told when the process went down and the disk was opened anew. */
  readonly onReopen: (cause: unknown) => void
  /** Told when the library does not say what is allocated: then all of it is read. */
  readonly onAllocationUnknown: (cause: unknown) => void
}

/** Source: VMware's NBD notes: at most 2 MiB a request through vCenter, several under way (vadp.md §5.1). Evidence: documented. */
const requestBytesMax = 1024 * 1024
const requestsMax = 4
const queryMs = 10 * 60_000
/** A second process that goes down over the same disk is enough: somebody else shall read it. */
const deathsMax = 2

/**
 * A VM's disk by VMware's own library. Any bytes may be asked for; the library is asked for whole sectors.
 * When its process crashes or hangs, the disk is opened anew once and what was owed is read again; the second time everything fails.
 */
export class VddkDisk implements AsyncDisposable {
  readonly ascending = false
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #options: VddkDiskOptions
  readonly #requests = new Limiter(requestsMax)
  /** Writes that do not fill their sectors, one at a time: two of them must not undo each other. */
  readonly #edges = new Limiter(1)
  readonly #closing = Promise.withResolvers<never>()
  /** Until something is written. */
  #known: KnownAllocation | undefined = new KnownAllocation()
  #opened: OpenedVddkDisk
  #reopening: Promise<void> | undefined
  #deaths = 0
  #closed = false

  static async open(options: VddkDiskOptions): Promise<VddkDisk> {
    return new VddkDisk(options, await options.open())
  }

  private constructor(options: VddkDiskOptions, opened: OpenedVddkDisk) {
    this.#options = options
    this.#opened = opened
    this.capacityBytes = opened.info.capacitySectors * vixSectorBytes
    this.sectorSizeBytes = opened.info.sectorSizeBytes
    this.#closing.promise.catch(() => {}) // nobody may be waiting
  }

  /** What the library chose. */
  get vddkTransport(): string {
    return this.#opened.info.transport
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const run = { offsetBytes, lengthBytes: target.length }
    await this.#run(run, signal, async () => {
      await Promise.all([...cut(run, requestBytesMax)].map((piece) => this.#readPiece(piece, run, target, signal)))
    })
  }

  async write(offsetBytes: number, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const run = { offsetBytes, lengthBytes: bytes.length }
    this.#known = undefined
    await this.#run(run, signal, async () => {
      const isWhole = offsetBytes % this.sectorSizeBytes === 0 && endOf(run) % this.sectorSizeBytes === 0
      if (isWhole) return await this.#writeSectors(run, bytes, signal)
      await this.#edges.run(async () => {
        const wide = alignOutward(run, this.sectorSizeBytes, this.capacityBytes)
        const merged = Buffer.alloc(wide.lengthBytes)
        await this.read(wide.offsetBytes, merged, signal)
        merged.set(bytes, offsetBytes - wide.offsetBytes)
        await this.#writeSectors(wide, merged, signal)
      }, signal)
    })
  }

  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    this.#check(within, signal)
    for await (const extent of joined(this.#allocatedIn(within, signal))) yield extent
  }

  async *#allocatedIn(within: Extent, signal: AbortSignal | undefined): AsyncIterable<Extent> {
    const { queries, unaskableFromBytes } = allocationQueries(within, this.capacityBytes)
    for (const whole of queries)
      for (const { query, answer } of this.#known?.partsOf(whole) ?? [{ query: whole }]) {
        const start = query.startSector * vixSectorBytes
        const told = answer ?? (await this.#run(within, signal, () => this.#query(query)))
        if (told === undefined) {
          yield intersection(within, between(start, this.capacityBytes))!
          return
        }
        const wanted = intersection(within, { offsetBytes: start, lengthBytes: query.sectors * vixSectorBytes })
        for (const block of blocksOf(told.bytes, told.query)) {
          const inside = wanted && intersection(block, wanted)
          if (inside !== undefined) yield inside
        }
      }
    const rest = unaskable(within, unaskableFromBytes, this.capacityBytes)
    if (rest !== undefined) yield rest
  }

  /** `undefined`: the library does not tell. "It rarely works well" (nbdkit), and then everything counts as allocated. */
  async #query(query: AllocationQuery): Promise<QueryPart['answer']> {
    try {
      const asked = { during: 'while asking what is allocated on', timeoutMs: queryMs }
      const { body } = await this.#asked((disk) => disk.ask('allocated', { ...query, chunkSectors }, asked))
      for (const _block of blocksOf(body, query)) continue // all of it is looked at before any of it is believed
      const bytes = Uint8Array.from(body)
      this.#known?.remember(query, bytes)
      return { query, bytes }
    } catch (error) {
      if (hasCode(error, ...goneDown) || !(error instanceof FormatError || codeOf(error)?.startsWith('vddk.')))
        throw error
      this.#options.onAllocationUnknown(error)
      return undefined
    }
  }

  /** The VMDK's own metadata, keys without `ddb.`. */
  async metadata(signal?: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return await this.#run(nothing, signal, async () => {
      const asked = { during: 'while reading the metadata of', timeoutMs: queryMs }
      const { values } = (await this.#asked((disk) => disk.ask('metadata', {}, asked))).gives
      return Object.fromEntries(Object.entries(values).map(([key, value]) => [key.replace(/^ddb\./, ''), value]))
    })
  }

  async finish(signal?: AbortSignal): Promise<void> {
    await this.#run(nothing, signal, async () => {
      const asked = { during: 'while flushing', timeoutMs: queryMs }
      await this.#opened.ask('flush', {}, asked) // not repeated: what was written to a process that is gone may be gone with it
    })
    await this[Symbol.asyncDispose]()
  }

  /** Fails what is under way, and closes the disk in the library. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#closing.reject(diskFail('disk.closed', { disk: this.#options.path }))
    await this.#reopening?.catch(() => {})
    await this.#opened[Symbol.asyncDispose]()
  }

  async #readPiece(piece: Extent, run: Extent, target: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const { offsetBytes, lengthBytes } = alignOutward(piece, this.sectorSizeBytes, this.capacityBytes)
    const takes = { startSector: offsetBytes / vixSectorBytes, sectors: lengthBytes / vixSectorBytes }
    const asked = { during: 'while reading', timeoutMs: this.#options.silenceMs }
    using _place = await this.#requests.acquire(signal)
    const at = piece.offsetBytes - run.offsetBytes
    const part = target.subarray(at, at + piece.lengthBytes)
    await this.#asked((disk) =>
      disk.read(takes, asked, (copy) => {
        if (signal?.aborted || this.#closed) return // the memory is its owner's again
        copy(part, piece.offsetBytes - offsetBytes)
      }),
    )
  }

  /** Not repeated when the process goes down: a write that is only half done is for the one who restores to know. */
  async #writeSectors(run: Extent, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const pieces = [...cut(run, requestBytesMax)].map(async (piece) => {
      using _place = await this.#requests.acquire(signal)
      const at = piece.offsetBytes - run.offsetBytes
      const body = bytes.subarray(at, at + piece.lengthBytes)
      const asked = { during: 'while writing', timeoutMs: this.#options.silenceMs, body }
      await this.#opened.ask('write', { startSector: piece.offsetBytes / vixSectorBytes }, asked)
    })
    await Promise.all(pieces)
  }

  /** Asks the disk that is open, and the one that is opened in its place if its process went down. */
  async #asked<T>(work: (disk: OpenedVddkDisk) => Promise<T>): Promise<T> {
    for (;;) {
      await this.#reopening
      const disk = this.#opened
      try {
        return await work(disk)
      } catch (error) {
        if (!hasCode(error, ...goneDown) || this.#closed) throw error
        if (disk === this.#opened) {
          this.#reopening ??= this.#reopen(error).finally(() => (this.#reopening = undefined))
          await this.#reopening
        }
      }
    }
  }

  async #reopen(cause: unknown): Promise<void> {
    if (++this.#deaths >= deathsMax) throw cause
    await this.#opened[Symbol.asyncDispose]()
    this.#options.onReopen(cause)
    const opened = await this.#options.open()
    if (this.#closed) await opened[Symbol.asyncDispose]()
    else this.#opened = opened
  }

  async #run<T>(run: Extent, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    this.#check(run, signal)
    const aborted = Promise.withResolvers<never>()
    aborted.promise.catch(() => {})
    const abort = () => aborted.reject(signal!.reason as Error)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([work(), aborted.promise, this.#closing.promise])
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #check({ offsetBytes, lengthBytes }: Extent, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#options.path })
    checkRun(this.#options.path, this.capacityBytes, offsetBytes, lengthBytes)
  }
}

const goneDown = ['vddk.child-died', 'vddk.child-hung', 'vddk.connection-lost', 'vddk.bad-answer'] as const

/** For what touches no bytes. */
const nothing: Extent = { offsetBytes: 0, lengthBytes: 0 }
