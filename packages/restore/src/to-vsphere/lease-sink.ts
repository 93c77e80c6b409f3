import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import type { StreamSink } from '@vmkeep/vmdk'
import type { LeaseFile, NfcLease } from '@vmkeep/vsphere'

/** A disk of an import as a place for a stream: what is appended goes out as fast as it is taken, and is not kept. */
export class LeaseSink implements StreamSink {
  readonly path: string
  readonly #body = new PassThrough()
  readonly #gone = new AbortController()
  readonly #sent: Promise<void>

  constructor(lease: NfcLease, file: LeaseFile, signal: AbortSignal) {
    this.path = file.key
    this.#body.on('error', () => {}) // whoever waits for it to be sent hears of it
    this.#sent = lease.post(file, this.#body, AbortSignal.any([signal, this.#gone.signal]))
    this.#sent.catch((error: unknown) => this.#gone.abort(error))
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#gone.signal.throwIfAborted()
    if (this.#body.write(bytes)) return
    await Promise.race([once(this.#body, 'drain', { signal: this.#gone.signal }).catch(() => {}), this.#sent])
    this.#gone.signal.throwIfAborted()
  }

  /** The host has all of it. */
  async publish(): Promise<void> {
    this.#body.end()
    await this.#sent
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#gone.abort(new Error('the disk was given up'))
    this.#body.destroy()
    await this.#sent.catch(() => {})
  }
}
