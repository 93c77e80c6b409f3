import { type Clock, codeOf, messageOf, type Random, systemClock, systemRandom } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import type { NfcFile } from '../file/nfc-file.ts'
import { openNfcFile } from '../file/open-nfc-file.ts'
import type { NfcFileOptions } from '../file/options.ts'
import { sooner } from '../file/sooner.ts'
import { defaultBuffers } from '../messages/index.ts'
import type { NfcTicket } from '../ticket.ts'
import { isMendable } from './mendable.ts'

/** A connection was lost or not made, and another will be tried. */
export interface ReconnectEvent {
  readonly cause: unknown
  /** Connections in a row that brought nothing; 0 if the lost one had. */
  readonly attempt: number
  readonly delayMs: number
  /** What the next connection will ask for. */
  readonly bufferBytes: number
}

export interface ReconnectorOptions extends NfcFileOptions {
  /** Gives a new ticket for the same disk. What it throws is tried again if its remedy is `retry`. */
  readonly ticket: (signal?: AbortSignal) => Promise<NfcTicket>
  /** Connections in a row that may bring nothing, 8 by default: about a minute, as a host's management agents take to restart. */
  readonly attemptsMax?: number | undefined
  /** The same while the host says that others hold all it has to give: 26 by default, about eight minutes. */
  readonly busyAttemptsMax?: number | undefined
  /** The wait before the next connection, 500 by default. It doubles with each one that brings nothing, up to 30 s. */
  readonly reconnectDelayMs?: number | undefined
  readonly clock?: Clock | undefined
  readonly random?: Random | undefined
  readonly onReconnect?: ((event: ReconnectEvent) => void) | undefined
  /** Told of the connection that was made after all. */
  readonly onReconnected?: (() => void) | undefined
}

const delayMsMax = 30_000

/** Keeps one open file at hand for whoever needs it, and replaces it when its connection breaks. */
export class Reconnector {
  readonly #options: ReconnectorOptions
  readonly #lifetime = new AbortController()
  #file: Promise<NfcFile> | undefined
  /** Of the first file; later ones must be the same disk. */
  #capacityBytes: number | undefined
  #bufferBytes: number
  #fruitless = 0

  constructor(options: ReconnectorOptions) {
    this.#options = options
    this.#bufferBytes = options.bufferBytes ?? defaultBuffers.bufferBytes
  }

  /** Does `work` with an open file, and again with the next one when the connection breaks. */
  async run<T>(work: (file: NfcFile) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    for (;;) {
      const opening = (this.#file ??= this.#open())
      const file = await sooner(opening, this.#lifetime.signal, signal)
      try {
        return await work(file)
      } catch (error) {
        signal?.throwIfAborted()
        this.#lifetime.signal.throwIfAborted()
        // Another call may have replaced the file under this one; then it only has to go on with the new one.
        const isReplaced = this.#file !== opening
        if (!isMendable(error, true) && !(isReplaced && codeOf(error) === 'nfc.closed')) throw error
        if (!isReplaced) this.#replace(file, error)
      }
    }
  }

  /** Lets nothing begin any more, and fails what is under way with `reason`. Gives back the file that is open, if one is. */
  async stop(reason: Error): Promise<NfcFile | undefined> {
    this.#lifetime.abort(reason)
    return await this.#file?.catch(() => undefined)
  }

  #replace(file: NfcFile, cause: unknown): void {
    void file[Symbol.asyncDispose]()
    if (file.isFruitful) this.#fruitless = -1 // the connection that now ends does not count
    this.#file = this.#open(cause)
    this.#file.catch(() => {}) // those who wait for it are told; perhaps nobody does
  }

  /** Opens the file, if need be several times. When it fails, it has failed for good. */
  async #open(lostBy?: unknown): Promise<NfcFile> {
    for (let cause = lostBy; ;) {
      if (cause !== undefined) await this.#recover(cause)
      try {
        const file = await this.#openOnce()
        if (cause !== undefined) this.#options.onReconnected?.()
        return file
      } catch (error) {
        this.#lifetime.signal.throwIfAborted()
        if (!isMendable(error, this.#capacityBytes !== undefined)) throw error
        cause = error
      }
    }
  }

  async #openOnce(): Promise<NfcFile> {
    const { path } = this.#options
    const { signal } = this.#lifetime
    const ticket = await sooner(this.#options.ticket(signal), signal)
    const file = await openNfcFile({ ...this.#options, ticket, bufferBytes: this.#bufferBytes, signal })
    const { capacityBytes } = file
    this.#capacityBytes ??= capacityBytes
    if (capacityBytes === this.#capacityBytes) return file
    await file[Symbol.asyncDispose]()
    throw fail('nfc.disk-changed', { path, capacityBytes: this.#capacityBytes, foundBytes: capacityBytes })
  }

  /** Counts a connection that is gone, and waits before the next. @throws `nfc.gave-up` */
  async #recover(cause: unknown): Promise<void> {
    const { attemptsMax = 8, busyAttemptsMax = 26, onReconnect, path, clock = systemClock } = this.#options
    const isSmaller = this.#useSmallerBuffers(cause)
    if (!isSmaller) this.#fruitless++
    if (this.#fruitless >= (codeOf(cause) === 'nfc.host-busy' ? busyAttemptsMax : attemptsMax))
      throw fail('nfc.gave-up', { path, attempts: this.#fruitless, last: messageOf(cause) }, cause)
    const delayMs = isSmaller ? 0 : this.#nextDelayMs()
    onReconnect?.({ cause, attempt: this.#fruitless, delayMs, bufferBytes: this.#bufferBytes })
    await clock.sleep(delayMs, this.#lifetime.signal)
  }

  /** Whether there was a smaller size to go to: that is an answer to the refusal, not a vain repetition. */
  #useSmallerBuffers(cause: unknown): boolean {
    if (codeOf(cause) !== 'nfc.buffer-refused' || this.#bufferBytes <= defaultBuffers.bufferBytes) return false
    const { bufferBytes: leastBytes } = defaultBuffers
    this.#bufferBytes = Math.max(Math.floor(this.#bufferBytes / 2 / leastBytes) * leastBytes, leastBytes)
    return true
  }

  #nextDelayMs(): number {
    const { reconnectDelayMs = 500, random = systemRandom } = this.#options
    const fullMs = Math.min(reconnectDelayMs * 2 ** Math.max(this.#fruitless - 1, 0), delayMsMax)
    return fullMs * (1 - random.fraction() / 2) // jitter: all disks of a host lose it at once and must not come back at once
  }
}
