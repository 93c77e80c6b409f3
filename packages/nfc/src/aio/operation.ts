import { FormatError } from '@vmkeep/kit'
import { type AioTypeName, aioType, type ErrorPayload } from '../messages/index.ts'
import type { Extra } from './frame-reader.ts'

/** A request on its way: what may answer it, and the promise of its end. */
export abstract class Operation implements Extra {
  abstract readonly type: AioTypeName
  readonly #ended = Promise.withResolvers<void>()
  #isOver = false

  constructor() {
    this.#ended.promise.catch(() => {}) // a reader that gave up does not wait for it
  }

  abstract get extraBytes(): number
  abstract get extraTarget(): Uint8Array | undefined
  abstract get extraTargetAt(): number
  /** Whether the server's answer may have a payload of this size. */
  abstract accepts(payloadBytes: number): boolean
  /** A reply's payload. Whether extra bytes follow. @throws FormatError */
  abstract reply(payload: DataView): boolean
  abstract extraReceived(): void
  /** The error for the server's refusal of this request alone. */
  abstract refused(error: ErrorPayload): Error

  /** Resolves when the server has answered in full, rejects when it refused or the connection broke. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  get isOver(): boolean {
    return this.#isOver
  }

  end(): void {
    this.#isOver = true
    this.#ended.resolve()
  }

  failed(error: unknown): void {
    this.#isOver = true
    this.#ended.reject(error)
  }

  checkHeader(type: number, payloadBytes: number): void {
    if (type !== aioType[this.type])
      throw new FormatError(`expected a reply to ${this.type}, found one of type ${type}`)
    if (!this.accepts(payloadBytes))
      throw new FormatError(`a reply to ${this.type} with a payload of ${payloadBytes} bytes`)
  }
}
