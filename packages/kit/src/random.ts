import { createHash, randomBytes } from 'node:crypto'

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

/** The same sequence for the same seed, on every machine. Never for keys. */
export function seededRandom(seed: string | number): Random {
  let counter = 0
  const next = () => createHash('sha256').update(`${seed}:${counter++}`).digest()
  return {
    bytes(sizeBytes) {
      const blocks: Buffer[] = []
      for (let have = 0; have < sizeBytes; have += 32) blocks.push(next())
      return Buffer.concat(blocks).subarray(0, sizeBytes)
    },
    fraction: () => fractionOf(next()),
  }
}
