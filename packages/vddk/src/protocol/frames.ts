import { FormatError, struct, u32le } from '@vmkeep/kit'

// A frame: how long its parts are, a JSON head, bytes. Both ends are ours; lengths are checked all the same, since a library that
// writes where it should not may have been at work in between.

const FrameStart = struct('frame', 8, { headBytes: u32le, bodyBytes: u32le })
const headBytesMax = 16 * 1024 * 1024
const bodyBytesMax = 64 * 1024 * 1024

/** The pieces of a frame, to be written one after the other. The body is not copied. */
export function frame(head: object, body: Uint8Array = new Uint8Array()): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(head))
  const start = FrameStart.encode({ headBytes: text.length, bodyBytes: body.length })
  return [Buffer.concat([start, text]), ...(body.length === 0 ? [] : [body])]
}

/** Takes frames apart as they come in. A body is memory of its own. */
export class FrameReader<Head extends object> {
  readonly #onFrame: (head: Head, body: Uint8Array) => void
  #wanted: 'start' | 'head' | 'body' = 'start'
  #target: Uint8Array = new Uint8Array(FrameStart.sizeBytes)
  #filled = 0
  #bodyBytes = 0
  #head: Head | undefined

  constructor(onFrame: (head: Head, body: Uint8Array) => void) {
    this.#onFrame = onFrame
  }

  /** @throws FormatError: then nothing that follows can be understood */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const length = Math.min(chunk.length - at, this.#target.length - this.#filled)
      this.#target.set(chunk.subarray(at, at + length), this.#filled)
      this.#filled += length
      at += length
      while (this.#filled === this.#target.length) this.#next()
    }
  }

  #next(): void {
    const done = this.#target
    this.#filled = 0
    if (this.#wanted === 'start') {
      const { headBytes, bodyBytes } = FrameStart.decode(done)
      if (headBytes === 0 || headBytes > headBytesMax || bodyBytes > bodyBytesMax)
        throw new FormatError(`a frame of ${headBytes} and ${bodyBytes} bytes`)
      this.#bodyBytes = bodyBytes
      this.#want('head', new Uint8Array(headBytes))
    } else if (this.#wanted === 'head') {
      this.#head = parse<Head>(done)
      this.#want('body', new Uint8Array(this.#bodyBytes))
    } else {
      this.#want('start', new Uint8Array(FrameStart.sizeBytes))
      this.#onFrame(this.#head!, done)
    }
  }

  #want(what: 'start' | 'head' | 'body', target: Uint8Array): void {
    this.#wanted = what
    this.#target = target
  }
}

function parse<Head extends object>(bytes: Uint8Array): Head {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as Head
  } catch (error) {
    throw new FormatError('a head that is no JSON', { cause: error })
  }
}
