import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { isZero } from '@vmkeep/disk'

const pieceBytes = 1024 * 1024

/** Unpacks an image. Runs of zeroes become holes. */
export async function gunzipSparse(source: string, target: string): Promise<void> {
  await using file = await open(target, 'w')
  let offsetBytes = 0
  await pipeline(
    createReadStream(source),
    createGunzip({ chunkSize: pieceBytes }),
    async (pieces: AsyncIterable<Buffer>) => {
      for await (const piece of pieces) {
        if (!isZero(piece)) await file.write(piece, 0, piece.length, offsetBytes)
        offsetBytes += piece.length
      }
    },
  )
  await file.truncate(offsetBytes)
}
