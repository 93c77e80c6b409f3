import type { Readable } from 'node:stream'
import { fail } from '../errors.ts'

/** Takes exact counts of bytes from a stream, in turn. Holds no more than was asked for and what the stream buffers itself. */
export class ByteReader {
  readonly #stream: Readable
  #wake: (() => void) | undefined
  #isOver = false

  constructor(stream: Readable) {
    this.#stream = stream
    const wake = () => this.#wake?.()
    const end = () => {
      this.#isOver = true
      wake()
    }
    stream.on('readable', wake).on('end', end).on('close', end).on('error', end)
    if (stream.readableEnded || stream.destroyed) this.#isOver = true
  }

  /** One caller at a time. @throws `lab.nfc-peer-gone` if the stream ends before */
  async exactly(count: number): Promise<Buffer> {
    if (count === 0) return Buffer.alloc(0)
    for (;;) {
      const bytes = this.#stream.destroyed ? null : (this.#stream.read(count) as Buffer | null)
      if (bytes !== null && bytes.length === count) return bytes
      if (bytes !== null || this.#isOver || this.#stream.destroyed) throw fail('lab.nfc-peer-gone', {})
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The next line without its CRLF, or undefined if it is longer than `bytesMax`. @throws `lab.nfc-peer-gone` */
  async line(bytesMax: number): Promise<string | undefined> {
    let text = ''
    while (text.length <= bytesMax) {
      text += (await this.exactly(1)).toString('latin1')
      if (text.endsWith('\r\n')) return text.slice(0, -2)
    }
    return undefined
  }
}
