import assert from 'node:assert/strict'
import type { Struct } from '@vmkeep/kit'
import type { AioTypeName, ErrorPayload } from '../messages/index.ts'
import { Operation } from './operation.ts'

export interface ControlRequest<Reply> {
  readonly type: AioTypeName
  readonly payload: Uint8Array
  /** Sent behind the payload. */
  readonly extra?: Uint8Array
  /** What the reply's payload is. Where it says nothing, any short payload will do. */
  readonly reply?: Struct<Reply>
  /** How many bytes follow the reply's payload. @throws FormatError if they are too many */
  readonly replyExtraBytes?: (reply: Reply) => number
  readonly refused: (error: ErrorPayload) => Error
}

/** The largest payload of a reply that is not looked at. All seen repeat the size of their request. */
const ignoredPayloadBytesMax = 64

/** One request, one reply: everything but reading and writing. */
export class ControlOperation<Reply> extends Operation {
  readonly type: AioTypeName
  readonly #request: ControlRequest<Reply>
  #reply: Reply | undefined
  #extra = Buffer.alloc(0)
  readonly extraTargetAt = 0

  constructor(request: ControlRequest<Reply>) {
    super()
    this.type = request.type
    this.#request = request
  }

  get extraBytes(): number {
    return this.#extra.length
  }

  get extraTarget(): Uint8Array {
    return this.#extra
  }

  accepts(payloadBytes: number): boolean {
    const { reply } = this.#request
    return reply === undefined ? payloadBytes <= ignoredPayloadBytesMax : payloadBytes === reply.sizeBytes
  }

  reply(payload: DataView): boolean {
    const { reply, replyExtraBytes } = this.#request
    if (reply === undefined) {
      this.end()
      return false
    }
    this.#reply = reply.decode(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength))
    this.#extra = Buffer.alloc(replyExtraBytes?.(this.#reply) ?? 0)
    if (this.#extra.length === 0) this.end()
    return this.#extra.length > 0
  }

  extraReceived(): void {
    this.end()
  }

  refused(error: ErrorPayload): Error {
    return this.#request.refused(error)
  }

  /** The reply, once `ended` has resolved. */
  get result(): { readonly reply: Reply; readonly extra: Buffer } {
    assert(this.#reply !== undefined)
    return { reply: this.#reply, extra: this.#extra }
  }
}
