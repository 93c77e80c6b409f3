import { checkRun, diskFail, type DiskReader, type Extent } from '@vmkeep/disk'
import { AppError, type Clock, hasCode } from '@vmkeep/kit'
import type { PassingGrain } from '@vmkeep/vmdk'

/** One passage of a disk: its grains, ascending, once. */
export interface Pass extends AsyncDisposable {
  /** `undefined`: that was all, and it is proven to be what was sent. */
  next(): Promise<PassingGrain | undefined>
}

export interface PassingDiskOptions {
  /** What errors call it. */
  readonly path: string
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  /** Begins a new passage, from the disk's start. */
  readonly open: (signal: AbortSignal) => Promise<Pass>
  /** How often a passage that broke is begun again before anything new has come. */
  readonly restartsMax: number
  readonly onRestart: (cause: unknown) => void
  /** Told how much of the disk has passed. */
  readonly onProgress: (passedBytes: number) => void
  readonly clock: Clock
}

interface Reading {
  readonly offsetBytes: number
  readonly endBytes: number
  readonly target: Uint8Array
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** What is remembered of what has passed: reads in flight come a little out of order. */
const windowBytesMax = 8 * 1024 * 1024
const restartDelayMs = 1000

/**
 * A disk that can only be had in one piece, from its start to its end, as the rest of vmkeep knows disks.
 *
 * Reads are answered as their bytes pass. It asks for more only while somebody waits, so that memory stays at the window. A read of what
 * has passed waits until nobody wants what is ahead, and then all of it comes once more: ascending reads cost one passage.
 * The end of the disk is not answered before the whole passage is proven.
 */
export class PassingDisk implements DiskReader {
  readonly capacityBytes: number
  readonly sectorSizeBytes: number
  readonly #options: PassingDiskOptions
  /** Waiting for this passage, and for the next. */
  readonly #now = new Set<Reading>()
  readonly #later = new Set<Reading>()
  readonly #closing = new AbortController()
  readonly #window: PassingGrain[] = []
  #windowBytes = 0
  #windowFromBytes = 0
  /** All before this has passed. */
  #passedBytes = 0
  /** The passage has ended well. */
  #isProven = false
  #furthestBytes = 0
  #failures = 0
  #pass: Pass | undefined
  #pump: Promise<void> | undefined

  constructor(options: PassingDiskOptions) {
    this.#options = options
    this.capacityBytes = options.capacityBytes
    this.sectorSizeBytes = options.sectorSizeBytes
  }

