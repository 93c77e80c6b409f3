import { createGunzip } from 'node:zlib'
import { FormatError } from '@vmkeep/kit'
import type { HttpResponse } from './http-client.ts'

/** An answer that is longer than anybody wants to hold in memory. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError'
}

/**
 * Reads an answer whole, unpacked, as UTF-8.
 *
 * @throws TooLargeError past `limitBytes`, counted unpacked: a small file can unpack to anything
 * @throws FormatError if it is not gzip though it says so, or not UTF-8
 */
export async function readText(response: HttpResponse, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of unpacked(response)) {
    sizeBytes += chunk.length
    if (sizeBytes > limitBytes) {
      response.body.destroy()
      throw new TooLargeError(`more than ${limitBytes} bytes`)
    }
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks, sizeBytes))
  } catch (error) {
    throw new FormatError('not UTF-8', { cause: error })
  }
}

async function* unpacked({ body, headers }: HttpResponse): AsyncIterable<Buffer> {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') {
    yield* body as AsyncIterable<Buffer>
    return
  }
  if (encoding !== 'gzip') throw new FormatError(`the content encoding ${encoding}, which was not asked for`)
  const gunzip = createGunzip()
  body.on('error', (error) => gunzip.destroy(error)).pipe(gunzip)
  try {
    yield* gunzip as AsyncIterable<Buffer>
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw code.startsWith('Z_') ? new FormatError(`not gzip, though it says so (${code})`) : error
  } finally {
    gunzip.destroy()
  }
}
