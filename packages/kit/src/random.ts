import { createCipheriv, createHash, randomBytes } from 'node:crypto'

/** Randomness as an argument, so that a failing test can print its seed. */
export interface Random {
  /** `sizeBytes` fresh bytes, owned by the caller. */
  bytes(sizeBytes: number): Uint8Array
  /** A number in [0, 1). */
  fraction(): number
}

const fractionOf = (bytes: Uint8Array): number =>
  Number(Buffer.from(bytes.buffer, bytes.byteOffset, 8).readBigUInt64LE() >> 11n) / 2 ** 53

export const systemRandom: Random = {
  bytes: (sizeBytes) => randomBytes(sizeBytes),
  fraction: () => fractionOf(randomBytes(8)),
}

/**
 * The same sequence for the same seed, on every machine. Never for keys. A keystream, because tests fill whole disks from it: it makes a
 * gigabyte in about a second.
 */
export function seededRandom(seed: string | number): Random {
  const keystream = createCipheriv('aes-256-ctr', createHash('sha256').update(String(seed)).digest(), Buffer.alloc(16))
  const bytes = (sizeBytes: number): Uint8Array => keystream.update(Buffer.alloc(sizeBytes))
  return { bytes, fraction: () => fractionOf(bytes(8)) }
}