  /** Begins the first passage, so that what makes it impossible shows now. */
  async begin(): Promise<void> {
    while (this.#pass === undefined)
      try {
        this.#pass = await this.#options.open(this.#closing.signal)
      } catch (error) {
        if (!(await this.#mayBeginAgain(error))) throw error
      }
  }

  async read(offsetBytes: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { path } = this.#options
    signal?.throwIfAborted()
    this.mustBeOpen()
    checkRun(path, this.capacityBytes, offsetBytes, target.length)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const reading: Reading = { offsetBytes, endBytes: offsetBytes + target.length, target, resolve, reject }
    const abort = () => {
      this.#now.delete(reading)
      this.#later.delete(reading)
      reject(signal!.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    if (offsetBytes >= this.#windowFromBytes) this.#join(reading)
    else this.#later.add(reading)
    this.#pump ??= this.#run()
    try {
      await promise
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Where its holes are is not known before it has passed. */
  async *allocated(within: Extent, signal?: AbortSignal): AsyncIterable<Extent> {
    signal?.throwIfAborted()
    const { path } = this.#options
    this.mustBeOpen()
    checkRun(path, this.capacityBytes, within.offsetBytes, within.lengthBytes)
    if (within.lengthBytes > 0) yield within
  }

  /** @throws `disk.closed` */
  mustBeOpen(): void {
    if (this.#closing.signal.aborted) throw diskFail('disk.closed', { disk: this.#options.path })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return
    const closed = diskFail('disk.closed', { disk: this.#options.path })
    this.#closing.abort(closed)
    this.#failAll(closed)
    await this.#leavePass()
    await this.#pump
  }

  /** Goes on as long as somebody waits. */
  async #run(): Promise<void> {
    await Promise.resolve() // reads that come in the same turn are answered by the same passage
    while (this.#now.size + this.#later.size > 0)
      try {
        const pass = await this.#current()
        this.#arrived(await pass.next())
      } catch (error) {
        await this.#broken(error)
      }
    this.#pump = undefined // at once: a read that comes from now on needs another one
  }

  async #current(): Promise<Pass> {
    if (this.#pass !== undefined && this.#now.size > 0) return this.#pass
    await this.#leavePass()
    this.#window.length = this.#windowBytes = this.#windowFromBytes = this.#passedBytes = 0
    this.#isProven = false
    for (const reading of this.#later) this.#join(reading)
    this.#later.clear()
    const pass = await this.#options.open(this.#closing.signal)
    if (this.#closing.signal.aborted) {
      await pass[Symbol.asyncDispose]()
      throw this.#closing.signal.reason
    }
    return (this.#pass = pass)
  }

  /** Takes what is remembered; the rest is filled in as it passes. Holes are zeroes. */
  #join(reading: Reading): void {
    reading.target.fill(0)
    for (const grain of this.#window) copy(grain, reading)
    if (this.#isKnown(reading)) reading.resolve()
    else this.#now.add(reading)
  }

  #arrived(grain: PassingGrain | undefined): void {
    if (grain !== undefined) this.#remember(grain)
    else this.#end()
    for (const reading of this.#now) {
      if (grain !== undefined) copy(grain, reading)
      if (!this.#isKnown(reading)) continue
      this.#now.delete(reading)
      reading.resolve()
    }
  }

  /** The last byte waits until the passage is proven. */
  #isKnown({ endBytes }: Reading): boolean {
    return endBytes < this.capacityBytes ? endBytes <= this.#passedBytes : this.#isProven
  }

  #end(): void {
    this.#passedBytes = this.capacityBytes
    this.#isProven = true
  }

  #remember(grain: PassingGrain): void {
    this.#passedBytes = grain.offsetBytes + grain.bytes.length
    this.#options.onProgress(this.#passedBytes)
    this.#window.push(grain)
    this.#windowBytes += grain.bytes.length
    while (this.#windowBytes > windowBytesMax) {
      const oldest = this.#window.shift()!
      this.#windowBytes -= oldest.bytes.length
      this.#windowFromBytes = oldest.offsetBytes + oldest.bytes.length
    }
  }

  async #broken(error: unknown): Promise<void> {
    await this.#leavePass()
    for (const reading of this.#now) this.#later.add(reading)
    this.#now.clear()
    if (this.#closing.signal.aborted) return
    if (!(await this.#mayBeginAgain(error))) this.#failAll(error)
  }

  /** Whether a passage that broke is worth another one; says so, and waits a moment. */
  async #mayBeginAgain(error: unknown): Promise<boolean> {
    if (this.#passedBytes > this.#furthestBytes) this.#failures = 0
    this.#furthestBytes = Math.max(this.#furthestBytes, this.#passedBytes)
    if (++this.#failures > this.#options.restartsMax || !isWorthAnother(error)) return false
    this.#options.onRestart(error)
    await this.#options.clock.sleep(restartDelayMs * this.#failures, this.#closing.signal).catch(() => {})
    return true
  }

  #failAll(error: unknown): void {
    for (const reading of [...this.#now, ...this.#later]) reading.reject(error)
    this.#now.clear()
    this.#later.clear()
  }

  async #leavePass(): Promise<void> {
    const pass = this.#pass
    this.#pass = undefined
    await pass?.[Symbol.asyncDispose]()
  }
}

const isWorthAnother = (error: unknown): boolean =>
  (error instanceof AppError && error.remedy === 'retry') || hasCode(error, 'vmdk.damaged')

function copy({ offsetBytes, bytes }: PassingGrain, reading: Reading): void {
  const from = Math.max(offsetBytes, reading.offsetBytes)
  const to = Math.min(offsetBytes + bytes.length, reading.endBytes)
  if (from >= to) return
  reading.target.set(bytes.subarray(from - offsetBytes, to - offsetBytes), from - reading.offsetBytes)
}
