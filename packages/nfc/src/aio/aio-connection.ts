import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { type Clock, FormatError } from '@vmkeep/kit'
import { fail } from '../errors.ts'
import {
  AioHeader,
  aioType,
  aioTypeName,
  decodeError,
  encodeFragmentFrame,
  type MutableFragment,
} from '../messages/index.ts'
import { ControlOperation, type ControlRequest } from './control-operation.ts'
import { type Extra, type FrameHandler, FrameReader } from './frame-reader.ts'
import type { Operation } from './operation.ts'
import { Watchdog } from './watchdog.ts'

export interface AioConnectionOptions {
  readonly peer: string
  /** How long the peer may owe an answer without finishing any part of one. */
  readonly requestTimeoutMs: number
  readonly clock: Clock
}

/** A fragment of a write and its data, compressed or not. */
export interface OutgoingFragment {
  readonly header: Readonly<MutableFragment>
  readonly data: Uint8Array
}

/**
 * AIO frames over a stream: numbers requests, matches replies, and ends every request exactly once.
 *
 * An ERROR ends its own request. Anything else that goes wrong (a broken stream, a peer that is silent or does not keep
 * the protocol) ends the connection and every request on it with the same error.
 */
export class AioConnection implements FrameHandler {
  readonly #stream: Duplex
  readonly #peer: string
  readonly #watchdog: Watchdog
  readonly #reader: FrameReader
  readonly #pending = new Map<number, Operation>()
  #nextOpId = 0
  #failure: Error | undefined
  #current: { type: number; opId: number; operation: Operation | undefined } = {
    type: 0,
    opId: 0,
    operation: undefined,
  }

  constructor(stream: Duplex, { peer, requestTimeoutMs, clock }: AioConnectionOptions) {
    this.#stream = stream
    this.#peer = peer
    this.#reader = new FrameReader(this)
    this.#watchdog = new Watchdog({
      timeoutMs: requestTimeoutMs,
      clock,
      isWaiting: () => this.#pending.size > 0,
      expired: () => this.fail(fail('nfc.timeout', { peer, during: this.#activity(), timeoutMs: requestTimeoutMs })),
    })
    const lost = (cause?: unknown) => this.fail(fail('nfc.connection-lost', { peer, during: this.#activity() }, cause))
    stream.on('data', (chunk: Buffer) => this.#receive(chunk))
    stream.on('error', lost)
    stream.on('end', () => lost())
    stream.on('close', () => lost(stream.errored ?? undefined))
    if (stream.destroyed) lost(stream.errored ?? undefined)
    stream.resume()
  }

  /** What ended the connection. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** Sends a request and waits for its reply. */
  async request<Reply>(request: ControlRequest<Reply>): Promise<{ readonly reply: Reply; readonly extra: Buffer }> {
    const operation = new ControlOperation(request)
    this.submit(operation, request.payload, request.extra)
    await operation.ended
    return operation.result
  }

  /** Like {@link request}, for a reply that says nothing. */
  async command(request: ControlRequest<never>): Promise<void> {
    const operation = new ControlOperation(request)
    this.submit(operation, request.payload, request.extra)
    await operation.ended
  }

  /** Sends a request. Its operation ends when the peer is done with it. */
  submit(operation: Operation, payload: Uint8Array, extra?: Uint8Array): void {
    const opId = this.#begin(operation)
    if (opId === undefined) return
    const header = AioHeader.encode({ type: aioType[operation.type], size: payload.length, opId })
    this.#stream.write(Buffer.concat(extra === undefined ? [header, payload] : [header, payload, extra]))
  }

  /** Sends the fragments of a write under one opId. Their data must not change until the operation ends. */
  submitFragments(operation: Operation, handle: bigint, fragments: Iterable<OutgoingFragment>): void {
    const opId = this.#begin(operation)
    if (opId === undefined) return
    for (const { header, data } of fragments) {
      this.#stream.cork() // header and data leave in one write
      this.#stream.write(encodeFragmentFrame(opId, handle, header))
      this.#stream.write(data)
      this.#stream.uncork()
    }
  }

  /** Sends a last frame that gets no answer, and closes once it has left. */
  end(lastFrame: Uint8Array): Promise<void> {
    const left = new Promise<void>((resolve) => {
      this.#stream.once('finish', resolve).once('close', resolve)
    })
    this.#stream.end(lastFrame)
    return left
  }

  /** Ends the connection and all that is pending. The first reason counts. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#watchdog[Symbol.dispose]()
    this.#reader.stop()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const operation of pending) operation.failed(error)
    this.#stream.destroy()
  }

  /** Something came that can't be followed. A FormatError is the peer's fault; anything else is passed on as it is. */
  broken(error: unknown): void {
    const about = { peer: this.#peer, during: this.#activity() }
    if (error instanceof FormatError)
      this.fail(fail('nfc.protocol-violation', { ...about, fact: error.message }, error))
    else this.fail(error instanceof Error ? error : fail('nfc.connection-lost', about, error))
  }

  /** Drops the connection. */
  destroy(): void {
    this.fail(fail('nfc.closed', { path: this.#peer }))
  }

  header(type: number, payloadBytes: number, opId: number): void {
    // With the right magic the stream is in step: this is a host that has something to say, not noise.
    if (aioTypeName(type) === undefined) throw fail('nfc.unknown-message', { peer: this.#peer, type })
    const operation = this.#pending.get(opId)
    const isDue = operation !== undefined && !operation.isOver
    if (!isDue && type !== aioType.ERROR)
      throw new FormatError(`a frame of type ${type} for request ${opId}, which is not pending`)
    if (isDue && type !== aioType.ERROR) operation.checkHeader(type, payloadBytes)
    this.#current = { type, opId, operation: isDue ? operation : undefined }
  }

  payload(payload: DataView): Extra | undefined {
    const { type, opId, operation } = this.#current
    this.#watchdog.touch()
    if (type === aioType.ERROR) return this.#refuse(opId, operation, payload)
    assert(operation !== undefined) // `header` has let it pass
    return operation.reply(payload) ? operation : undefined
  }

  #refuse(opId: number, operation: Operation | undefined, payload: DataView): undefined {
    const error = decodeError(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength))
    if (operation === undefined)
      throw new FormatError(`NFC error ${error.code} ${error.text} for request ${opId}, which is not pending`)
    operation.failed(operation.refused(error))
  }

  #begin(operation: Operation): number | undefined {
    if (this.#failure !== undefined) {
      operation.failed(this.#failure)
      return undefined
    }
    if (this.#pending.size === 0) this.#watchdog.touch()
    const opId = this.#nextOpId
    this.#nextOpId = (opId + 1) % 2 ** 32
    this.#pending.set(opId, operation)
    const forget = () => this.#pending.delete(opId)
    operation.ended.then(forget, forget)
    return opId
  }

  #receive(chunk: Buffer): void {
    try {
      this.#reader.receive(chunk)
    } catch (error) {
      this.broken(error)
    }
  }

  /** What was going on, to follow the word "while". */
  #activity(): string {
    const [first] = this.#pending.values()
    if (first === undefined) return 'nothing was asked of it'
    const others = this.#pending.size - 1
    return `it owed an answer to ${first.type}${others === 0 ? '' : ` and ${others} more`}`
  }
}
