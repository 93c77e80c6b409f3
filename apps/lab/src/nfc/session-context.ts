import assert from 'node:assert/strict'
import { FormatError, Limiter, type Struct } from '@vmkeep/kit'
import { AioHeader, aioType } from '@vmkeep/nfc/messages'
import { forever } from './authd.ts'
import type { ByteReader } from './byte-reader.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Host } from './host.ts'
import { type Strike, strikeAt } from './nfc-faults.ts'
import { OpenFiles } from './open-files.ts'
import { Refusal } from './refusal.ts'
import type { Grant } from './ticket-book.ts'
import type { WindowPool } from './window-pool.ts'
import type { WriteRequest } from './write-request.ts'

export interface SessionOptions {
  readonly host: Host
  readonly grant: Grant
  readonly reader: ByteReader
  readonly writer: FrameWriter
  readonly signal: AbortSignal
  /** Cuts the connection, whatever the reader waits for. */
  readonly cut: () => void
}

/** What OPEN_SESSION got: dispose it to give it back. */
export interface Buffers extends Disposable {
  readonly bufferBytes: number
  readonly windows: WindowPool
}

const readsRunningMax = 256

/** What the requests of one AIO session share. */
export class SessionContext implements AsyncDisposable {
  readonly host: Host
  readonly reader: ByteReader
  readonly writer: FrameWriter
  readonly signal: AbortSignal
  readonly cut: () => void
  readonly files: OpenFiles
  /** Writes whose fragments are still coming, by opId. */
  readonly writes = new Map<number, WriteRequest>()
  readonly #reads = new Limiter(readsRunningMax)
  readonly #running = new Set<Promise<void>>()
  #buffers: Buffers | undefined

  constructor({ host, grant, reader, writer, signal, cut }: SessionOptions) {
    this.host = host
    this.reader = reader
    this.writer = writer
    this.signal = signal
    this.cut = cut
    this.files = new OpenFiles(host.storage, grant)
  }

  get isOpen(): boolean {
    return this.#buffers !== undefined
  }

  get buffers(): Buffers {
    assert(this.#buffers !== undefined, 'no session is open')
    return this.#buffers
  }

  set buffers(buffers: Buffers | undefined) {
    this.#buffers?.[Symbol.dispose]()
    this.#buffers = buffers
  }

  /** @throws FormatError unless the header announces exactly this record */
  async payload<T>({ size }: AioHeader, record: Struct<T>): Promise<T> {
    if (size !== record.sizeBytes)
      throw new FormatError(`${record.name}: ${size} bytes where ${record.sizeBytes} belong`)
    return record.decode(await this.reader.exactly(size))
  }

  /** Does by rule what befalls a whole request. @throws Refusal, `lab.nfc-peer-gone` */
  async strike(on: string, object: string): Promise<void> {
    const strike = await this.strikeFrame(on, object)
    if (strike !== undefined)
      await this.writer.spoil(strike, [AioHeader.encode({ type: aioType.ERROR, size: 4, opId: 0 })])
  }

  /** Error codes and stalls are done; what is left befalls the frame itself. @throws Refusal */
  async strikeFrame(on: string, object: string): Promise<Strike | undefined> {
    const strike = await strikeAt({ ...this.host, signal: this.signal }, on, object)
    if (strike?.do === 'error') throw new Refusal(strike.code, 'The operation failed')
    if (strike?.do === 'stall') await forever(this.signal)
    return strike
  }

  /** Lets `work` run beside the requests that follow; waits when too much does. `work` never throws. */
  async runBeside(work: () => Promise<void>): Promise<void> {
    const place = await this.#reads.acquire(this.signal)
    const running = work().finally(() => {
      place[Symbol.dispose]()
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  /** All reads are answered. */
  async idle(): Promise<void> {
    await Promise.all(this.#running)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#running)
    this.buffers = undefined
    await this.files[Symbol.asyncDispose]()
  }
}
