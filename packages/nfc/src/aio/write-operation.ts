import { FormatError } from '@vmkeep/kit'
import { decodeFragment, type ErrorPayload, ioDirection, IoFragment } from '../messages/index.ts'
import { Operation } from './operation.ts'

/** One write request, of any number of fragments, and its one acknowledgement. */
export class WriteOperation extends Operation {
  readonly type = 'IO'
  readonly extraBytes = 0
  readonly extraTarget = undefined
  readonly extraTargetAt = 0
  readonly #totalBytes: number
  readonly #refused: (error: ErrorPayload) => Error

  constructor(totalBytes: number, refused: (error: ErrorPayload) => Error) {
    super()
    this.#totalBytes = totalBytes
    this.#refused = refused
  }

  accepts(payloadBytes: number): boolean {
    return payloadBytes === IoFragment.sizeBytes
  }

  /** An acknowledgement has no data behind it, whatever its wire length says: some repeat the request's. */
  reply(payload: DataView): boolean {
    const ack = {
      direction: -1,
      compression: 0,
      offsetBytes: 0,
      totalBytes: 0,
      fragmentOffsetBytes: 0,
      fragmentBytes: 0,
      wireBytes: 0,
    }
    decodeFragment(payload, 0, ack)
    if (ack.direction !== ioDirection.write) throw new FormatError(`an answer of direction ${ack.direction} to a write`)
    if (ack.totalBytes !== this.#totalBytes)
      throw new FormatError(`an acknowledgement of ${ack.totalBytes} bytes for a write of ${this.#totalBytes}`)
    this.end()
    return false
  }

  extraReceived(): void {}

  refused(error: ErrorPayload): Error {
    return this.#refused(error)
  }
}
