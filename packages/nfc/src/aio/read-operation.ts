import { FormatError } from '@vmkeep/kit'
import {
  compressionKind,
  type CompressionName,
  decodeFragment,
  type ErrorPayload,
  ioDirection,
  IoFragment,
  type MutableFragment,
} from '../messages/index.ts'
import { decompress } from './decompress.ts'
import { Operation } from './operation.ts'
import { RunSet } from './run-set.ts'

/** Where a read's bytes go, and who is told which of them are there. */
export interface ReadSink {
  /** `undefined` once the caller has taken its memory back. */
  readonly target: Uint8Array | undefined
  /** These bytes of the target are there. */
  filled(offset: number, length: number): void
}

export interface ReadSpan {
  /** On the disk. */
  readonly offsetBytes: number
  /** Of the request's first byte within the sink's target. */
  readonly targetAt: number
  readonly lengthBytes: number
}

export interface ReadOperationOptions {
  readonly span: ReadSpan
  readonly sink: ReadSink
  readonly compression: CompressionName
  readonly refused: (error: ErrorPayload) => Error
  /** The peer broke the protocol in a way found only later: in what it compressed. */
  readonly broken: (error: unknown) => void
}

const noFragment = (): MutableFragment => ({
  direction: 0,
  compression: 0,
  offsetBytes: 0,
  totalBytes: 0,
  fragmentOffsetBytes: 0,
  fragmentBytes: 0,
  wireBytes: 0,
})

/** One read request and the fragments that answer it, in any order. */
export class ReadOperation extends Operation {
  readonly type = 'IO'
  readonly #options: ReadOperationOptions
  /** What no fragment has announced yet: a second one for the same bytes is a lie. */
  readonly #unclaimed: RunSet
  #missingBytes: number
  readonly #fragment = noFragment()
  #packed: Buffer | undefined

  constructor(options: ReadOperationOptions) {
    super()
    this.#options = options
    this.#unclaimed = new RunSet(options.span.lengthBytes)
    this.#missingBytes = options.span.lengthBytes
  }

  get extraBytes(): number {
    return this.#fragment.wireBytes
  }

  get extraTarget(): Uint8Array | undefined {
    return this.#packed ?? this.#options.sink.target
  }

  get extraTargetAt(): number {
    return this.#packed === undefined ? this.#targetAt : 0
  }

  accepts(payloadBytes: number): boolean {
    return payloadBytes === IoFragment.sizeBytes
  }

  reply(payload: DataView): boolean {
    const fragment = this.#fragment
    decodeFragment(payload, 0, fragment)
    this.#check(fragment)
    // Allocated only now: the fragment lies inside the request, and its packed form is no larger than it.
    this.#packed = fragment.compression === compressionKind.none ? undefined : Buffer.allocUnsafe(fragment.wireBytes)
    return true
  }

  extraReceived(): void {
    const { fragmentBytes } = this.#fragment
    if (this.#packed === undefined) this.#complete(this.#targetAt, fragmentBytes)
    else this.#unpack(this.#packed, this.#targetAt, fragmentBytes)
  }

  refused(error: ErrorPayload): Error {
    return this.#options.refused(error)
  }

  get #targetAt(): number {
    return this.#options.span.targetAt + this.#fragment.fragmentOffsetBytes
  }

  #complete(targetAt: number, lengthBytes: number): void {
    if (this.#options.sink.target !== undefined) this.#options.sink.filled(targetAt, lengthBytes)
    this.#missingBytes -= lengthBytes
    if (this.#missingBytes === 0) this.end()
  }

  #unpack(packed: Buffer, targetAt: number, lengthBytes: number): void {
    const { compression } = this.#fragment
    decompress(compression, packed, lengthBytes, (error, unpack) => {
      if (this.isOver) return // the connection broke meanwhile: the target may be somebody else's by now
      const target = this.#options.sink.target
      try {
        if (error !== undefined) throw error
        if (target !== undefined) unpack(target.subarray(targetAt, targetAt + lengthBytes))
        this.#complete(targetAt, lengthBytes)
      } catch (cause) {
        this.#options.broken(cause)
      }
    })
  }

  #check(fragment: MutableFragment): void {
    const { span, compression } = this.#options
    const { fragmentOffsetBytes, fragmentBytes, wireBytes } = fragment
    if (fragment.direction !== ioDirection.read)
      throw new FormatError(`an answer of direction ${fragment.direction} to a read`)
    if (fragment.totalBytes !== span.lengthBytes || fragment.offsetBytes !== span.offsetBytes)
      throw new FormatError(
        `an answer for ${fragment.offsetBytes}+${fragment.totalBytes} to a read of ${span.offsetBytes}+${span.lengthBytes}`,
      )
    if (!this.#unclaimed.remove(fragmentOffsetBytes, fragmentBytes))
      throw new FormatError(
        `a fragment ${fragmentOffsetBytes}+${fragmentBytes} that is empty, repeated or outside a read of ${span.lengthBytes} bytes`,
      )
    if (fragment.compression === compressionKind.none) {
      if (wireBytes !== fragmentBytes)
        throw new FormatError(`${wireBytes} bytes for a raw fragment of ${fragmentBytes}`)
    } else if (fragment.compression !== compressionKind[compression])
      throw new FormatError(`a fragment of compression ${fragment.compression}, asked for ${compression}`)
    else if (wireBytes > fragmentBytes)
      throw new FormatError(`${wireBytes} compressed bytes for a fragment of ${fragmentBytes}`)
  }
}
