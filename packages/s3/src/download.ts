import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { Readable } from 'node:stream'

/** What a GET answered with, before its body is read. */
export interface Download {
  /** Of the body. */
  readonly lengthBytes: number
  /** Where in the object the body begins. */
  readonly offsetBytes: number
  /** Of the whole object. */
  readonly sizeBytes: number
  readonly body: Readable
}

/** Checks an answer's headers against each other. @throws Error with what makes no sense */
export function downloadOf({ Body, ContentLength, ContentRange }: GetObjectCommandOutput): Download {
  const body = Body instanceof Readable ? Body : Readable.from([])
  const refuse = (reason: string) => {
    body.destroy()
    return new Error(reason)
  }
  if (ContentLength === undefined) throw refuse('an answer that does not say how long it is')
  if (ContentRange === undefined) return { lengthBytes: ContentLength, offsetBytes: 0, sizeBytes: ContentLength, body }
  const [, first, last, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(ContentRange) ?? []
  const lengthBytes = Number(last) - Number(first) + 1
  if (size === undefined || lengthBytes !== ContentLength || Number(last) >= Number(size))
    throw refuse(`an answer with the range "${ContentRange}" and ${ContentLength} bytes`)
  return { lengthBytes, offsetBytes: Number(first), sizeBytes: Number(size), body }
}

/** Reads the body into `target`, which it must fill. @throws Error if it is longer or shorter */
export async function fill(target: Uint8Array, body: Readable, signal: AbortSignal): Promise<void> {
  let at = 0
  for await (const piece of body as AsyncIterable<Buffer>) {
    signal.throwIfAborted()
    if (at + piece.length > target.length) throw new Error(`more than the ${target.length} bytes that were announced`)
    target.set(piece, at)
    at += piece.length
  }
  signal.throwIfAborted()
  if (at < target.length) throw new Error(`${at} bytes where ${target.length} were announced`)
}
