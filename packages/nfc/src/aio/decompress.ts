import { inflate } from 'node:zlib'
import { FormatError } from '@vmkeep/kit'
import { compressionKind, decodeSkipZ } from '../messages/index.ts'

/** Fills its argument, which has the fragment's uncompressed length. @throws FormatError if the packed bytes do not make it up */
export type Unpack = (target: Uint8Array) => void

/**
 * Gets a fragment ready to be unpacked. SkipZ is a copy and done at once; zlib runs on another thread and calls back later.
 * Never makes more than `lengthBytes` bytes, whatever `packed` claims to be.
 */
export function decompress(
  kind: number,
  packed: Uint8Array,
  lengthBytes: number,
  ready: (error: Error | undefined, unpack: Unpack) => void,
): void {
  if (kind === compressionKind.skipz) return ready(undefined, (target) => decodeSkipZ(packed, target))
  inflate(packed, { maxOutputLength: lengthBytes, chunkSize: Math.max(lengthBytes, 64) }, (error, plain) => {
    if (error !== null) ready(new FormatError(`a zlib fragment that does not inflate: ${error.message}`), () => {})
    else ready(undefined, (target) => copyExactly(plain, target))
  })
}

function copyExactly(plain: Uint8Array, target: Uint8Array): void {
  if (plain.length !== target.length)
    throw new FormatError(`a zlib fragment of ${plain.length} bytes, announced as ${target.length}`)
  target.set(plain)
}
