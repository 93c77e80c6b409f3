import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * A socket as a stream that can let go of it. The first TLS session runs over this: when authd hands the connection over,
 * TLS is abandoned without a word and the socket carries something else.
 */
export class DetachableStream extends Duplex {
  readonly #socket: Socket
  #isHeld = false
  #isDetached = false
  readonly #onData = (chunk: Buffer) => {
    if (!this.push(chunk)) this.#socket.pause()
  }
  /** Half a connection is none: TLS would wait for the rest of a record for ever. */
  readonly #onEnd = () => void this.destroy()
  readonly #onClose = () => void this.destroy()

  constructor(socket: Socket) {
    super()
    this.#socket = socket
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose)
  }

  /**
   * Takes nothing more from the socket, which keeps what comes for its next owner; what is written here still leaves.
   * To be called before the word goes out that lets the client begin with something else.
   */
  hold(): void {
    this.#isHeld = true
    this.#socket.pause()
    this.#socket.off('data', this.#onData)
  }

  /** Lets go of the socket and leaves it paused. What was written and confirmed before has been passed on. */
  detach(): void {
    if (this.#isDetached) return
    this.hold()
    this.#isDetached = true
    this.#socket.off('end', this.#onEnd).off('close', this.#onClose)
  }

  override _read(): void {
    if (!this.#isHeld) this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#isDetached) done() // a late TLS alert has nowhere to go
    else this.#socket.write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    if (!this.#isDetached) this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#isDetached) this.#socket.destroy()
    done(error)
  }
}
