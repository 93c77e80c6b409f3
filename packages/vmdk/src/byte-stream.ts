import { damagedAt } from './byte-source.ts'

/** Bytes that come once, in order: an HTTP answer. Holds what arrived and was not taken, and asks for more only when it must. */
export class ByteStream {
  /** What errors call it. */
  readonly path: string
  readonly #pieces: AsyncIterator<Uint8Array>
  #held: Uint8Array = new Uint8Array()
  #takenBytes = 0

  constructor(pieces: AsyncIterable<Uint8Array>, path: string) {
    this.path = path
    this.#pieces = pieces[Symbol.asyncIterator]()
  }

  /** How far it was read. */
  get takenBytes(): number {
    return this.#takenBytes
  }

  /** The next bytes, valid for good. @throws `vmdk.damaged` if the stream ends before */
  async take(sizeBytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (let missing = sizeBytes; missing > 0;) {
      if (this.#held.length === 0 && !(await this.#more()))
        throw damagedAt(this, this.#takenBytes + sizeBytes - missing, `the stream ends ${missing} bytes early`)
      const part = this.#held.subarray(0, missing)
      this.#held = this.#held.subarray(part.length)
      missing -= part.length
      parts.push(part)
    }
    this.#takenBytes += sizeBytes
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  /** Lets the rest go by, to its end. */
  async drain(): Promise<void> {
    this.#held = new Uint8Array()
    while (await this.#more()) this.#held = new Uint8Array()
  }

  /** Stops asking for more. */
  async close(): Promise<void> {
    await this.#pieces.return?.()
  }

  async #more(): Promise<boolean> {
    const next = await this.#pieces.next()
    if (next.done === true) return false
    this.#held = next.value
    return true
  }
}
