import type { IncomingMessage } from 'node:http'

/** The whole of a request's body, or `undefined` if it is longer than allowed; the rest is then not read. */
export async function readBody(request: IncomingMessage, sizeBytesMax: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    sizeBytes += piece.length
    if (sizeBytes > sizeBytesMax) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
