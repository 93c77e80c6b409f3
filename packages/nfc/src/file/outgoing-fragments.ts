import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import type { OutgoingFragment } from '../aio/aio-connection.ts'
import { compressionKind, encodeSkipZ, ioDirection } from '../messages/index.ts'
import { type Extent, pieces } from './extent.ts'

/** What this client can ask for and send. (FastLZ is left out: SkipZ and zlib cover both ends of the trade.) */
export type Compression = 'none' | 'zlib' | 'skipz'

const deflated = promisify(deflate)

/** A write of `bytes` as fragments of at most `fragmentBytesMax`, each compressed on its own if that makes it smaller. */
export function outgoingFragments(
  { offsetBytes, lengthBytes }: Extent,
  bytes: Uint8Array,
  compression: Compression,
  fragmentBytesMax: number,
): Promise<OutgoingFragment[]> {
  const fragment = async (piece: Extent): Promise<OutgoingFragment> => {
    const plain = bytes.subarray(piece.offsetBytes, piece.offsetBytes + piece.lengthBytes)
    const packed = await compressed(plain, compression)
    const data = packed ?? plain
    const header = {
      direction: ioDirection.write,
      compression: compressionKind[packed === undefined ? 'none' : compression],
      offsetBytes,
      totalBytes: lengthBytes,
      fragmentOffsetBytes: piece.offsetBytes,
      fragmentBytes: plain.length,
      wireBytes: data.length,
    }
    return { header, data }
  }
  return Promise.all([...pieces({ offsetBytes: 0, lengthBytes }, fragmentBytesMax)].map(fragment))
}

async function compressed(plain: Uint8Array, compression: Compression): Promise<Uint8Array | undefined> {
  if (compression === 'none') return undefined
  if (compression === 'skipz') return encodeSkipZ(plain)
  const packed = await deflated(plain, { level: 1 })
  return packed.length < plain.length ? packed : undefined
}
