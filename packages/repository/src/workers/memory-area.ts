import assert from 'node:assert/strict'

interface Waiting {
  readonly granules: number
  readonly resolve: (bytes: Uint8Array) => void
}

/**
 * A part of the shared memory, lent out in contiguous runs. Whoever asks for more than is free waits, in order of asking.
 * Low addresses are lent first, so that a small run never touches, and so never takes, what it does not need.
 */
export class MemoryArea {
  readonly sizeBytes: number
  readonly #memory: ArrayBufferLike
  readonly #startBytes: number
  readonly #granuleBytes: number
  readonly #taken: Uint8Array
  readonly #lent = new Map<number, number>() // start granule → how many
  readonly #waiting: Waiting[] = []
  /** Called whenever someone has to wait. */
  onWait: () => void = () => {}

  constructor(memory: ArrayBufferLike, { startBytes, sizeBytes, granuleBytes }: AreaOptions) {
    this.#memory = memory
    this.#startBytes = startBytes
    this.#granuleBytes = granuleBytes
    this.#taken = new Uint8Array(Math.floor(sizeBytes / granuleBytes))
    this.sizeBytes = this.#taken.length * granuleBytes
    assert(this.sizeBytes > 0)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get lentBytes(): number {
    let granules = 0
    for (const count of this.#lent.values()) granules += count
    return granules * this.#granuleBytes
  }

  /** At least `lengthBytes`, cut to that length. @throws `signal.reason` when aborted while waiting */
  async allocate(lengthBytes: number, signal?: AbortSignal): Promise<Uint8Array> {
    signal?.throwIfAborted()
    const granules = Math.max(1, Math.ceil(lengthBytes / this.#granuleBytes))
    assert(granules <= this.#taken.length, `${lengthBytes} bytes can never be had from ${this.sizeBytes}`)
    const bytes =
      (this.#waiting.length === 0 ? this.#find(granules) : undefined) ?? (await this.#wait(granules, signal))
    return bytes.subarray(0, lengthBytes)
  }

  /** Whether `bytes` is the beginning of something lent and not yet given back. */
  owns(bytes: Uint8Array): boolean {
    const granules = this.#lent.get(this.#granuleOf(bytes))
    return bytes.buffer === this.#memory && granules !== undefined && bytes.byteLength <= granules * this.#granuleBytes
  }

  /** Takes back what `allocate` gave, by its beginning. */
  release(bytes: Uint8Array): void {
    assert(this.owns(bytes), 'what is given back must have been lent')
    const start = this.#granuleOf(bytes)
    this.#taken.fill(0, start, start + this.#lent.get(start)!)
    this.#lent.delete(start)
    this.#serve()
  }

  /** Takes back the end of what `allocate` gave, beyond its first `lengthBytes`. */
  shrink(bytes: Uint8Array, lengthBytes: number): void {
    assert(this.owns(bytes) && lengthBytes > 0)
    const start = this.#granuleOf(bytes)
    const [had, keep] = [this.#lent.get(start)!, Math.ceil(lengthBytes / this.#granuleBytes)]
    if (keep >= had) return
    this.#taken.fill(0, start + keep, start + had)
    this.#lent.set(start, keep)
    this.#serve()
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const bytes = this.#find(next.granules)
      if (bytes === undefined) return
      this.#waiting.shift()
      next.resolve(bytes)
    }
  }

  #find(granules: number): Uint8Array | undefined {
    for (let start = 0; ;) {
      start = this.#taken.indexOf(0, start)
      if (start === -1 || start + granules > this.#taken.length) return undefined
      const blocked = this.#taken.subarray(start, start + granules).lastIndexOf(1)
      if (blocked === -1) return this.#lend(start, granules)
      start += blocked + 1
    }
  }

  #lend(start: number, granules: number): Uint8Array {
    this.#taken.fill(1, start, start + granules)
    this.#lent.set(start, granules)
    return new Uint8Array(this.#memory, this.#startBytes + start * this.#granuleBytes, granules * this.#granuleBytes)
  }

  #wait(granules: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1)
        reject(signal!.reason as Error)
        this.#serve() // someone smaller may have waited behind
      }
      const entry: Waiting = {
        granules,
        resolve: (bytes) => {
          signal?.removeEventListener('abort', leave)
          resolve(bytes)
        },
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiting.push(entry)
      this.onWait()
    })
  }

  #granuleOf(bytes: Uint8Array): number {
    return (bytes.byteOffset - this.#startBytes) / this.#granuleBytes
  }
}

export interface AreaOptions {
  readonly startBytes: number
  readonly sizeBytes: number
  readonly granuleBytes: number
}
