import { FormatError } from '@vmkeep/kit'
import type { Duplex } from 'node:stream'

/**
 * Reads lines and pieces of known size from a stream, one at a time.
 * What lies beyond them is put back, so that another reader can go on from there.
 */
export class StreamReader {
  readonly #stream: Duplex

  constructor(stream: Duplex) {
    this.#stream = stream
  }

  exactly(sizeBytes: number): Promise<Buffer> {
    return this.#take((bytes) => (bytes.length < sizeBytes ? -1 : sizeBytes))
  }

  /** The next line without its line end. @throws FormatError if it is longer than `bytesMax` */
  async line(bytesMax: number): Promise<string> {
    const line = await this.#take((bytes) => {
      const end = bytes.indexOf('\n')
      if (end > bytesMax || (end === -1 && bytes.length > bytesMax))
        throw new FormatError(`expected a line, found more than ${bytesMax} bytes without an end`)
      return end === -1 ? -1 : end + 1
    })
    return line.toString('latin1').replace(/\r?\n$/, '')
  }

  /** Takes as many bytes as `measure` says, which answers -1 until there are enough. */
  async #take(measure: (bytes: Buffer) => number): Promise<Buffer> {
    let bytes: Buffer = Buffer.alloc(0)
    for (;;) {
      const piece = this.#stream.read() as Buffer | null
      if (piece === null) {
        await this.#more()
        continue
      }
      bytes = Buffer.concat([bytes, piece])
      const end = measure(bytes)
      if (end === -1) continue
      if (end < bytes.length) this.#stream.unshift(bytes.subarray(end))
      return bytes.subarray(0, end)
    }
  }

  /** Waits until there is more to read. @throws what ended the stream */
  #more(): Promise<void> {
    const stream = this.#stream
    return new Promise((resolve, reject) => {
      const settle = () => {
        for (const event of events) stream.off(event, settle)
        if (stream.readableLength > 0) resolve()
        else if (stream.readableEnded || stream.destroyed)
          reject(stream.errored ?? new Error('it closed the connection'))
        else resolve()
      }
      for (const event of events) stream.on(event, settle)
      if (stream.readableEnded || stream.destroyed) settle()
    })
  }
}

const events = ['readable', 'end', 'close', 'error'] as const
