import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'
import { freeNow } from '@vmkeep/kit'

/** What a GET answered with, its headers checked against each other, its body not yet read. */
export class Download {
  /** Of the body. */
  readonly lengthBytes: number
  /** Where in the object the body begins. */
  readonly offsetBytes: number
  /** Of the whole object. */
  readonly sizeBytes: number
  readonly #body: Readable
  readonly #signal: AbortSignal
  readonly #onBytes: (sizeBytes: number) => void

  constructor({ lengthBytes, offsetBytes, sizeBytes, body, signal, onBytes }: DownloadParts) {
    this.lengthBytes = lengthBytes
    this.offsetBytes = offsetBytes
    this.sizeBytes = sizeBytes
    this.#body = body
    this.#signal = signal
    this.#onBytes = onBytes
  }

  /** Reads the body into `target`, which it must fill, and returns that. @throws Error if the body is longer or shorter */
  async fill(target: Uint8Array): Promise<Uint8Array> {
    let at = 0
    for await (const piece of this.#body as AsyncIterable<Buffer>) {
      this.#signal.throwIfAborted()
      this.#onBytes(piece.length)
      if (at + piece.length > target.length) throw new Error(`more than the ${target.length} bytes that were announced`)
      target.set(piece, at)
      at += piece.length
      if (piece.length === piece.buffer.byteLength) freeNow(piece) // else it lies beside others that are yet to come
    }
    this.#signal.throwIfAborted()
    if (at < target.length) throw new Error(`${at} bytes where ${target.length} were announced`)
    return target
  }

  /** Breaks off what was not read. */
  close(): void {
    this.#body.destroy()
  }
}

interface DownloadParts {
  readonly lengthBytes: number
  readonly offsetBytes: number
  readonly sizeBytes: number
  readonly body: Readable
  readonly signal: AbortSignal
  /** Told of every piece that came. */
  readonly onBytes: (sizeBytes: number) => void
}

/** @throws Error with what makes no sense in the answer */
export function downloadOf(
  { Body, ContentLength: lengthBytes, ContentRange: range }: GetObjectCommandOutput,
  signal: AbortSignal,
  onBytes: (sizeBytes: number) => void,
): Download {
  const body = Body instanceof Readable ? Body : Readable.from([])
  const refuse = (reason: string) => {
    body.destroy()
    return new Error(reason)
  }
  if (lengthBytes === undefined) throw refuse('an answer that does not say how long it is')
  const parts = { lengthBytes, body, signal, onBytes }
  if (range === undefined) return new Download({ ...parts, offsetBytes: 0, sizeBytes: lengthBytes })
  const [, first, last, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(range) ?? []
  if (size === undefined || Number(last) - Number(first) + 1 !== lengthBytes || Number(last) >= Number(size))
    throw refuse(`an answer with the range "${range}" and ${lengthBytes} bytes`)
  return new Download({ ...parts, offsetBytes: Number(first), sizeBytes: Number(size) })
}
