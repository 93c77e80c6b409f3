import { checkRun, diskFail } from '@vmkeep/disk'
import { fail } from './errors.ts'

/** What every writer here asks before it works, and remembers when work fails: a file with a gap must never be finished. */
export class WriterState {
  readonly #path: string
  readonly #capacityBytes: number
  #closed = false
  #failure: unknown

  constructor(path: string, capacityBytes: number) {
    this.#path = path
    this.#capacityBytes = capacityBytes
  }

  /** @throws `disk.closed`, `disk.out-of-range`, `vmdk.writer-broken`; `signal.reason` on abort */
  check(offsetBytes: number, lengthBytes: number, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closed) throw diskFail('disk.closed', { disk: this.#path })
    if (this.#failure !== undefined) throw fail('vmdk.writer-broken', { path: this.#path }, this.#failure)
    checkRun(this.#path, this.#capacityBytes, offsetBytes, lengthBytes)
  }

  async attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.#failure ??= error
      throw error
    }
  }

  close(): void {
    this.#closed = true
  }
}
