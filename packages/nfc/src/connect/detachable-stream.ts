import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * Forwards to a socket until detached; the socket then belongs to the caller again, untouched by what ends here.
 *
 * Why: authd's TLS session is abandoned without a close_notify and the same TCP connection goes on, in clear or with a new
 * TLS handshake. A TLS session put on the socket itself could never be taken off it.
 */
export class DetachableStream extends Duplex {
  #socket: Socket | undefined
  readonly #onData = (chunk: Buffer) => {
    if (!this.push(chunk)) this.#socket?.pause()
  }
  readonly #onEnd = () => this.push(null)
  readonly #onClose = () => this.destroy(this.#socket?.errored ?? undefined)

  constructor(socket: Socket) {
    super()
    this.#socket = socket
    this.on('error', () => {}) // the TLS session above reports it
    socket.on('end', this.#onEnd).on('close', this.#onClose)
  }

  /** Gives the socket back, paused. What is written or read here from now on goes nowhere. */
  detach(): Socket {
    const socket = this.#socket
    if (socket === undefined) throw new Error('already detached')
    this.#socket = undefined
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    socket.pause()
    return socket
  }

  override _read(): void {
    const socket = this.#socket
    if (socket === undefined) return
    if (socket.listenerCount('data') === 0) socket.on('data', this.#onData)
    socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#socket === undefined) done()
    else this.#socket.write(chunk, done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket?.destroy()
    done(error)
  }
}
