import { FormatError } from '@vmkeep/kit'
import { AioHeader, aioMagic, aioTypeName, errorPayloadBytesMax } from '../messages/index.ts'

/** Where the bytes behind a payload go. */
export interface Extra {
  readonly extraBytes: number
  /** `undefined` throws them away. Asked anew for every chunk: a reader that gives up takes its memory back at once. */
  readonly extraTarget: Uint8Array | undefined
  /** Where in the target they begin. */
  readonly extraTargetAt: number
  /** All of them have come. */
  extraReceived(): void
}

export interface FrameHandler {
  /** Refuses a frame that may not come now, before anything of it is taken in. @throws FormatError */
  header(type: number, payloadBytes: number, opId: number): void
  /** `payload` is valid during the call only. Says where the extra bytes go, or `undefined` if none follow. @throws FormatError */
  payload(payload: DataView): Extra | undefined
}

/**
 * Cuts what a socket gives, in whatever chunks, into AIO frames. Holds at most one header and payload;
 * extra bytes are copied once, from the chunk to where they belong.
 */
export class FrameReader {
  readonly #handler: FrameHandler
  readonly #head = Buffer.alloc(AioHeader.sizeBytes + errorPayloadBytesMax)
  readonly #view = new DataView(this.#head.buffer, this.#head.byteOffset, this.#head.length)
  #headBytes = 0
  #payloadBytes: number | undefined
  #extra: Extra | undefined
  #extraBytes = 0
  #isStopped = false

  constructor(handler: FrameHandler) {
    this.#handler = handler
  }

  /** What is taken in after this is ignored. A frame that was under way never happened. */
  stop(): void {
    this.#isStopped = true
  }

  /** @throws FormatError; the stream can't be followed from then on */
  receive(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.#isStopped;) {
      at += this.#extra === undefined ? this.#takeHead(chunk, at) : this.#takeExtra(this.#extra, chunk, at)
    }
  }

  #takeHead(chunk: Buffer, at: number): number {
    const needed = AioHeader.sizeBytes + (this.#payloadBytes ?? 0)
    const taken = chunk.copy(this.#head, this.#headBytes, at, Math.min(at + needed - this.#headBytes, chunk.length))
    this.#headBytes += taken
    if (this.#headBytes < needed) return taken
    if (this.#payloadBytes === undefined) this.#endHeader()
    if (this.#headBytes === AioHeader.sizeBytes + this.#payloadBytes!) this.#endPayload()
    return taken
  }

  #endHeader(): void {
    // By offset, because this runs for every fragment; the declared struct has the words for what is wrong.
    if (this.#view.getUint32(0, true) !== aioMagic) AioHeader.decode(this.#head)
    const type = this.#view.getUint32(4, true)
    const size = this.#view.getUint32(8, true)
    const opId = this.#view.getUint32(12, true)
    if (size > errorPayloadBytesMax)
      throw new FormatError(`a frame of type ${aioTypeName(type) ?? type} with a payload of ${size} bytes`)
    this.#handler.header(type, size, opId)
    this.#payloadBytes = size
  }

  #endPayload(): void {
    const payload = new DataView(this.#view.buffer, this.#view.byteOffset + AioHeader.sizeBytes, this.#payloadBytes)
    this.#headBytes = 0
    this.#payloadBytes = undefined
    const extra = this.#handler.payload(payload)
    if (extra === undefined) return
    this.#extraBytes = 0
    if (extra.extraBytes === 0) extra.extraReceived()
    else this.#extra = extra
  }

  #takeExtra(extra: Extra, chunk: Buffer, at: number): number {
    const taken = Math.min(extra.extraBytes - this.#extraBytes, chunk.length - at)
    const target = extra.extraTarget
    if (target !== undefined) chunk.copy(target, extra.extraTargetAt + this.#extraBytes, at, at + taken)
    this.#extraBytes += taken
    if (this.#extraBytes === extra.extraBytes) {
      this.#extra = undefined
      extra.extraReceived()
    }
    return taken
  }
}
